#!/usr/bin/env bash
# Records the example here anew and seals it: bundles/programs/perceptron/seal.sh REGROK
# An interpreter without packages, and a copy outside of git: the bundle says no more of a machine than it has to.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
regrok=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-/usr/bin/python3}" -m venv --without-pip "$work/python"
# By name, so that the command line that a bundle records means something elsewhere.
PATH=$work/python/bin:$(dirname "$regrok"):$PATH
mkdir "$work/copy"
cp "$here"/{train.py,conf.yaml,program.yaml} "$work/copy"
cd "$work/copy"
"$regrok" record -f program.yaml --repeat 3 -o run
result=$("$regrok" pack run --license Apache-2.0 -o run.tar.zst --json |
  sed 's/.*"result_sha256":"\(.\{8\}\).*/\1/')
run=$(sha256sum run/program.json | cut -c 1-16)
rm -f "$here"/*.tar.zst
mv run.tar.zst "$here/$run-$result.tar.zst"
echo "$here/$run-$result.tar.zst"
