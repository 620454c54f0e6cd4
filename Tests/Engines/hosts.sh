#!/usr/bin/env bash
# Two hosts that share a directory without flock. They are simulated by namespaces (names,
# processes, mounts) and by a library with which no file can be locked and ten minutes take five
# seconds. The hosts share the work, and one takes over the work of the other when that is killed. A
# forged second result stops both and is kept. A program that differs from itself stops nothing. A
# file system without hard links is reported.
#
#   Tests/Engines/hosts.sh REGROK
set -euo pipefail
regrok=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'kill -KILL $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
die() { echo "hosts: $*" >&2; exit 1; }
"${CC:-clang}" -shared -fPIC -O1 -DNO_LOCKS "$here/elsewhere.c" -o "$work/elsewhere.so" -ldl
if [ "$(id -u)" != 0 ] &&
  ! unshare --map-root-user --uts --pid --mount --fork true 2>/dev/null; then
  echo "hosts: not tried: this user may make no namespaces" >&2
  exit 0
fi
[ "$(id -u)" = 0 ] && root= || root=--map-root-user

# on HOST COMMAND...: runs the command as on another machine; its process id here is that of
# `unshare`.
on() {
  local name=$1
  shift
  # shellcheck disable=SC2086
  exec unshare $root --uts --pid --mount-proc --fork --kill-child=KILL sh -c \
    'hostname "$1"; shift; exec env LD_PRELOAD="$0" "$@"' "$work/elsewhere.so" "$name" "$@"
}

mkdir "$work/plan"
cd "$work/plan"
cat >plan.yaml <<'PLAN'
preset: tiny
set: {checkpoint_interval: 0, max_steps: 20000, stop.grokked: 1}
experiments:
  - {name: views, grid: {log_interval: [200, 500]}, seeds: 1..5}
  - {name: kept, set: {log_interval: 100, checkpoint_interval: 2000}, seeds: 6..7}
