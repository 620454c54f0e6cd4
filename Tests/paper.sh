#!/usr/bin/env bash
# The report on the paper's claims that ships is, to the byte, what the program makes of the bundles that ship, and the
# README says the same of it: Tests/paper.sh REGROK. `make paper` writes it anew.
set -euo pipefail
regrok=$(realpath "$1")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files=(report.html report.md headline.svg)
"$regrok" claims bundles $(printf -- "-o $work/%s " "${files[@]}") > "$work/text"
for file in "${files[@]}"; do
  cmp "bundles/paper/$file" "$work/$file" || { echo "bundles/paper/$file is not of these bundles; make paper" >&2; exit 1; }
done
verdicts=$(grep 'not tested\.$' "$work/report.md")
# Of each row the README has the claim, what decides it, published, recomputed, ours and the verdict.
awk -F' *[|] *' '/^[|] [0-9]/ { printf "| %s | %s: %s | %s | %s | %s | %s |\n", $2, $3, $4, $5, $6, $7, $10 }' \
  "$work/report.md" > "$work/rows"
[ "$(wc -l < "$work/rows")" = 30 ] || { echo "the report has not 30 rows" >&2; exit 1; }
while IFS= read -r line; do
  grep -qxF "$line" README.md || { echo "the README does not have the line: $line" >&2; exit 1; }
done < "$work/rows"
grep -qF "$verdicts" README.md || { echo "the README does not say: $verdicts" >&2; exit 1; }
echo "the report on the paper is that of these bundles: $verdicts"
