#!/bin/sh
# Runs `make test` on a bare Debian. debootstrap makes a root with git, make and the packages that
# Swift's documentation asks for. This machine's toolchain and a clone of the last commit are added,
# and nothing else. So a package that the Makefile forgets to install is missing there.
#
#   Tests/bare.sh [TARGET...]      the default is test
#
# Needs root. Mirror, suite and keys are those of this machine's apt. If its git is configured to
# take packages from directories, these are bound too. The root stays in .build-bare and is used
# again; remove it to start anew.
set -eu
cd "$(dirname "$0")/.."
fail() { echo "bare: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "it has to be run as root"
command -v debootstrap >/dev/null || fail "there is no debootstrap"

base=$PWD/.build-bare
root=$base/root
swift=$(command -v "${SWIFT:-swift}") || fail "there is no swift"
toolchain=$(dirname "$(dirname "$(readlink -f "$swift")")")
. Tests/apt_source.sh
[ -n "$mirror" ] || fail "apt has no source"

# What Swift lists as necessary to build on Debian, and what a README may take for granted.
packages=ca-certificates,git,make,sudo,binutils,gcc,libc6-dev,libcurl4-openssl-dev,libedit-dev,libncurses-dev,libpython3-dev
packages=$packages,libsqlite3-dev,libstdc++-12-dev,libxml2-dev,pkg-config,tzdata,zlib1g-dev
if [ ! -e "$root/complete" ]; then
  rm -rf "$root"
  mkdir -p "$base"
  debootstrap --variant=minbase --include="$packages" ${keys:+--keyring="$keys"} \
    "$suite" "$root" "$mirror"
  touch "$root/complete"
fi
rm -rf "$root/etc/apt" "$root/work"
cp -a /etc/apt "$root/etc/apt"
for file in /etc/resolv.conf /etc/gitconfig; do
  if [ -e "$file" ]; then cp -L "$file" "$root$file"; fi
done
if [ -e "${HOME:-/root}/.gitconfig" ]; then cp -L "$HOME/.gitconfig" "$root/root/.gitconfig"; fi
git clone -q . "$root/work"

# No other process sees these mounts, and they end with the command.
export root toolchain
unshare --mount --pid --fork sh -euc '
  bind() { mkdir -p "$root$1"; mount --bind "$1" "$root$1"; mount -o remount,ro,bind "$root$1"; }
  bind "$toolchain"
  for folder in $(git config --get-regexp "^url\..*\.insteadof$" |
    sed -n "s,^url\.\(/[^ ]*\)\.insteadof .*,\1,p" | sort -u); do
    bind "${folder%/}"
  done
  if [ -d /etc/ssl/certs ]; then bind /etc/ssl/certs; fi
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/tmp"
  exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
    PATH="$toolchain/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    make -C /work "$@"
' sh "${@:-test}"
