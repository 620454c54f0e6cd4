#!/bin/sh
# The second implementation performs every golden run to its end, and of the base run, which would take it hours, the
# first step; it computes the values of SPEC.md 1.14; and it performs fresh runs of regrok. Where
# Tests/Oracles/setup.sh has been run, the checkpoints are loaded into PyTorch. Takes most of a minute.
#
#   Tests/SecondImplementation/run.sh REGROK [FOLDER]
#
# FOLDER is where the golden bundles are, if not in bundles/golden.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
regrok=$1
golden=$root/bundles/golden
bundles=${2:-$golden}
python=$("$here/python.sh")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

quietly() {
  "$@" >"$folder/log" 2>&1 || {
    cat "$folder/log"
    exit 1
  }
}

# check NAME DIRECTORY OPTION...: the run in a directory, performed again.
check() {
  name=$1 directory=$2
  shift 2
  printf '%s: ' "$name"
  "$python" "$here/recompute.py" "$directory" "$@"
}

# load DIRECTORY: a run's checkpoints in PyTorch.
load() {
  if [ -x "$root/.build-oracles/bin/python" ]; then
    "$python" "$here/../Oracles/load_checkpoint.py" "$1"
  fi
}

for config in "$golden"/*.yaml; do
  name=$(basename "$config" .yaml)
  quietly "$regrok" extract "$bundles/$name.tar.zst" -o "$folder/$name"
  case $name in
  base) check "$name" "$folder/$name/data" --steps 1 --states ;;
  odd-sizes | parity-40-bits) check "$name" "$folder/$name/data" --rejected 1 ;;
  *) check "$name" "$folder/$name/data" --rejected 0 ;;
  esac
  case $name in
  tiny-* | odd-sizes) load "$folder/$name/data" ;;
  esac
done
"$python" "$here/values.py" "$root/SPEC.md" "$folder"

# fresh NAME OPTION...: a run made now.
fresh() {
  name=$1
  shift
  quietly "$regrok" run "$@" --set log_interval=10 --set checkpoint_interval=20 --set max_steps=21 --threads 2 \
    -o "$folder/fresh-$name"
  check "$name" "$folder/fresh-$name"
}

fresh sgd --preset tiny --set task.train_fraction=0.6 --set optimizer.name=sgd \
  --set optimizer.learning_rate=0.05 --set optimizer.weight_decay=0.3 \
  --set optimizer.decay_convention=two-lambda
fresh parity --preset sparse-parity --set task.bits=33 --set task.train_samples=300 \
  --set task.validation_samples=200 --set model.width=32 --set batch=24 --set seed=18446744073709551615
load "$folder/fresh-sgd"
load "$folder/fresh-parity"
# Numbers at the edge: an epsilon that is 0 in binary32, no memory in the moments, norms that overflow, the smallest sizes.
fresh epsilon --preset tiny --set optimizer.epsilon=1e-60
fresh moments --preset tiny --set optimizer.beta1=0 --set optimizer.beta2=0
fresh scale --preset tiny --set model.embedding_scale=1000000
fresh decay --preset tiny --set optimizer.weight_decay=1e10 --set optimizer.learning_rate=0.01
fresh heads --preset tiny --set task.modulus=2 --set model.heads=16 --set batch=3
fresh bit --preset sparse-parity --set task.bits=1 --set task.train_samples=1 --set task.validation_samples=1 \
  --set model.width=16 --set batch=1
echo "all agree"
