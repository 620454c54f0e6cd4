#!/usr/bin/env bash
# The paper's model as an ordinary program of PyTorch, bundles/programs/pytorch: on one thread it gives itself again, on
# two it is said from which step on it does not.
#
#   Tests/Programs/torch.sh REGROK
#
# The first run installs PyTorch into .build-venv/torch: the CPU build, wherever pip is configured to see one.
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
grep -q '2 runs: identical; with config.threads=2 ' out || die "one thread: $(cat out run/repeats.json)"
! grep -q '^advice' out || die "the script is deterministic, and yet: $(cat out)"
"$regrok" pack run
"$regrok" verify run.tar.zst
"$regrok" replay run.tar.zst --execute

# The thread's number is in the config, so these are not the same program, and the step is named.
"$regrok" record --quiet -f program.yaml $small --set threads=2 --repeat 2 -o two | tee out
status=0
"$regrok" diff run two >out || status=$?
cat out
[ "$status" = 1 ] || die "one thread and two: status $status"
grep -q 'not the same program: config.threads' out || die "one thread and two: $(cat out)"
echo "torch: passed in $SECONDS s"
