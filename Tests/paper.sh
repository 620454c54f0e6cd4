#!/usr/bin/env bash
# The reports on the claims of the paper and of the law that ship are, byte for byte, what the
# program makes of the bundles that ship. The README has the table and the counts of the paper's.
#
#   Tests/paper.sh REGROK     checks this
#   Tests/paper.sh --write    writes the README's part; `make paper` writes the reports first
set -euo pipefail
program=$1
[ "$program" = --write ] || program=$(realpath "$program")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The README, with the table and the counts of the report in $1 between its two marks.
readme() {
  awk -v report="$1" '
    /^<!-- claims: / {
      print; print ""; inside = 1; found++
      while ((getline line < report) > 0) {
        if (line ~ /^[|]/) { print line; rows++ }
        else if (line ~ /reproduced.*[.]$/ && line !~ /^- /) { print ""; print line; break }
      }
      print ""
    }
    /^<!-- end of claims -->$/ { inside = 0; found++ }
    !inside
    END {
      if (found != 2 || rows != 32) {
        print "the README has no marks, or the report has not 30 rows" > "/dev/stderr"; exit 1
      }
    }
  ' README.md
}

if [ "$program" = --write ]; then
  readme bundles/paper/report.md > "$work/readme"
  cat "$work/readme" > README.md
  exit
fi
for subject in paper law; do
  made=$work/$subject
  mkdir "$made"
  "$program" claims bundles/$subject --page ../replay.html -o "$made/report.html" \
    -o "$made/report.md" -o "$made/headline.svg" > "$made/text"
  for file in report.html report.md headline.svg; do
    cmp "bundles/$subject/$file" "$made/$file" || {
      echo "bundles/$subject/$file is not of these bundles; make paper" >&2
      exit 1
    }
  done
  echo "the report on the $subject is that of these bundles: $(tail -1 "$made/text")"
done
readme "$work/paper/report.md" > "$work/readme"
diff README.md "$work/readme" || {
  echo "the README's table is not the report's; make paper" >&2
  exit 1
}
