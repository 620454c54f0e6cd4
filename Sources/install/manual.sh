#!/usr/bin/env bash
# Writes the manual pages of the program from its own help: one for each command, in section 1, and
# one for each topic, in section 7.
#
#   manual.sh REGROK DIRECTORY
set -euo pipefail
export LC_ALL=C.UTF-8
regrok=$1
folder=$2
version=$("$regrok" --version)
mkdir -p "$folder/man1" "$folder/man7"

# Escapes a line for roff: a backslash, a real hyphen, and a dot that must not begin a request.
escape='
  function plain(text) {
    gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); gsub(/\047/, "\\(aq", text)
    return text ~ /^\./ ? "\\&" text : text
  }'

# The help of a command: OVERVIEW, USAGE, then parts in which names begin in column 3 and their
# descriptions in column 27.
command_page() {
  local name=$1 title=$2
  "$regrok" help $name | awk -v title="$title" -v version="$version" "$escape"'
    function flush_item() { if (item != "") { print ".TP\n.B " plain(item); print plain(said) }
      item = ""; said = "" }
    NR == 1 { sub(/^OVERVIEW: */, "") ; abstract = $0; state = "abstract"; next }
    state == "abstract" {
      if ($0 != "") { abstract = abstract " " $0; next }
      short = abstract; sub(/\.$/, "", short)
      print ".TH \"" toupper(title) "\" 1 \"\" \"regrok " version "\" \"regrok\""
      print ".SH NAME\n" title " \\- " plain(short)
      state = "text"; lines = 0; next
    }
    /^USAGE: / {
      sub(/^USAGE: */, ""); usage = $0
      print ".SH SYNOPSIS\n.nh\n" plain(usage) "\n.hy"
      if (lines) { print ".SH DESCRIPTION"; for (i = 1; i <= lines; i++) print text[i] }
      state = "parts"; next
    }
    state == "text" {
      text[++lines] = $0 == "" ? ".PP" : ($0 ~ /^ / ? ".br\n" plain($0) : plain($0)); next
    }
    /^[A-Z][A-Z ]*:$/ { flush_item(); sub(/:$/, ""); print ".SH " $0; next }
    /^  See / { next }
    /^$/ { flush_item(); next }
    /^  [^ ]/ {
      flush_item(); line = substr($0, 3)
      if (match(line, /  +/)) {
        item = substr(line, 1, RSTART - 1); said = substr(line, RSTART + RLENGTH)
      } else { item = line; said = "" }
      next
    }
    { sub(/^ +/, ""); said = said == "" ? $0 : said " " $0 }
    END { flush_item(); print ".SH SEE ALSO"; print see(title) }
    function see(title) {
      return title == "regrok" ? \
        ".BR regrok\\-configs (7),\n.BR regrok\\-plans (7),\n.BR regrok\\-forks (7),\n" \
        ".BR regrok\\-engines (7),\n.BR regrok\\-programs (7),\n.BR regrok\\-json (7)" \
        : ".BR regrok (1)"
    }' > "$folder/man1/$title.1"
}

# The help of a topic: its title on the first line, then paragraphs, and indented examples.
topic_page() {
  local topic=$1
  "$regrok" help "$topic" | awk -v title="regrok-$topic" -v version="$version" "$escape"'
    NR == 1 {
      print ".TH \"" toupper(title) "\" 7 \"\" \"regrok " version "\" \"regrok\""
      print ".SH NAME\n" title " \\- " plain(tolower(substr($0, 1, 1)) substr($0, 2))
      print ".SH DESCRIPTION\n.nf"; next
    }
    NR == 2 && $0 == "" { next }
    { print $0 == "" ? ".sp" : plain($0) }
    END { print ".fi\n.SH SEE ALSO\n.BR regrok (1)" }' > "$folder/man7/regrok-$topic.7"
}

command_page "" regrok
"$regrok" --help | awk '/SUBCOMMANDS:$/ { on = 1; next } on && /^  [a-z]/ { print $1 }' |
  while read -r name; do command_page "$name" "regrok-$name"; done
for topic in configs plans forks engines programs json; do topic_page "$topic"; done
