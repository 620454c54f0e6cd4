# Sets mirror, suite and keys to those of the first source of this machine's apt, which may have
# either of its two forms. All are empty if there is none. Read by scripts that make a Debian.
mirror= suite= keys=
set_source() { [ -n "$mirror" ] || { mirror=$1 suite=$2 keys=${3:-}; }; }
for file in /etc/apt/sources.list.d/*.sources; do
  [ -e "$file" ] || continue
  set_source "$(awk '/^URIs:/ { print $2; exit }' "$file")" \
    "$(awk '/^Suites:/ { print $2; exit }' "$file")" \
    "$(awk '/^Signed-By:/ { print $2; exit }' "$file")"
done
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ -e "$file" ] || continue
  line=$(grep -m1 '^deb ' "$file" | sed 's/\[[^]]*\] *//') || continue
  set_source "$(echo "$line" | cut -d' ' -f2)" "$(echo "$line" | cut -d' ' -f3)"
done
