#!/usr/bin/env bash
# Seals the golden runs: bundles/golden/make.sh REGROK
# Run only when a new version of the arithmetic or of the format is made; the bits of a sealed version never change.
set -euo pipefail
# By name, so that the command line that a bundle records is one that means something elsewhere.
program=$(dirname "$(realpath "$1")")
golden=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$golden"/*.yaml "$work"
cd "$work"
for config in *.yaml; do
  name=${config%.yaml}
  PATH=$program:$PATH regrok run "$config" -o "$name" --quiet
  flags=()
  [ "$name" = base ] && flags=(--thin)
  PATH=$program:$PATH regrok pack "$name" -o "$name.tar.zst" "${flags[@]}"
  mv "$name.tar.zst" "$golden"
done
