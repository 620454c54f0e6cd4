#!/usr/bin/env bash
# Seals the golden runs that are not sealed yet: bundles/golden/make.sh REGROK [FOLDER]
# What is sealed stays: the bits of a version never change. FOLDER is where the bundles are, if not beside this file.
set -euo pipefail
golden=$(realpath "$(dirname "$0")")
# By name, so that the command line that a bundle records is one that means something elsewhere.
PATH=$(dirname "$(realpath "$1")"):$PATH
folder=$(realpath "${2:-$golden}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$golden"/*.yaml "$work"
cd "$work"
for config in *.yaml; do
  name=${config%.yaml}
  [ ! -e "$folder/$name.tar.zst" ] || continue
  regrok run "$config" -o "$name" --quiet
  flags=()
  case $name in
  base) flags=(--thin) ;;
  odd-sizes)
    # A key for this one signature: whoever has the file of signers can check it, and nobody can sign again.
    ssh-keygen -q -t ed25519 -N "" -C "" -f key
    flags=(--sign key)
    ;;
  esac
  regrok pack "$name" -o "$name.tar.zst" "${flags[@]}"
  [ "$name" != odd-sizes ] ||
    echo "golden@regrok.example namespaces=\"regrok\" $(cut -d ' ' -f 1,2 key.pub)" >"$folder/allowed_signers"
  mv -n "$name.tar.zst" "$folder"
done
