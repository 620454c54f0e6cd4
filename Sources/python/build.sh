#!/usr/bin/env bash
# Makes the wheels: one that reads on any machine and, if a tree of the program is given, one for
# Linux on x86-64 that contains the program.
#
#   build.sh FOLDER [PROGRAM]      PROGRAM: the tree that Sources/install/dist.sh made
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir -p "$1"
out=$(realpath "$1")
work=$out/work-python
rm -rf "$work"
mkdir -p "$work"
cp -r Sources/python "$work/source"
rm -rf "$work"/source/regrok/__pycache__
cp LICENSE NOTICE "$work/source/"
sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/RunRecords/Software.swift \
  > "$work/source/version.txt"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install build auditwheel
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-315532800}
wheel() {
  "$work/venv/bin/python" -m build --wheel --outdir "$1" "$work/source" >"$work/log" 2>&1 ||
    { cat "$work/log" >&2; exit 1; }
}

wheel "$out"
if [ $# -gt 1 ]; then
  # Built for any Linux first, so that auditwheel can tell which versions of Linux it runs on.
  REGROK_PROGRAM=$(realpath "$2") REGROK_PLATFORM=linux_x86_64 wheel "$work/any"
  platform=$("$work/venv/bin/auditwheel" show "$work"/any/*.whl |
    grep -o 'manylinux_[0-9_]*x86_64' | head -n 1)
  echo "for $platform, as auditwheel says"
  REGROK_PROGRAM=$(realpath "$2") REGROK_PLATFORM=$platform wheel "$out"
fi
ls -l "$out"/*.whl
