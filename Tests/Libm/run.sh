#!/bin/sh
# Runs a command as on a machine with another C library: exp, log, pow, sin and similar functions
# are off by one unit in the last place (perturbed.c). The output must have the same bytes.
#
#   Tests/Libm/run.sh COMMAND...
#   Tests/Libm/run.sh Tests/paper.sh REGROK      the reports stay those that ship
#
# With LIBM_CALLS=FILE, every process adds to FILE which of these functions it called, and how
# often.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
"${CC:-clang}" -shared -fPIC -O1 -fno-builtin -ffp-contract=off "$here/perturbed.c" \
  -o "$build/perturbed.so" -ldl -lm
LD_PRELOAD=$build/perturbed.so "$@"
