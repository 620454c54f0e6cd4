#!/bin/sh
# Kills `regrok sweep` at random moments until it is done, N times over (default 3). Then runs two
# sweeps of one directory at once. Compares each with an undisturbed sweep: the trainer's bundles
# byte for byte; a program's by their runs and results, because its bundles hold the time of the
# run. In every other sweep of the trainer the clock is fast: 15 seconds take an eighth of a second.
# So its runs move from memory to directories, and are resumed there.
#
#   Tests/Faults/kill_sweep.sh [N] [REGROK] [SEED]
set -eu

count=${1:-3}
regrok=${2:-.build/release/regrok}
seed=${3:-1}
[ -x "$regrok" ] || { echo "kill_sweep: no program at $regrok" >&2; exit 74; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $regrok in /*) ;; *) regrok=$PWD/$regrok ;; esac
"${CC:-clang}" -shared -fPIC -O1 "$(dirname "$0")/../Engines/elsewhere.c" -o "$work/fast.so" -ldl

# Three trajectories of some tenths of a second, each with three views, and one with checkpoints.
mkdir "$work/trainer" "$work/forks" "$work/program"
cat >"$work/trainer/plan.yaml" <<'PLAN'
preset: tiny
set: {task.modulus: 23, batch: 64, max_steps: 2400, checkpoint_interval: 0, stop.grokked: 1}
experiments:
  - {name: views, grid: {log_interval: [20, 30, 50]}, seeds: 42..44}
  - {name: kept, set: {log_interval: 20, checkpoint_interval: 200}}
PLAN

# Runs that fork from each other at two steps, and at memorisation, which makes a second stage.
cat >"$work/forks/plan.yaml" <<'PLAN'
preset: tiny
set: {task.modulus: 23, batch: 64, max_steps: 1601, log_interval: 50, checkpoint_interval: 0,
  stop.memorized: 0.2, stop.grokked: 1}
experiments:
  - {name: base, seeds: 42..43}
  - name: forks
    seeds: 42..43
    cases:
      - {at: [{step: 801, set: {optimizer.weight_decay: 2}}], log_interval: 20}
      - {at: [{step: 801, scale: {tensors: all, by: 0.5}}]}
      - {at: [{step: 801, scale: {tensors: all, by: 0.5}}, {step: 1200, set: {batch: 32}}]}
      - {at: [{step: 801, scale: {tensors: all, by: 0.5}},
          {step: 1200, hold: {squared_norm: 300}, until: 1400}], log_interval: 30}
  - {name: later, seeds: 42..43, at_memorization: [{set: {optimizer.weight_decay: 4}}]}
  - {name: noise, perturbations: {count: 3, at: memorization}}
PLAN

# Six runs of a program that takes some tenths of a second.
cat >"$work/program/plan.yaml" <<'PLAN'
program: program.yaml
experiments:
  - {name: rates, grid: {rate: [0.5, 0.25]}, seeds: 1..3}
PLAN
cat >"$work/program/program.yaml" <<'PROGRAM'
run: [sh, train.sh, "{config.rate}", "{config.seed}"]
config: config.yaml
inputs: [train.sh]
PROGRAM
echo '{rate: 0.5, seed: 0}' >"$work/program/config.yaml"
cat >"$work/program/train.sh" <<'TRAIN'
echo step,rate,seed
for step in 1 2 3 4 5; do
  sleep 0.05
  echo "$step,$1,$2"
done >"$RUN_OUTPUT/metrics.csv"
TRAIN

# Replaces the calling shell, so that a signal for the shell reaches the sweep.
sweep() {
  cd "$work/$kind" && exec env LD_PRELOAD="$clock" "$regrok" sweep plan.yaml --jobs 2 "$@"
}
digests() {
  case $kind in
    trainer | forks) (cd "$1" && sha256sum ./*.tar.zst) ;;
    program) "$regrok" verify --json "$1"/*.tar.zst |
      grep -o '"\(result_sha256\|run\)":"[0-9a-f]*"' | sort ;;
  esac
}

# The trainer's bundles hold the day, so the comparison fails if midnight passes.
compare() {
  digests "$1" >"$work/found"
  if ! cmp -s "$work/expected" "$work/found"; then
    [ "$(date -u +%F)" = "$day" ] || {
      echo "kill_sweep: midnight passed; run it again" >&2
      exit 1
    }
    echo "kill_sweep: $2 gives other bundles:" >&2
    diff "$work/expected" "$work/found" >&2 || true
    exit 1
  fi
}

# Sets `random` to a number below $1, from a generator with a seed.
next_random() {
  seed=$(((seed * 1103515245 + 12345) % 2147483648))
  random=$((seed / 65536 % $1))
}

# try KIND CELLS
try() {
  kind=$1 cells=$2
  out=$work/$kind
  clock=
  day=$(date -u +%F)
  (sweep -o "$out/whole" >/dev/null 2>&1)
  digests "$out/whole" >"$work/expected"
  found=$(find "$out/whole" -maxdepth 1 -name '*.tar.zst' | wc -l)
  [ "$found" = "$cells" ] || {
    echo "kill_sweep: $found cells of the $kind, not $cells" >&2
    exit 1
  }
  kills=0
  i=1
  while [ "$i" -le "$count" ]; do
    window=60
    if [ $((i % 2)) = 1 ] && [ "$kind" != program ]; then clock=$work/fast.so; else clock=; fi
    while :; do
      sweep -o "$out/killed-$i" >/dev/null 2>"$work/stderr" &
      process=$!
      next_random "$window"
      window=$((window + 40))
      sleep "$(printf '%d.%03d' $((random / 1000)) $((random % 1000)))"
      kill -KILL "$process" 2>/dev/null || true
      status=0
      wait "$process" 2>/dev/null || status=$?
      case $status in
        0) break ;;
        137)
          kills=$((kills + 1))
          # If only a shell got the signal, the sweep would still run.
          if grep -qsa "$out/killed[-]$i" /proc/[0-9]*/cmdline; then
            echo "kill_sweep: sweep $i of the $kind outlived its kill" >&2
            exit 1
          fi ;;
        *) echo "kill_sweep: sweep $i ended with $status: $(cat "$work/stderr")" >&2; exit 1 ;;
      esac
    done
    compare "$out/killed-$i" "sweep $i of the $kind, killed and gone on with,"
    i=$((i + 1))
  done

  clock=
  sweep -o "$out/both" >"$work/first" 2>&1 &
  process=$!
  (sweep -o "$out/both" >"$work/second" 2>&1)
  wait "$process"
  compare "$out/both" "two sweeps of the $kind at once"
  sealed=$(cat "$work/first" "$work/second" | grep -c '^sealed ')
  [ "$sealed" = "$cells" ] || {
    echo "kill_sweep: two sweeps of the $kind at once sealed $sealed times for $cells cells" >&2
    exit 1
  }
  echo "kill_sweep: $kind: $count sweeps, $kills kills, then two at once: the same each time," \
    "each cell sealed once"
}

try trainer 10
try forks 15
try program 6
