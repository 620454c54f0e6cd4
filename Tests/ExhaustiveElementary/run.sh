#!/bin/sh
# Checks the elementary functions of binary32 over all 2^32 inputs, in scalar and vector form;
# compares with them the pair that GELU computes together; and checks exp, log, log10 and pow of
# binary64 over 5·10^7 random arguments each.
#
#   Tests/ExhaustiveElementary/run.sh
#   [exp|log|erf|cospi|gelu|binary64|exp-twice|erf-twice|gelu-twice]...
#
# Without arguments it checks all. Those with -twice are computed as in WebAssembly, whose
# multiply-adds in binary64 round twice. Needs swiftc, a C compiler and MPFR 4.2. PROCESSES (2) run
# at a time. Exits with 1 if any result is wrong: in binary32 if it is not the nearest number, in
# binary64 if its error is larger than documented.
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
for oracle in oracle binary64; do
  ${CC:-cc} -O2 -ffp-contract=off -c "$here/$oracle.c" -o "$build/$oracle.o"
done
# shellcheck disable=SC2086
for twice in "" -DROUND_TWICE; do
  swiftc -O -wmo $flags $twice -Xcc -fno-math-errno -import-objc-header "$here/oracle.h" \
    "$root"/Sources/DeterministicNumerics/Elementary/*.swift "$here"/*.swift "$build"/*.o \
    -lmpfr -lgmp -lm -o "$build/exhaustive$twice"
done

# 5·10^7 arguments, in parts with their own seeds.
scan() {
  i=0
  pids=
  while [ $i -lt "$processes" ]; do
    nice -n 10 "$build/exhaustive" binary64 $((i + 1)) $((50000000 / processes)) \
      >"$build/binary64.$i" &
    pids="$pids $!"
    i=$((i + 1))
  done
  for pid in $pids; do wait "$pid"; done
  for function in exp log log10 pow; do
    grep -h "^$function " "$build"/binary64.? | sort -g -k4 | awk -v name="$function" '
      { arguments += $2; not_nearest += $3; largest = $4; x = $5; y = name == "pow" ? ", " $6 : "" }
      END {
        printf "%-6s %10.0f arguments of binary64  largest error %.6f ulp at %s%s  ", name,
          arguments, largest, x, y
        printf "not nearest %d\n", not_nearest
        exit !(arguments > 0 && largest <= (name == "pow" ? 0.51 : 0.501))
      }
    ' || echo "$function of binary64" >>"$build/failed"
  done
}

[ $# -gt 0 ] || set -- exp log erf cospi gelu binary64 exp-twice erf-twice gelu-twice
for function in "$@"; do
  if [ "$function" = binary64 ]; then
    scan
    continue
  fi
  started=$(date +%s)
  base=${function%-twice}
  twice=
  [ "$base" = "$function" ] || twice=-DROUND_TWICE
  pids=
  i=0
  while [ $i -lt "$processes" ]; do
    nice -n 10 "$build/exhaustive$twice" "$base" $((4096 * i / processes)) \
      $((4096 * (i + 1) / processes)) >"$build/$function.$i" &
    pids="$pids $!"
    i=$((i + 1))
  done
  for pid in $pids; do wait "$pid"; done
  cat "$build/$function".* >>"$build/all"
  awk -v name="$function" -v seconds=$(($(date +%s) - started)) '
    $1 == "total" { inputs += $3; wrong += $4; unlike += $5; mpfr += $6 }
    END {
      printf "%-10s %10.0f inputs  wrong %d  vector unlike scalar %d  ", name, inputs, wrong, unlike
      printf "decided by MPFR %d  %d s\n", mpfr, seconds
      exit !(inputs == 4294967296 && wrong + unlike == 0)
    }
  ' "$build/$function".* || echo "$function" >>"$build/failed"
  [ "$base" != gelu ] || continue
  grep '^wrong' "$build/$function".* -h || true
  echo "  hardest inputs (bits, value, distance from the middle of two binary32 numbers):"
  grep -h '^hard' "$build/$function".* | sort -g -k5 | head -5 | sed "s/^hard $base/   /"
done
if [ -e "$build/failed" ]; then
  echo "wrong: $(tr '\n' ' ' <"$build/failed")"
  exit 1
fi
echo "all as documented"
