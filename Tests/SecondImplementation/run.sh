#!/bin/sh
# The second implementation performs every golden run to its end; of the base run, which would take
# hours, only the first step. It computes the values of SPEC.md 1.14, and it performs fresh runs of
# regrok. If Tests/Oracles/setup.sh has been run, the checkpoints are also loaded into PyTorch. All
# this takes more than a minute.
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

# check NAME DIRECTORY OPTION...: performs the run in a directory again.
check() {
  name=$1 directory=$2
  shift 2
  printf '%s: ' "$name"
  "$python" "$here/recompute.py" "$directory" "$@"
}

# load DIRECTORY...: loads the runs' checkpoints into one PyTorch process, because it starts slowly.
load() {
  if [ -x "$root/.build-oracles/bin/python" ]; then
    PYTHONPATH=$here/../Oracles "$python" - "$@" <<'END'
import sys

import load_checkpoint

differs = 0
for directory in sys.argv[1:]:
    print(f"PyTorch, {directory}:")
    differs |= load_checkpoint.main([directory])
sys.exit(differs)
END
  fi
}

loaded=
for config in "$golden"/*.yaml; do
  name=$(basename "$config" .yaml)
  quietly "$regrok" extract "$bundles/$name.tar.zst" -o "$folder/$name"
  case $name in
  base) check "$name" "$folder/$name/data" --steps 1 --states ;;
  odd-sizes | parity-40-bits) check "$name" "$folder/$name/data" --rejected 1 ;;
  *) check "$name" "$folder/$name/data" --rejected 0 ;;
  esac
  case $name in
  tiny-* | odd-sizes) loaded="$loaded $name/data" ;;
  esac
done
"$python" "$here/values.py" "$root/SPEC.md" "$folder"

# fresh NAME OPTION...: a run that is performed now.
fresh() {
  name=$1
  shift
  quietly "$regrok" run --set log_interval=10 --set checkpoint_interval=20 --set max_steps=21 "$@" \
    --threads 2 -o "$folder/fresh-$name"
  check "$name" "$folder/fresh-$name"
}

# The columns of SPEC.md 1.20, and those of them that every loss has.
columns=squared_norms,batch_gradient,full_gradient,softmax_collapse,zero_loss
columns_of_all=squared_norms,batch_gradient,full_gradient,zero_loss

fresh sgd --preset tiny --set task.train_fraction=0.6 --set optimizer.name=sgd \
  --set optimizer.learning_rate=0.05 --set optimizer.weight_decay=0.3 \
  --set optimizer.decay_convention=two-lambda
fresh parity --preset sparse-parity --set task.bits=33 --set task.train_samples=600 \
  --set task.validation_samples=200 --set model.width=32 --set batch=24 \
  --set seed=18446744073709551615 --set log.columns=$columns
loaded="$loaded fresh-sgd fresh-parity"
# Extreme numbers: an epsilon that is 0 in binary32, moments without memory, norms that overflow,
# the smallest sizes.
fresh epsilon --preset tiny --set optimizer.epsilon=1e-60
fresh moments --preset tiny --set optimizer.beta1=0 --set optimizer.beta2=0
fresh scale --preset tiny --set model.embedding_scale=1000000
fresh decay --preset tiny --set optimizer.weight_decay=1e10 --set optimizer.learning_rate=0.01
fresh heads --preset tiny --set task.modulus=2 --set model.heads=16 --set batch=3
fresh bit --preset sparse-parity --set task.bits=1 --set task.train_samples=1 \
  --set task.validation_samples=1 \
  --set model.width=16 --set batch=1
# The losses are finite, but a logged gradient is not: no row is recorded.
fresh infinite --preset tiny --set task.name=modular-operation --set task.operation=x-y \
  --set model.name=pair-mlp --set model.width=16 --set model.input=one-hot \
  --set model.hidden_layers=4 --set loss.temperature=2.5e-39 --set optimizer.name=lion \
  --set optimizer.weight_decay=0 --set optimizer.learning_rate=1e-6 --set batch=1 \
  --set log.columns=batch_gradient
# Every operation on numbers modulo p and on permutations, models of all shapes, and each loss.

# transformer NAME OPTION..., perceptron NAME OPTION...: a small run, performed now and loaded into
# PyTorch.
transformer() {
  name=$1
  shift
  fresh "$name" --preset tiny --set task.name=modular-operation --set model.width=16 \
    --set model.heads=2 --set model.feedforward=32 --set max_steps=11 \
    --set log.columns=$columns_of_all "$@"
  loaded="$loaded fresh-$name"
}
perceptron() {
  name=$1
  shift
  fresh "$name" --preset tiny --set task.name=modular-operation --set model.name=pair-mlp \
    --set model.width=16 --set log.columns=$columns_of_all "$@"
  loaded="$loaded fresh-$name"
}

transformer x-y --set task.operation=x-y --set task.modulus=5 --set model.embedding=per-operand \
  --set model.norm=pre --set model.final_norm=off --set loss.name=mean-squared-error
transformer quotient --set task.operation=x/y --set task.modulus=5 \
  --set model.embedding=per-operand --set model.layers=2 --set model.activation=relu \
  --set loss.name=stablemax --set loss.temperature=3 --set optimizer.name=sgd \
  --set optimizer.decay_convention=lambda
transformer squares --set task.operation=x^2+y^2 --set task.modulus=6 --set model.heads=4 \
  --set model.layers=3 --set model.norm=pre --set optimizer.decay_on=all-but-embeddings \
  --set log.columns=$columns
perceptron quadratic --set task.operation=x^2+xy+y^2 --set task.modulus=9 \
  --set model.width=32 --set model.input=one-hot --set loss.name=mean-squared-error
perceptron quadratic-x --set task.operation=x^2+xy+y^2+x --set task.modulus=8 \
  --set model.hidden_layers=1 --set model.activation=gelu --set model.bias=off \
  --set loss.name=stablemax --set optimizer.name=muon
transformer cubic --set task.operation=x^3+xy --set task.modulus=4 --set model.width=48 \
  --set model.heads=3 --set model.feedforward=16 --set model.layers=2 --set model.final_norm=off \
  --set loss.name=mean-squared-error --set loss.temperature=0.3 --set optimizer.name=muon \
  --set schedule.name=linear-warmup --set schedule.warmup_steps=3 \
  --set max_steps=6 --set log_interval=5
transformer cubic-y --set task.operation=x^3+xy^2+y --set task.modulus=10 \
  --set model.embedding=per-operand --set model.layers=2 --set model.norm=pre \
  --set model.activation=relu --set optimizer.name=lion
transformer xy --set task.name=permutations --set task.degree=4 --set task.operation=xy \
  --set task.train_fraction=0.1 --set model.activation=relu --set model.final_norm=off \
  --set loss.name=stablemax
perceptron xyx --set task.name=permutations --set task.degree=4 --set task.operation=xyx \
  --set model.hidden_layers=3 --set optimizer.name=muon --set log.columns=$columns
# At this temperature some examples have S = 1, and some of these a loss of 0. The full gradient has
# three pieces.
transformer cold --set task.operation=x-y --set task.modulus=34 --set task.train_fraction=0.9 \
  --set loss.temperature=0.05 --set log.columns=$columns

cd "$folder"
# shellcheck disable=SC2086
load $loaded
echo "all agree"
