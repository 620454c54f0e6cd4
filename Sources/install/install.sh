#!/usr/bin/env bash
# Installs the program, its page, manual pages, completions and licences below a folder, or removes
# them.
#
#   install.sh PREFIX PROGRAM             one program, as bin/regrok
#   install.sh PREFIX LAUNCHER FOLDER     regrok-avx512, -avx2 and -baseline of FOLDER, and the
#                                         launcher that chooses among them
#   install.sh PREFIX --uninstall
#
# DESTDIR, if it is set, is put before PREFIX. The licences are the files in the folder LICENSES.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$here/../..
root=${DESTDIR-}$1

uninstall() {
  rm -f "$root/bin/regrok" "$root"/share/man/man1/regrok{,-*}.1 "$root"/share/man/man7/regrok-*.7 \
    "$root/share/bash-completion/completions/regrok" "$root/share/zsh/site-functions/_regrok" \
    "$root/share/fish/vendor_completions.d/regrok.fish"
  rm -rf "$root/lib/regrok" "$root/share/regrok" "$root/share/doc/regrok"
  # Folders that nothing else uses.
  for folder in share/man/man1 share/man/man7 share/man share/bash-completion/completions \
    share/bash-completion share/zsh/site-functions share/zsh share/fish/vendor_completions.d \
    share/fish share/doc share lib bin; do
    rmdir "$root/$folder" 2>/dev/null || true
  done
}

if [ "$2" = --uninstall ]; then
  uninstall
  echo "removed from $root"
  exit
fi

install -D -m 755 "$2" "$root/bin/regrok"
if [ $# -gt 2 ]; then
  for vectors in avx512 avx2 baseline; do
    install -D -m 755 "$3/regrok-$vectors" "$root/lib/regrok/regrok-$vectors"
  done
fi
regrok=$root/bin/regrok
install -D -m 644 "$project/bundles/replay.html" "$root/share/regrok/replay.html"
for file in README.md CHANGELOG.md LICENSE NOTICE SPEC.md; do
  install -D -m 644 "$project/$file" "$root/share/doc/regrok/$file"
done
for file in "${LICENSES:?}"/*; do
  install -D -m 644 "$file" "$root/share/doc/regrok/licenses/$(basename "$file")"
done
"$here/manual.sh" "$regrok" "$root/share/man"
mkdir -p "$root/share/bash-completion/completions" "$root/share/zsh/site-functions" \
  "$root/share/fish/vendor_completions.d"
"$regrok" --generate-completion-script bash > "$root/share/bash-completion/completions/regrok"
"$regrok" --generate-completion-script zsh > "$root/share/zsh/site-functions/_regrok"
"$regrok" --generate-completion-script fish > "$root/share/fish/vendor_completions.d/regrok.fish"