PLAN
cells=12
results() {
  "$regrok" verify --json "$1"/*.tar.zst |
    grep -o '"\(result_sha256\|run\)":"[0-9a-f]*"' | sort
}
count() { find "$1" -maxdepth 1 -name '*.tar.zst' | wc -l; }
"$regrok" sweep plan.yaml -o ../local >/dev/null 2>&1
[ "$(count ../local)" = $cells ] || die "a local sweep: $(count ../local) cells"
same() {
  cmp <(results "$1") <(results ../local) || die "$2: other results than a local sweep has"
}

# MARK: sharing and taking over

(on one "$regrok" sweep plan.yaml -o ../both --worker) >"$work/one" 2>&1 &
first=$!
(on two "$regrok" sweep plan.yaml -o ../both --worker) >"$work/two" 2>&1 &
second=$!
wait "$first" || die "host one: $(cat "$work/one")"
wait "$second" || die "host two: $(cat "$work/two")"
same ../both "two hosts"
sealed=$(cat "$work/one" "$work/two" | grep -c '^sealed ' || true)
[ "$sealed" = $cells ] || die "two hosts have sealed $sealed times: $(cat "$work/one" "$work/two")"
grep -q 'cannot be locked' "$work/one" "$work/two" &&
  die "a lock that nothing needs was asked for in vain"
echo "two hosts: each of $cells cells sealed once, with the results of one"

(on one "$regrok" sweep plan.yaml -o ../killed --worker) >"$work/one" 2>&1 &
first=$!
until [ "$(count ../killed 2>/dev/null)" -ge 2 ] &&
  ls ../killed/.work/claims/????????????????.1 >/dev/null 2>&1; do sleep 0.05; done
# Between two trajectories no host has a claim.
for _ in 1 2 3 4 5; do
  "$regrok" sweep plan.yaml -o ../killed --status >"$work/status"
  if grep -q ' on one, process ' "$work/status"; then break; fi
done
grep -q ' on one, process ' "$work/status" ||
  die "the status does not name host one: $(cat "$work/status")"
until ls ../killed/.work/claims/????????????????.1 >/dev/null 2>&1; do sleep 0.01; done
kill -KILL "$first"
wait "$first" 2>/dev/null || true
start=$(date +%s)
(on two "$regrok" sweep plan.yaml -o ../killed) >"$work/two" 2>&1 ||
  die "host two alone: $(cat "$work/two")"
seconds=$(($(date +%s) - start))
[ "$seconds" -ge 5 ] || die "host two has waited $seconds seconds for its ten minutes"
same ../killed "one of two killed"
echo "one of two killed: the other has gone on with its work after ten minutes of its clock"

# MARK: a second result

"$regrok" run --preset tiny --set max_steps=20000 --set checkpoint_interval=0 \
  --set log_interval=200 \
  --set stop.grokked=1 --set seed=1 -o ../run >/dev/null 2>&1
# Changes the last digit of the second row's loss.
sed -i '3s/^\([0-9]*,[0-9.]*\)[0-8],/\19,/' ../run/trace/metrics.csv
"$regrok" pack ../run --thin -o ../forged.tar.zst >/dev/null
id=$("$regrok" verify --json ../forged.tar.zst | grep -o '"run":"[0-9a-f]*"' | cut -d'"' -f4)
[ -e "../local/$id.tar.zst" ] || die "the forged run $id is none of the plan"
cmp -s <(results ../local | grep -A1 "$id") \
  <("$regrok" verify --json ../forged.tar.zst | grep -o '"result_sha256[^,]*') &&
  die "what was forged is what it was"
# The forged run's cell is computed first.
sed '/kept/d' plan.yaml >views.yaml
(on one "$regrok" sweep views.yaml -o ../forgery --worker) >"$work/one" 2>&1 &
first=$!
(on two "$regrok" sweep views.yaml -o ../forgery --worker) >"$work/two" 2>&1 &
second=$!
until ls ../forgery/.work/claims/????????????????.1 >/dev/null 2>&1; do sleep 0.01; done
cp ../forged.tar.zst "../forgery/$id.tar.zst"
status=0
wait "$first" || status=$?
[ "$status" = 1 ] || die "a second result: host one ended with $status: $(cat "$work/one")"
status=0
wait "$second" || status=$?
[ "$status" = 1 ] || die "a second result: host two ended with $status: $(cat "$work/two")"
grep -h 'has two results' "$work/one" "$work/two" | head -n 1
[ "$(find ../forgery -maxdepth 1 -name "$id*.tar.zst" | wc -l)" = 2 ] ||
  die "of $id not both are kept"
cmp -s ../forged.tar.zst "../forgery/$id.tar.zst" || die "the first result has been touched"
[ "$(count ../forgery)" -lt 11 ] || die "the sweep has gone on to its end"
status=0
"$regrok" sweep views.yaml -o ../forgery >"$work/out" 2>&1 || status=$?
[ "$status" = 1 ] || die "with two results a sweep begins: $(cat "$work/out")"
rm "../forgery/$id.tar.zst"
for file in "../forgery/$id"-*; do mv "$file" "../forgery/$id.tar.zst"; done
"$regrok" sweep views.yaml -o ../forgery >/dev/null 2>&1
[ "$(count ../forgery)" = 10 ] ||
  die "$(count ../forgery) cells after one of two results was removed"
[ "$(results ../forgery | sort -u | comm -23 - <(results ../local | sort -u))" = "" ] ||
  die "other results than a local sweep has"
echo "a forged second result: both hosts stopped with 1, both results kept;" \
  "without it the rest was done"

# MARK: a program that differs from itself

mkdir ../program
cd ../program
echo 'hostname >"$RUN_OUTPUT/host.txt"' >train.sh
printf 'run: [sh, train.sh]\ninputs: [train.sh]\n' >program.yaml
printf 'program: program.yaml\nexperiments:\n  - {name: hosts}\n' >plan.yaml
(on one "$regrok" sweep plan.yaml -o out) >"$work/one" 2>&1 || die "a program: $(cat "$work/one")"
(on two "$regrok" sweep plan.yaml -o out --again) >"$work/two" 2>&1 ||
  die "a program again: $(cat "$work/two")"
grep -q 'differs from itself' "$work/two" || die "a program on two hosts: $(cat "$work/two")"
[ "$(count out)" = 2 ] || die "$(count out) results of the program"
"$regrok" sweep plan.yaml -o out >/dev/null 2>&1 || die "a program with two results stops the sweep"
echo "a program that differs from itself: both results kept, and the sweep goes on"

# MARK: no links

"${CC:-clang}" -shared -fPIC -O1 -DNO_LINKS "$here/elsewhere.c" -o "$work/links.so" -ldl
cd ../plan
status=0
LD_PRELOAD=$work/links.so "$regrok" sweep plan.yaml -o ../links >"$work/out" 2>&1 || status=$?
[ "$status" = 74 ] || die "without links: $status: $(cat "$work/out")"
[ "$(wc -l <"$work/out")" = 1 ] || die "without links: $(cat "$work/out")"
grep -q 'this file system has no hard links' "$work/out" || die "without links: $(cat "$work/out")"
echo "a file system without hard links: $(cat "$work/out")"
