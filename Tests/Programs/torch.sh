#!/usr/bin/env bash
# The paper's model as an ordinary PyTorch program, bundles/programs/pytorch. On one thread it
# reproduces itself; on two, the step from which it differs is reported.
#
#   Tests/Programs/torch.sh REGROK
#
# The first run installs PyTorch into .build-venv/torch, as a CPU build wherever pip is configured
# to find one.
set -euo pipefail
regrok=$(realpath "$1")
root=$(realpath "$(dirname "$0")/../..")
venv=$root/.build-venv/torch
if [ ! -e "$venv/.complete" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet 'torch==2.13.*' numpy safetensors
  touch "$venv/.complete"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$root"/bundles/programs/pytorch/{train.py,conf.yaml,program.yaml} "$work"
cd "$work"
export PATH=$venv/bin:$PATH PYTHONHASHSEED=0
die() { echo "torch: $*" >&2; exit 1; }
small="--set steps=20"

"$regrok" record --quiet -f program.yaml $small --repeat 2 --vary config.threads=2 -o run | tee out
grep -q '2 runs: identical; with config.threads=2 ' out ||
  die "one thread: $(cat out run/repeats.json)"
! grep -q '^advice' out || die "the script is deterministic, and yet: $(cat out)"
"$regrok" pack run
"$regrok" verify run.tar.zst
"$regrok" replay run.tar.zst --execute

# The number of threads is in the config, so these are not the same program.
"$regrok" record --quiet -f program.yaml $small --set threads=2 --repeat 2 -o two | tee out
status=0
"$regrok" diff run two >out || status=$?
cat out
[ "$status" = 1 ] || die "one thread and two: status $status"
grep -q 'not the same program: config.threads' out || die "one thread and two: $(cat out)"

# Two rates and two seeds. The sweep is killed while a run is at work, then continued. One page
# shows all runs.
cat >plan.yaml <<'PLAN'
program: program.yaml
experiments:
  - {name: rates, set: {steps: 20}, grid: {lr: [0.001, 0.003]}, seeds: 1..2}
PLAN
setsid "$regrok" sweep plan.yaml -o cells >out 2>&1 &
sweep=$!
while kill -0 $sweep 2>/dev/null &&
  [ -z "$(find cells -maxdepth 1 -name '*.tar.zst' 2>/dev/null)" ]; do sleep 0.1; done
kill -KILL $sweep 2>/dev/null || die "the sweep ended before it was killed: $(cat out)"
wait $sweep 2>/dev/null || true
before=$(find cells -maxdepth 1 -name '*.tar.zst' | wc -l)
[ "$before" -lt 4 ] || die "nothing was left to go on with"
"$regrok" sweep plan.yaml -o cells | tee out
after=$(find cells -maxdepth 1 -name '*.tar.zst' | wc -l)
[ "$after" = 4 ] || die "$after bundles, not 4"
"$regrok" verify cells/*.tar.zst
"$regrok" report cells -o cells.html
grep -q '</svg>' cells.html || die "no picture of four runs"
echo "torch: passed in $SECONDS s"
