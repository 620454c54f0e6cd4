#!/usr/bin/env bash
# Tests the archive and the wheel of `make wheel` where nothing is installed: on Debian 12 and 13 as
# debootstrap makes them, and on emulated processors without and with AVX2.
#
#   Tests/installed.sh DIST [bare12] [bare13] [masked]     all three by default
#
# DIST is the folder in which make dist and make wheel put their results. Needs root. The roots stay
# in .build-bare.
set -euo pipefail
cd "$(dirname "$0")/.."
dist=$(realpath "$1")
shift
[ $# -gt 0 ] || set -- bare12 bare13 masked
fail() { echo "installed: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "it has to be run as root"
archive=$(ls "$dist"/regrok-*-linux-x86_64.tar.zst)
base=$PWD/.build-bare

# root SUITE FOLDER: a bare Debian.
root() {
  [ -e "$2/complete" ] && return
  rm -rf "$2"
  mkdir -p "$base"
  . Tests/apt_source.sh
  [ -n "$mirror" ] || fail "apt has no source"
  # The suite may be another than this machine's.
  keys=/usr/share/keyrings/debian-archive-keyring.gpg
  debootstrap --variant=minbase --keyring="$keys" "$1" "$2" "$mirror" >"$base/debootstrap.log" ||
    fail "debootstrap $1: $(tail -n 3 "$base/debootstrap.log")"
  touch "$2/complete"
}

# The check for each system: a run by each build, a seal, and replays of golden bundles.
check=$(cat <<'CHECK'
set -eu
export PATH=/opt/regrok/bin:$PATH HOME=/root LANG=C.UTF-8
cd /tmp
rm -rf run-* *.tar.zst page.html well
fail() { echo "installed: $*" >&2; exit 1; }
regrok --version
builds=baseline
if grep -q ' avx2' /proc/cpuinfo; then builds="$builds avx2"; fi
if grep -q ' avx512bw' /proc/cpuinfo && grep -q ' avx512dq' /proc/cpuinfo; then
  builds="$builds avx512"
fi
best=${builds##* }
for vectors in $builds; do
  REGROK_VECTORS=$vectors regrok run --preset tiny --quiet -o run-$vectors >/dev/null
  grep -q "\"instructions\":\"[^\"]*$vectors" run-$vectors/environment.json ||
    fail "$vectors: another build ran"
  cmp run-$vectors/trace/hashes.csv run-baseline/trace/hashes.csv
done
regrok run --preset tiny --quiet -o run-chosen >/dev/null
grep -q "\"instructions\":\"[^\"]*$best" run-chosen/environment.json || fail "not $best was chosen"
regrok pack run-chosen -o chosen.tar.zst >/dev/null
regrok verify chosen.tar.zst
regrok replay chosen.tar.zst
regrok verify /golden/*.tar.zst >/dev/null
for bundle in /golden/tiny-*.tar.zst; do
  regrok replay "$bundle" >out 2>&1 || fail "$bundle: $(cat out)"
done
echo "$(ls /golden/tiny-*.tar.zst | wc -l) golden bundles performed again, by $best of: $builds"
regrok page chosen.tar.zst -o page.html
for other in avx2 avx512; do
  case " $builds " in *" $other "*) continue ;; esac
  status=0
  REGROK_VECTORS=$other regrok --version 2>err || status=$?
  [ $status = 4 ] || fail "REGROK_VECTORS=$other ends with $status"
  cat err
done
if command -v regrok-avx2 >/dev/null; then fail "a build is on PATH"; fi
ls /opt/regrok/share/man/man1 | wc -l | sed 's/$/ manual pages of commands/'
touch well
CHECK
)

prepare() {
  rm -rf "$1/opt/regrok" "$1/golden"
  mkdir -p "$1/opt" "$1/golden"
  zstd -dcq --long=27 "$archive" | tar -x -C "$1/opt"
  mv "$1"/opt/regrok-* "$1/opt/regrok"
  cp bundles/golden/*.tar.zst "$1/golden/"
  printf '%s\n' "$check" > "$1/check.sh"
}

# inside FOLDER COMMAND...: as root in that Debian, with its own devices and processes.
inside() {
  folder=$1 unshare --mount --pid --fork sh -euc '
    mount -t proc proc "$folder/proc"
    mount --rbind /dev "$folder/dev"
    exec chroot "$folder" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' sh "${@:2}"
}

bare() {
  local folder=$base/$1
  root "$2" "$folder"
  prepare "$folder"
  echo "== $1: the archive"
  inside "$folder" sh /check.sh
  wheels=("$dist"/*.whl)
  [ -e "${wheels[0]}" ] || return 0
  echo "== $1: the wheel"
  for file in /etc/resolv.conf /etc/pip.conf /etc/gitconfig; do
    if [ -e "$file" ]; then cp -L "$file" "$folder$file"; fi
  done
  mkdir -p "$folder/wheels"
  cp -L /etc/ssl/certs/ca-certificates.crt "$folder/authorities.pem"
  cp "${wheels[@]}" "$folder/wheels/"
  if [ -d /etc/apt/apt.conf.d ]; then cp -r /etc/apt/apt.conf.d/. "$folder/etc/apt/apt.conf.d/"; fi
  inside "$folder" sh -euc \
    'apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null 2>&1'
  inside "$folder" env \
    PIP_INDEX_URL="$(pip3 config get global.index-url 2>/dev/null ||
      echo https://pypi.org/simple)" \
    PIP_CERT=/authorities.pem \
    bash -euc '
      cd /tmp; rm -rf venv run run.tar.zst
      python3 -m venv venv
      began=$(date +%s.%N)
      venv/bin/pip install -q --disable-pip-version-check --find-links /wheels regrok
      installed=$(date +%s.%N)
      venv/bin/regrok run --preset tiny --quiet -o run >/dev/null
      venv/bin/regrok pack run -o run.tar.zst >/dev/null
      sealed=$(date +%s.%N)
      echo "pip install $(echo "$installed - $began" | awk "{ print \$1 - \$3 }") s," \
        "run and sealed $(echo "$sealed - $installed" | awk "{ print \$1 - \$3 }") s"
      venv/bin/python -c "
import regrok
record = regrok.verify(\"run.tar.zst\")
print(record.id, regrok.program(), regrok.replay(\"run.tar.zst\")[\"verdict\"])
again = regrok.run(record.config, out=\"run2\")
assert again.read(\"trace/hashes.csv\") == record.read(\"trace/hashes.csv\")
"; rm -rf run2
      venv/bin/regrok page run.tar.zst -o page.html --force
      # The other wheel, as on a machine for which there is no program.
      python3 -m venv other
      other/bin/pip install -q --disable-pip-version-check /wheels/*-none-any.whl
      other/bin/python -c "
import regrok
print(regrok.verify(\"run.tar.zst\").result)
try: regrok.replay(\"run.tar.zst\")
except FileNotFoundError as error: print(error)
"; rm -rf other'
}

# A whole system on an emulated processor, so that CPUID gives that processor's features.
masked() {
  command -v qemu-system-x86_64 >/dev/null || fail "there is no qemu-system-x86_64"
  local folder=$base/masked package
  root bookworm "$base/bare12"
  if [ ! -e "$base/vmlinuz" ]; then
    package=$(apt-cache depends linux-image-cloud-amd64 |
      sed -n 's/.*Depends: \(linux-image-.*\)/\1/p' | head -n 1)
    (cd "$base" && apt-get download -qq "$package" && dpkg -x "$package"_*.deb kernel)
    cp "$base"/kernel/boot/vmlinuz-* "$base/vmlinuz"
  fi
  rm -rf "$folder"
  cp -a "$base/bare12" "$folder"
  rm -rf "$folder"/var/lib/apt "$folder"/var/cache \
    "$folder"/usr/share/{doc,locale,man,python3} "$folder"/usr/lib/python3* \
    "$folder"/wheels "$folder"/tmp/*
  prepare "$folder"
  # Under emulation a step takes some thousand times as long.
  find "$folder/golden" -type f ! -name tiny-addition-adamw.tar.zst ! -name tiny-fork.tar.zst \
    -delete
  cat > "$folder/init" <<'INIT'
#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
if sh /check.sh 2>&1 | cat; [ -e /tmp/well ]; then echo "== all is well"; fi
echo o > /proc/sysrq-trigger
sleep 60
INIT
  chmod +x "$folder/init"
  (cd "$folder" && find . | cpio -o -H newc --quiet) > "$base/initramfs"
  for processor in Nehalem Haswell-noTSX; do
    echo "== an emulated $processor"
    timeout 1500 qemu-system-x86_64 -accel tcg -cpu "$processor" -m 3G -nographic -no-reboot \
      -kernel "$base/vmlinuz" -initrd "$base/initramfs" \
      -append "console=ttyS0 quiet rdinit=/init panic=-1" 2>"$base/qemu.log" </dev/null |
      tr -d '\r' | tee "$base/masked.log" | grep -v '^\[\|^SeaBIOS\|^Booting\|^$' || true
    grep -q '== all is well' "$base/masked.log" || fail "$processor: see $base/masked.log"
  done
}

for part; do
  case $part in
    bare12) bare bare12 bookworm ;;
    bare13) bare bare13 trixie ;;
    masked) masked ;;
    *) fail "there is no $part" ;;
  esac
done
echo "installed: all is well"
