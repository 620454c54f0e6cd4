#!/usr/bin/env bash
# Performs four small runs with each number of threads. Every file of a result must be the same.
#
#   Tests/threads.sh REGROK [THREADS]...      (1 to 16 when none is named)
set -euo pipefail
regrok=$1
shift
[ $# -gt 0 ] || set -- {1..16}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The batches have many blocks of rows, so that all of 16 threads have work.
length="--set batch=800 --set max_steps=201 --set log_interval=20 --set checkpoint_interval=100"
adamw="--set optimizer.name=adamw --set optimizer.learning_rate=0.001"
sgd="--set optimizer.name=sgd --set optimizer.learning_rate=0.1 --set optimizer.weight_decay=0.01"
sgd="$sgd --set optimizer.decay_convention=lambda"
tokens="--set task.modulus=23 --set model.width=32 --set model.feedforward=64"
bits="--set task.bits=35 --set task.train_samples=1500 --set task.validation_samples=700"

# run NAME OPTION...: one run with $threads threads; its hashes go to $folder/$threads.
run() {
  local name=$1 out=$folder/run
  shift
  rm -rf "$out"
  "$regrok" run "$@" --threads "$threads" -o "$out" >/dev/null 2>"$folder/log" || {
    cat "$folder/log" >&2
    exit 1
  }
  (cd "$out" && sha256sum config.json outcome.json trace/* checkpoints/* | sed "s| | $name:|") \
    >>"$folder/$threads"
}

for threads; do
  # shellcheck disable=SC2086
  {
    run shared --preset tiny $length $tokens $adamw
    run per-operand --preset modular-multiplication $length $tokens $sgd
    run mlp-adamw --preset sparse-parity $length $bits $adamw
    run mlp-sgd --preset sparse-parity $length $bits $sgd
  }
  printf '%2d threads  %s\n' "$threads" "$(sha256sum <"$folder/$threads" | cut -d' ' -f1)"
  diff "$folder/$1" "$folder/$threads" || failed=1
done
exit "${failed:-0}"
