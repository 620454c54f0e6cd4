#!/usr/bin/env bash
# Replays every bundle in bundles/golden: Tests/golden.sh REGROK
# A difference is a defect: the bits of a shipped version never change.
set -euo pipefail
regrok=$1
cd "$(dirname "$0")/.."
passed=0
for bundle in bundles/golden/*.tar.zst; do
  "$regrok" verify "$bundle"
  "$regrok" replay "$bundle" --jobs 2
  passed=$((passed + 1))
done
[ "$passed" -ge 7 ] || { echo "only $passed golden bundles found" >&2; exit 1; }
echo "$passed golden bundles replayed to the same bits"
