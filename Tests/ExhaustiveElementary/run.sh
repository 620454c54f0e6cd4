#!/bin/sh
# Checks the elementary functions over all 2^32 inputs of binary32, scalar and vector forms.
#
#   Tests/ExhaustiveElementary/run.sh [exp|log|erf|cospi]...      (all four when none is named)
#
# Needs swiftc, a C compiler and MPFR 4.2; PROCESSES (2) run at a time. Exits 1 when any result is
# wrong.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
processes=${PROCESSES:-2}
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

if ! echo '#include <mpfr.h>' | ${CC:-cc} -E - >/dev/null 2>&1; then
  echo "installing libmpfr-dev" >&2
  if [ "$(id -u)" = 0 ]; then apt-get install -y -q libmpfr-dev >&2
  else sudo apt-get install -y -q libmpfr-dev >&2; fi
fi

case $(uname -m) in
  x86_64) flags="-Xcc -mavx2 -Xcc -mfma" ;;
  *) flags= ;;
esac
${CC:-cc} -O2 -ffp-contract=off -c "$here/oracle.c" -o "$build/oracle.o"
# shellcheck disable=SC2086
swiftc -O -wmo $flags -Xcc -fno-math-errno -import-objc-header "$here/oracle.h" \
  "$root"/Sources/DeterministicNumerics/Elementary/*.swift "$here/main.swift" "$build/oracle.o" \
  -lmpfr -lgmp -lm -o "$build/exhaustive"

[ $# -gt 0 ] || set -- exp log erf cospi
for function in "$@"; do
  started=$(date +%s)
  pids=
  i=0
  while [ $i -lt "$processes" ]; do
    nice -n 10 "$build/exhaustive" "$function" $((4096 * i / processes)) \
      $((4096 * (i + 1) / processes)) >"$build/$function.$i" &
    pids="$pids $!"
    i=$((i + 1))
  done
  for pid in $pids; do wait "$pid"; done
  cat "$build/$function".* >>"$build/all"
  awk -v name="$function" -v seconds=$(($(date +%s) - started)) '
    $1 == "total" { inputs += $3; wrong += $4; unlike += $5; mpfr += $6 }
    END {
      printf "%-6s %10.0f inputs  wrong %d  vector unlike scalar %d  ", name, inputs, wrong, unlike
      printf "decided by MPFR %d  %d s\n", mpfr, seconds
      exit !(inputs == 4294967296 && wrong + unlike == 0)
    }
  ' "$build/$function".* || echo "$function" >>"$build/failed"
  grep '^wrong' "$build/$function".* -h || true
  echo "  hardest inputs (bits, value, distance from the middle of two binary32 numbers):"
  grep -h '^hard' "$build/$function".* | sort -g -k5 | head -5 | sed "s/^hard $function/   /"
done
if [ -e "$build/failed" ]; then
  echo "not correctly rounded: $(tr '\n' ' ' <"$build/failed")"
  exit 1
fi
echo "all correctly rounded"
