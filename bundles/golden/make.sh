#!/usr/bin/env bash
# Seals the golden runs: bundles/golden/make.sh REGROK
# Run only when a new version of the arithmetic or of the format is made; the bits of a sealed version never change.
set -euo pipefail
regrok=$(realpath "$1")
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for config in *.yaml; do
  name=${config%.yaml}
  "$regrok" run "$config" -o "$work/$name" --quiet
  flags=()
  [ "$name" = base ] && flags=(--thin)
  "$regrok" pack "$work/$name" -o "$name.tar.zst" "${flags[@]}"
done
