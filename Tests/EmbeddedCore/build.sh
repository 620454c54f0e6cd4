#!/bin/bash
# Compiles the core for several processors, the same source each time, runs it and compares every
# bit.
#
#   Tests/EmbeddedCore/build.sh [PLATFORM]...
#
# native    this machine, with AVX2 and FMA on x86-64
# avx512    this machine, with AVX-512
# baseline  this machine, without any of them
# debug     this machine, not optimised
# aarch64   Embedded Swift, under qemu
# riscv64   Embedded Swift, under qemu
# wasm32    Embedded Swift, in node
#
# Exits 1 when a platform does not compile or gives another hash than the first.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
toolchain=$(dirname "$(readlink -f "$(command -v swiftc)")")
if [ $# -eq 0 ]; then
  set -- native baseline debug aarch64 riscv64 wasm32
  if grep -qw avx512vl /proc/cpuinfo && grep -qw avx512bw /proc/cpuinfo; then set -- "$@" avx512; fi
fi

# Installs the Debian packages named unless the command is there.
need() {
  command -v "$1" >/dev/null && return
  shift
  echo "installing $*" >&2
  local sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -q >&2
  $sudo apt-get install -y -q --no-install-recommends "$@" >&2
}

# Compiles both modules of the core and the probe, with the flags given, into $build/$platform/.
compile() {
  local out=$build/$platform module
  mkdir "$out"
  local common=(
    nice swiftc -O -wmo -parse-as-library -swift-version 6 -package-name regrok
    -warnings-as-errors -strict-memory-safety -enable-upcoming-feature ExistentialAny
    -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault -Xcc -fno-math-errno -I "$out" "$@"
  )
  for module in DeterministicNumerics Learning; do
    "${common[@]}" -module-name $module -emit-module -emit-module-path "$out/$module.swiftmodule" \
      -c $(find "$root/Sources/$module" -name '*.swift' | sort) -o "$out/$module.o"
  done
  "${common[@]}" -module-name Probe -c "$here/Probe.swift" -o "$out/Probe.o"
}

embedded=(-enable-experimental-feature Embedded)

run_here() {
  compile "$@"
  nice clang -O2 -c "$here/main.c" -o "$build/$platform/main.o"
  swiftc "$build/$platform"/*.o -lm -o "$build/$platform/probe"
  nice "$build/$platform/probe"
}

# run_in_qemu PROCESSOR DEBIAN_ARCHITECTURE TARGET FLAG...
run_in_qemu() {
  local processor=$1 architecture=$2 target=$3
  shift 3
  need "$processor-linux-gnu-gcc" "gcc-$processor-linux-gnu" "libc6-dev-$architecture-cross"
  need "qemu-$processor-static" qemu-user-static
  compile "${embedded[@]}" -target "$target" "$@"
  "$processor-linux-gnu-gcc" -O2 -static "$here/main.c" "$build/$platform"/*.o -fuse-ld=lld \
    -B"$toolchain" -o "$build/$platform/probe"
  nice "qemu-$processor-static" "$build/$platform/probe"
}

run_in_node() {
  need node nodejs
  compile "${embedded[@]}" -target wasm32-unknown-none-wasm -Xcc -msimd128
  "$toolchain/clang" --target=wasm32-unknown-none -O2 -ffreestanding -fno-builtin \
    -ffp-contract=off -c "$here/wasm_runtime.c" -o "$build/$platform/runtime.o"
  "$toolchain/wasm-ld" --no-entry --export=probe_{exp,log,erf,cospi,transformer,mlp} \
    "$build/$platform"/*.o -o "$build/$platform/probe.wasm"
  nice node "$here/run.mjs" "$build/$platform/probe.wasm"
}

run() {
  case $platform in
    native)
      case $(uname -m) in
        x86_64) run_here -Xcc -mavx2 -Xcc -mfma ;;
        *) run_here ;;
      esac ;;
    avx512)
      run_here -DAVX512 -Xcc -mavx2 -Xcc -mfma -Xcc -mavx512f -Xcc -mavx512vl -Xcc -mavx512dq \
        -Xcc -mavx512bw ;;
    baseline) run_here ;;
    debug) run_here -Onone ;;
    aarch64) run_in_qemu aarch64 arm64 aarch64-none-none-elf ;;
    riscv64)
      run_in_qemu riscv64 riscv64 riscv64-none-none-eabi -Xcc -march=rv64gc -Xcc -mabi=lp64d ;;
    wasm32) run_in_node ;;
    *) echo "no platform $platform: native, avx512, baseline, debug, aarch64, riscv64, wasm32" >&2; exit 64 ;;
  esac
}

reference=
for platform in "$@"; do
  started=$SECONDS
  run >"$build/$platform.hashes"
  if [ -z "$reference" ]; then
    reference=$platform
    sed 's/^/  /' "$build/$platform.hashes"
    echo "$platform: the reference ($((SECONDS - started)) s)"
  elif diff "$build/$reference.hashes" "$build/$platform.hashes" >"$build/differences"; then
    echo "$platform: the same bits ($((SECONDS - started)) s)"
  else
    echo "$platform: OTHER BITS"
    cat "$build/differences"
    failed=1
  fi
done
exit "${failed:-0}"
