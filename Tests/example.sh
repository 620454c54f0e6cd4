#!/bin/sh
# Checks the example of a plan and its claims in README.md and SPEC.md. It is the same in both, has
# at most twenty lines, and does what README.md says.
#
#   Tests/example.sh REGROK
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
regrok=${1:?a program}
case $regrok in /*) ;; *) regrok=$PWD/$regrok ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
die() { echo "example: $*" >&2; exit 1; }

# block DOCUMENT FIRST_LINE: the text of the fenced block that begins with this line.
block() {
  awk -v first="$2" '
    inside && /^```/ { exit }
    opened && $0 == first { inside = 1 }
    inside { print }
    { opened = /^```/ }' "$root/$1"
}

for file in plan claims; do
  case $file in
    plan) first='# plan.yaml: regrok sweep plan.yaml' ;;
    claims) first='# claims.yaml: regrok claims .' ;;
  esac
  block README.md "$first" >"$work/$file.yaml"
  [ -s "$work/$file.yaml" ] || die "README.md has no $file"
  block SPEC.md "$first" | cmp - "$work/$file.yaml" || die "SPEC.md has another $file"
done
lines=$(cat "$work"/*.yaml | grep -c .)
[ "$lines" -le 20 ] || die "it has $lines lines"

cd "$work"
# The claims exist before the runs.
said=$("$regrok" sweep plan.yaml 2>err) || die "$(cat err)"
[ "$said" = "10 of 10 configs sealed" ] || die "sweep says: $said"
"$regrok" claims . >answer
grep -qx '1. Weight decay keeps the norm small: reproduced' answer || die "$(cat answer)"
after='10 of 10 runs began when this file of claims stood as it is: its digest is sealed with them.'
grep -qxF "$after" answer || die "$(cat answer)"
"$regrok" claims . --why 1 >why
block README.md '$ regrok claims . --why 1' | tail -n +2 | cmp - why ||
  die "README.md shows another answer"
echo "example: as README.md says"
