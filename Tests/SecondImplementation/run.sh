#!/bin/sh
# Small runs of every kind, made by regrok, recomputed from their configs by the second implementation
# and, where Tests/Oracles/setup.sh has been run, loaded into PyTorch. Takes half a minute.
#
#   Tests/SecondImplementation/run.sh REGROK
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
regrok=$1
python=$("$here/python.sh")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# check NAME STEPS OPTION...: a run with these options, of which so many steps are recomputed.
check() {
  name=$1 steps=$2
  shift 2
  echo "$name"
  "$regrok" run "$@" --threads 2 -o "$folder/$name" >/dev/null 2>"$folder/$name.log" || {
    cat "$folder/$name.log"
    exit 1
  }
  "$python" "$here/recompute.py" "$folder/$name" --steps "$steps"
  if [ -x "$root/.build-oracles/bin/python" ]; then
    "$python" "$here/../Oracles/load_checkpoint.py" "$folder/$name"
  fi
}

often="--set log_interval=10 --set checkpoint_interval=20 --set max_steps=41"
check tiny 101 --preset tiny
check sgd 41 --preset tiny $often --set task.train_fraction=0.6 --set optimizer.name=sgd \
  --set optimizer.learning_rate=0.05 --set optimizer.weight_decay=0.3 \
  --set optimizer.decay_convention=two-lambda
check multiplication 41 --preset modular-multiplication $often --set task.modulus=11 \
  --set model.width=32 --set model.heads=4 --set model.feedforward=48 --set batch=24 \
  --set model.embedding_scale=0.02 --set seed=18446744073709551615
check parity 41 --preset sparse-parity $often --set task.bits=33 --set task.train_samples=300 \
  --set task.validation_samples=200 --set model.width=32 --set batch=24
echo "all agree"
