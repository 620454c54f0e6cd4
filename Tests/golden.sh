#!/usr/bin/env bash
# Verifies and replays the golden run of every config in bundles/golden.
#
#   Tests/golden.sh REGROK [FOLDER]
#
# FOLDER is where the bundles are, if not there. A difference is a defect: the bits of a shipped
# version never change.
set -euo pipefail
regrok=$1
golden=$(realpath "$(dirname "$0")/../bundles/golden")
folder=${2:-$golden}
passed=0
for config in "$golden"/*.yaml; do
  name=$(basename "$config" .yaml)
  bundle=$folder/$name.tar.zst
  [ -e "$bundle" ] || { echo "$bundle is missing: bundles/golden/make.sh seals it" >&2; exit 1; }
  trust=()
  [ "$name" != odd-sizes ] || trust=(--allowed-signers "$folder/allowed_signers")
  "$regrok" verify "$bundle" "${trust[@]}"
  "$regrok" replay "$bundle" --jobs 2
  passed=$((passed + 1))
done
bundles=$(find "$folder" -name '*.tar.zst' | wc -l)
[ "$passed" = "$bundles" ] || { echo "$bundles golden bundles for $passed configs" >&2; exit 1; }
echo "$passed golden bundles replayed to the same bits"
