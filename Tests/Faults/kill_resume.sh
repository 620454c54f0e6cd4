#!/bin/sh
# Kills `regrok run` at random moments until it is done, again and again, at least N times in all
# (default 100). Compares the results with those of an undisturbed run, byte for byte.
#
#   Tests/Faults/kill_resume.sh [N] [REGROK] [SEED]
set -eu

count=${1:-100}
regrok=${2:-.build/release/regrok}
seed=${3:-1}
[ -x "$regrok" ] || { echo "kill_resume: no program at $regrok" >&2; exit 74; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A run of about a second with frequent writes.
config="--preset tiny --set max_steps=20000 --set log_interval=20 --set checkpoint_interval=500"

results() {
  (cd "$1" && sha256sum config.json outcome.json trace/* checkpoints/* && ls -A)
}

"$regrok" run $config -o "$work/whole" --quiet >/dev/null
results "$work/whole" >"$work/expected"

# Sets `random` to a number below $1, from a generator with a seed.
next_random() {
  seed=$(((seed * 1103515245 + 12345) % 2147483648))
  random=$((seed / 65536 % $1))
}

kills=0
i=1
while [ "$kills" -lt "$count" ]; do
  run=$work/run-$i
  window=40
  while :; do
    "$regrok" run $config -o "$run" --resume --quiet --threads $((1 + i % 3)) \
      >/dev/null 2>"$work/stderr" &
    process=$!
    # The kills come later and later, so that the run reaches its end.
    next_random "$window"
    window=$((window + 30))
    sleep "$(printf '%d.%03d' $((random / 1000)) $((random % 1000)))"
    kill -KILL "$process" 2>/dev/null || true
    status=0
    wait "$process" 2>/dev/null || status=$?
    case $status in
      0) break ;;
      137) kills=$((kills + 1)) ;;
      *) echo "kill_resume: run $i ended with $status: $(cat "$work/stderr")" >&2; exit 1 ;;
    esac
  done
  results "$run" >"$work/found"
  if ! cmp -s "$work/expected" "$work/found"; then
    echo "kill_resume: run $i differs:" >&2
    diff "$work/expected" "$work/found" >&2 || true
    exit 1
  fi
  rm -rf "$run"
  i=$((i + 1))
done
echo "kill_resume: $kills kills, $((i - 1)) runs, all identical"
