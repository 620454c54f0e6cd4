#!/usr/bin/env bash
# A program that writes 5 GB, and programs whose disk fills up.
#
#   Tests/Programs/disks.sh REGROK
#
# The 5 GB need 12 GB below $TMPDIR. A full disk needs its own mount (root). A part that lacks these
# is skipped, and a line says so.
set -euo pipefail
regrok=$(realpath "$1")
work=$(mktemp -d)
mounted=
trap '[ -z "$mounted" ] || umount "$mounted"; rm -rf "$work"' EXIT
cd "$work"
die() { echo "disks: $*" >&2; exit 1; }

if [ "$(df --output=avail -B1 . | tail -1)" -lt 12000000000 ]; then
  echo "disks: less than 12 GB free: the program that writes 5 GB is left out"
else
  cat >writes.py <<'PYTHON'
import random
# Data that unpacks to more than a thousand times its size would be refused as a bomb.
with open("big.bin", "wb") as file:
    for index in range(5000):
        file.write(random.Random(index).randbytes(1 << 14) * 64)
PYTHON
  "$regrok" record --quiet --input writes.py -o big -- python3 writes.py
  [ "$(stat -c %s big/results/work/big.bin)" = 5242880000 ] || die "5 GB: $(ls -l big/results/work)"
  "$regrok" pack big
  "$regrok" verify big.tar.zst
  rm -r big
  "$regrok" replay big.tar.zst --execute
  rm big.tar.zst
fi

if [ "$(id -u)" != 0 ]; then
  echo "disks: a full disk needs a mount, and that root: left out"
else
  mkdir small
  mount -t tmpfs -o size=24m tmpfs small
  mounted=$work/small
  cat >fills.py <<'PYTHON'
with open("metrics.csv", "w", buffering=1) as file:
    file.write("step,loss\n0,1.5\n")
with open("big.bin", "wb", buffering=0) as file:
    for _ in range(1000):
        file.write(bytes(1 << 20))
PYTHON
  status=0
  "$regrok" record --quiet --input fills.py -o small/run -- python3 fills.py >out 2>err || status=$?
  cat out err
  [ "$status" = 74 ] || die "a full disk: status $status"
  grep -qi 'no space left' err out small/run/log.txt ||
    die "a full disk is not named: $(cat out err)"
  # What the program wrote is there, as far as it could be written.
  [ -n "$(find small/run -name big.bin -size +1M)" ] || die "a full disk: what it wrote is lost"
  rm -rf small/run

  # There is no room for a bundle: nothing half made stays.
  head -c 20000000 /dev/urandom >random.bin
  printf 'import shutil\nshutil.copy("random.bin", "copy.bin")\n' >copies.py
  "$regrok" record --quiet --input copies.py --input random.bin -o copies -- python3 copies.py
  status=0
  "$regrok" pack copies -o small/copies.tar.zst 2>err || status=$?
  [ "$status" = 74 ] || die "a bundle without room: status $status: $(cat err)"
  grep -qi 'no space left' err || die "a bundle without room: $(cat err)"
  [ -z "$(ls -A small | grep copies)" ] || die "a bundle without room: $(ls -A small)"
fi
echo "disks: passed in $SECONDS s"
