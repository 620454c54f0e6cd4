#!/bin/sh
# Kills `regrok sweep` at random moments until it is done, N times over (default 3), then runs two sweeps of one
# directory at once, and compares the bundles with those of an undisturbed sweep, byte for byte.
#
#   Tests/Faults/kill_sweep.sh [N] [REGROK] [SEED]
set -eu

count=${1:-3}
regrok=${2:-.build/release/regrok}
seed=${3:-1}
[ -x "$regrok" ] || { echo "kill_sweep: no program at $regrok" >&2; exit 74; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Three trajectories of some tenths of a second, each seen in three ways, and one with checkpoints.
cat >"$work/plan.yaml" <<'PLAN'
preset: tiny
set: {task.modulus: 23, batch: 64, max_steps: 2400, checkpoint_interval: 0, stop.grokked: 1}
experiments:
  - {name: views, grid: {log_interval: [20, 30, 50]}, seeds: 42..44}
  - {name: kept, set: {log_interval: 20, checkpoint_interval: 200}}
PLAN
cells=10

sweep() { "$regrok" sweep "$work/plan.yaml" --jobs 2 "$@"; }
digests() { (cd "$1" && sha256sum ./*.tar.zst); }

# The bundles have the day in them, so all is done again if midnight falls between.
compare() {
  digests "$1" >"$work/found"
  if ! cmp -s "$work/expected" "$work/found"; then
    [ "$(date -u +%F)" = "$day" ] || { echo "kill_sweep: midnight passed; run it again" >&2; exit 1; }
    echo "kill_sweep: $2 gives other bundles:" >&2
    diff "$work/expected" "$work/found" >&2 || true
    exit 1
  fi
}

day=$(date -u +%F)
sweep -o "$work/whole" >/dev/null 2>&1
digests "$work/whole" >"$work/expected"
[ "$(wc -l <"$work/expected")" = "$cells" ] || { echo "kill_sweep: not $cells cells" >&2; exit 1; }

# Sets `random` to a number below $1, from a generator with a seed.
next_random() {
  seed=$(((seed * 1103515245 + 12345) % 2147483648))
  random=$((seed / 65536 % $1))
}

kills=0
i=1
while [ "$i" -le "$count" ]; do
  window=60
  while :; do
    sweep -o "$work/killed-$i" >/dev/null 2>"$work/stderr" &
    process=$!
    next_random "$window"
    window=$((window + 40))
    sleep "$(printf '%d.%03d' $((random / 1000)) $((random % 1000)))"
    kill -KILL "$process" 2>/dev/null || true
    status=0
    wait "$process" 2>/dev/null || status=$?
    case $status in
      0) break ;;
      137) kills=$((kills + 1)) ;;
      *) echo "kill_sweep: sweep $i ended with $status: $(cat "$work/stderr")" >&2; exit 1 ;;
    esac
  done
  compare "$work/killed-$i" "sweep $i, killed and gone on with,"
  i=$((i + 1))
done

sweep -o "$work/both" >"$work/first" 2>&1 &
process=$!
sweep -o "$work/both" >"$work/second" 2>&1
wait "$process"
compare "$work/both" "two sweeps at once"
sealed=$(cat "$work/first" "$work/second" | grep -c '^sealed ')
[ "$sealed" = "$cells" ] || {
  echo "kill_sweep: two sweeps at once sealed $sealed times for $cells cells" >&2; exit 1; }
echo "kill_sweep: $count sweeps, $kills kills, then two at once: all bundles identical, each cell sealed once"
