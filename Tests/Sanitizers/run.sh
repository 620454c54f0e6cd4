#!/bin/sh
# Runs the unit tests under a sanitizer, in a separate build folder.
#
#   Tests/Sanitizers/run.sh address|thread [OPTION of swift test...]
#
# Ends with 1 if the sanitizer reports something. Reports that are known and harmless are suppressed
# by the file SANITIZER.txt beside this one, with reasons.
set -eu
cd "$(dirname "$0")/../.."
kind=$1
shift
suppressions=$PWD/Tests/Sanitizers/$kind.txt
case $kind in
# Memory that statics hold at the end is not a leak.
address) export ASAN_OPTIONS="detect_leaks=0:halt_on_error=1:suppressions=$suppressions" ;;
thread) export TSAN_OPTIONS="halt_on_error=1:exitcode=66:suppressions=$suppressions" ;;
*) echo "sanitizers: $kind is none; there are address and thread" >&2; exit 64 ;;
esac
# One choice of vectors suffices. A debug build is slow, and slower still under a sanitizer: half an
# hour or more each.
VECTORS=${VECTORS:-avx2} ${SWIFT:-swift} test --sanitize="$kind" --scratch-path ".build-$kind" "$@"
