#!/bin/bash
# Compiles what the page runs, as WebAssembly.
#
#   Sources/page/build.sh DIRECTORY [relaxed] [exact]
#
# DIRECTORY gets relaxed.wasm and exact.wasm, the program with the fused multiply-adds of relaxed
# SIMD and without, and unpack.wasm, which unpacks them. Needs the toolchain, which has clang and
# wasm-ld, and, once, two source packages of PyPI for zstd and SHA-256, kept in DIRECTORY.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- relaxed exact
toolchain=$(swiftc -print-target-info |
  sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin|p')

# sources PACKAGE VERSION SHA256: a source package of PyPI, unpacked.
sources() {
  [ -e "$out/$1-$2" ] && return
  echo "fetching the sources of $1 $2" >&2
  local fetched
  fetched=$(mktemp -d)
  python3 -m pip download -q --no-deps --no-binary :all: --disable-pip-version-check \
    -d "$fetched" "$1==$2" >&2
  echo "$3  $fetched/$1-$2.tar.gz" | sha256sum -c --quiet
  tar -xzf "$fetched/$1-$2.tar.gz" -C "$out"
  rm -r "$fetched"
}
sources zstandard 0.25.0 7713e1179d162cf5c7906da876ec2ccb9c3a9dcbdffef0cc7f70c3667a205f0b
sources pycryptodome 3.23.0 447700a657182d60338bab09fdb27518f8856aecd80ae4c6bdddb67ff5da44ef
zstd=$out/zstandard-0.25.0/zstd
sha=$out/pycryptodome-3.23.0/src

c=(
  "$toolchain/clang" --target=wasm32-unknown-none -O2 -ffreestanding -fno-builtin
  -ffp-contract=off -mbulk-memory -msimd128 -ffunction-sections -I "$here/runtime/include"
)
"${c[@]}" -c "$here/runtime/runtime.c" -o "$out/runtime.o"
# Without threads, and without what makes dictionaries, which needs a C library.
sed -e '/^#define ZSTD_MULTITHREAD/d' -e '/start inlining dictBuilder/,$d' "$zstd/zstd.c" |
  "${c[@]}" -w -x c -c - -o "$out/zstd.o"
"${c[@]}" -DHAVE_STDINT_H -DHAVE_POSIX_MEMALIGN -w -c "$sha/SHA256.c" -o "$out/sha256.o"
"${c[@]}" -c "$here/runtime/unpack.c" -o "$out/unpack.o"
link=("$toolchain/wasm-ld" --no-entry --import-undefined --gc-sections --strip-all -O2
  -z stack-size=1048576 --stack-first)
"${link[@]}" --export=place --export=unpack "$out"/{unpack,runtime,zstd}.o -o "$out/unpack.wasm"

# compile DIRECTORY MODULE FLAG-OR-FILE... Objects and interfaces lie in DIRECTORY; those of
# $out/common are seen by all.
compile() {
  local directory=$1 module=$2
  shift 2
  swiftc -wmo -parse-as-library -swift-version 6 -package-name regrok -warnings-as-errors \
    -strict-memory-safety -enable-upcoming-feature ExistentialAny \
    -enable-upcoming-feature MemberImportVisibility \
    -enable-upcoming-feature InternalImportsByDefault \
    -enable-experimental-feature Embedded -enable-experimental-feature Extern \
    -target wasm32-unknown-none-wasm -Xfrontend -function-sections \
    -I "$directory" -I "$out/common" \
    -Xcc -msimd128 -Xcc -mbulk-memory -Xcc -fno-math-errno -Xcc -ffp-contract=off \
    -Xcc "-fmodule-map-file=$here/CWebAssembly/module.modulemap" \
    -Xcc "-fmodule-map-file=$root/Sources/CZstd/module.modulemap" -Xcc -I -Xcc "$zstd" \
    -Xcc -I -Xcc "$here/runtime/include" -module-name "$module" -emit-module \
    -emit-module-path "$directory/$module.swiftmodule" -c "$@" -o "$directory/$module.o"
}

files() { find "$root/Sources/$1" -name '*.swift' | sort; }

# What reads bundles is small rather than fast.
mkdir -p "$out/common"
compile "$out/common" Catalogue -O $(files Catalogue)
compile "$out/common" Digests -Osize "$root/Sources/Digests/Digest.swift" "$here/wasm/Hasher.swift"
for module in RunRecords Archive BundleChecks; do
  compile "$out/common" $module -Osize $(files $module)
done
compile "$out/common" Comparison -Osize $(files Comparison/Records)
compile "$out/common" Replay -Osize $(files Replay/Segments)

exports=$(sed -n 's/^@_cdecl("\(.*\)")$/--export=\1/p' "$here"/wasm/*.swift)
for kind in "$@"; do
  modules=$out/$kind
  mkdir -p "$modules"
  vectors=()
  [ "$kind" = exact ] || vectors=(-Xcc -mrelaxed-simd -DRELAXED_SIMD)
  for module in DeterministicNumerics Learning; do
    compile "$modules" $module -O "${vectors[@]}" $(files $module)
  done
  compile "$modules" Execution -Osize "${vectors[@]}" $(files Execution)
  compile "$modules" Page -Osize "${vectors[@]}" \
    "$root/Sources/ArchiveFiles/FrameDecompressor.swift" \
    "$here"/wasm/{Host,Opening,Performance,SelfTest,Statement}.swift
  "${link[@]}" $exports "$out"/common/*.o "$modules"/*.o "$out"/{runtime,zstd,sha256}.o \
    -o "$out/$kind.wasm"
done
