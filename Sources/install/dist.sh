#!/usr/bin/env bash
# Makes the archive that runs on any x86-64 Linux with glibc 2.35 or later. It holds three builds of
# the program, which give the same bits, and a launcher that chooses among them.
#
#   dist.sh FOLDER       everything goes below FOLDER; `make dist` says which
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$1
work=$out/work
swift=${SWIFT:-swift}

# A folder with only the static libraries, so that no library has to be installed to run the
# program.
rm -rf "$work"
mkdir -p "$work/static" "$work/programs"
multiarch=$(gcc -print-multiarch)
ln -s "/usr/lib/$multiarch/libarchive.a" "/usr/lib/$multiarch/libzstd.a" "$work/static/"
ln -s "$(gcc -print-file-name=libstdc++.a)" "$work/static/"

for vectors in avx512 avx2 baseline; do
  build=.build-$vectors-release
  echo "building for $vectors"
  VECTORS=$vectors $swift build -c release --static-swift-stdlib -Xswiftc -use-ld=lld \
    --scratch-path "$build" --product regrok --quiet
  # Linked again without the Swift half of Yams. The program calls only libyaml, and that half needs
  # the larger half of Foundation, with 40 MB of language data.
  objects=$build/release/regrok.product/Objects.LinkFileList
  grep -v '/Yams\.build/' "$objects" > "$work/objects-$vectors"
  ${swift}c -emit-executable -static-stdlib -use-ld=lld "@$work/objects-$vectors" \
    -L "$work/static" -lzstd -Xlinker --gc-sections -Xlinker --strip-all \
    -Xlinker --defsym=main=regrok_main \
    -o "$work/programs/regrok-$vectors"
done
clang -O2 -std=gnu11 -Wall -Wextra -Werror Sources/install/launcher.c -o "$work/launcher" \
  -Wl,--strip-all

version=$("$work/programs/regrok-baseline" --version)
name=regrok-$version-linux-x86_64
ln -sfn "$name" "$out/program"
rm -rf "${out:?}/$name"
Sources/install/licenses.sh .build-baseline-release/checkouts "$work/licenses"
LICENSES=$work/licenses Sources/install/install.sh "$out/$name" "$work/launcher" "$work/programs"
# The same programs give the same bytes.
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" \
  -C "$out" -cf - "$name" | zstd -19 --long=27 -T0 -q -f -o "$out/$name.tar.zst"
ls -l "$out/$name.tar.zst"
