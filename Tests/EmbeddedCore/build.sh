#!/bin/bash
# Compiles the same source of the core for several platforms, and compares every bit that they
# compute.
#
#   Tests/EmbeddedCore/build.sh [PLATFORM]...
#
# baseline  this machine, without flags for its vectors
# avx2      this machine, with AVX2 and FMA
# avx512    this machine, with AVX-512
# debug     this machine, not optimised
# aarch64   Embedded Swift, under qemu
# riscv64   Embedded Swift, under qemu
# wasm32    Embedded Swift, in node; also compiles the code that checks a bundle and replays its run
# relaxed   the same with the multiply-adds of relaxed SIMD, where node has them
#
# Without arguments, it takes all platforms that this machine can test. A platform's record is what
# Probe.swift writes; one SHA-256 covers the part that belongs to `numerics: 1`. JOBS (2) platforms
# run at a time. Exits with 1 if a platform does not compile or has another record than the first
# one. Missing compilers and emulators are installed with apt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
page=$root/Sources/page
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
# The folder of the compiler itself, with clang and the linkers. PATH may have only a launcher.
toolchain=$(swiftc -print-target-info |
  sed -n 's|.*"runtimeResourcePath": "\(.*\)/lib/swift".*|\1/bin|p')
# Some versions of node have relaxed SIMD, but not by default.
relaxed=
if node --v8-options 2>/dev/null | grep -q experimental-wasm-relaxed-simd; then
  relaxed=--experimental-wasm-relaxed-simd
fi
parts=(elementary transformer-adamw transformer-sgd mlp-adamw mlp-sgd)
all=("${parts[@]}" binary64 multiply-adds)
if [ $# -eq 0 ]; then
  set -- baseline debug
  has() { grep -m1 ^flags /proc/cpuinfo | grep -qw "$1"; }
  if has avx2 && has fma; then set -- "$@" avx2; fi
  if has avx512f && has avx512vl && has avx512dq && has avx512bw; then set -- "$@" avx512; fi
  set -- "$@" aarch64 riscv64 wasm32
  if command -v node >/dev/null && node $relaxed "$here/run.mjs" --relaxed; then
    set -- "$@" relaxed
  fi
fi

# The packages that these platforms need and that are missing.
missing=()
need() {
  if ! command -v "$1" >/dev/null; then
    shift
    missing+=("$@")
  fi
}
for platform in "$@"; do
  case $platform in
    aarch64)
      need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross
      need qemu-aarch64-static qemu-user-static ;;
    riscv64)
      need riscv64-linux-gnu-gcc gcc-riscv64-linux-gnu libc6-dev-riscv64-cross
      need qemu-riscv64-static qemu-user-static ;;
    wasm32 | relaxed) need node nodejs ;;
    baseline | avx2 | avx512 | debug) ;;
    *)
      echo "no platform $platform: baseline, avx2, avx512, debug, aarch64, riscv64, wasm32," \
        "relaxed" >&2
      exit 64 ;;
  esac
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing ${missing[*]}" >&2
  as_root=
  [ "$(id -u)" = 0 ] || as_root=sudo
  $as_root apt-get update -qq >&2
  $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# Compiles the core's modules and the probe with the given flags, into $build/$platform/.
compile() {
  local out=$build/$platform module
  common=(
    swiftc -O -wmo -parse-as-library -swift-version 6 -package-name regrok
    -warnings-as-errors -strict-memory-safety -enable-upcoming-feature ExistentialAny
    -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault -Xcc -fno-math-errno -I "$out" "$@"
  )
  for module in DeterministicNumerics Catalogue Learning; do
    compile_module $module "$out" $(find "$root/Sources/$module" -name '*.swift' | sort)
  done
  "${common[@]}" -module-name Probe -import-objc-header "$here/probe.h" \
    -c "$here/Probe.swift" -o "$out/Probe.o"
}

# compile_module MODULE DIRECTORY FILE...: the object goes to DIRECTORY, the interface to the core's
# interfaces.
compile_module() {
  local module=$1 directory=$2
  shift 2
  "${common[@]}" -module-name "$module" -emit-module \
    -emit-module-path "$build/$platform/$module.swiftmodule" -c "$@" -o "$directory/$module.o"
}

# Compiles what a page needs to check a bundle and to replay its run. It is neither linked nor
# optimised, which would take minutes (`make page` does it).
compile_checker() {
  local module files
  mkdir "$build/$platform/checker"
  for module in Digests RunRecords Archive BundleChecks Comparison/Records Execution \
    Replay/Segments; do
    files=$(find "$root/Sources/$module" -name '*.swift' | sort)
    # swift-crypto cannot be used there.
    if [ $module = Digests ]; then
      files="-enable-experimental-feature Extern \
${files/"$root/Sources/Digests/Hasher.swift"/$page/wasm/Hasher.swift}"
    fi
    compile_module ${module%/*} "$build/$platform/checker" -Onone $files
  done
}

embedded=(-enable-experimental-feature Embedded)

# Runs the given command once for each part, with the part's number.
record() {
  local part
  for part in "${!all[@]}"; do
    "$@" "$part" >"$build/$platform/${all[part]}.record"
  done
}

run_here() {
  compile "$@"
  "$toolchain/clang" -O2 -c "$here/main.c" -o "$build/$platform/main.o"
  swiftc "$build/$platform"/*.o -lm -o "$build/$platform/probe"
  record "$build/$platform/probe"
}

# run_in_qemu PROCESSOR TARGET FLAG...: code that the probe does not reach is left out, such as the
# comparison of texts, which needs Unicode tables.
run_in_qemu() {
  local processor=$1 target=$2
  shift 2
  compile "${embedded[@]}" -Xfrontend -function-sections -target "$target" "$@"
  "$processor-linux-gnu-gcc" -O2 -static "$here/main.c" "$build/$platform"/*.o -fuse-ld=lld \
    -Wl,--gc-sections -B"$toolchain" -o "$build/$platform/probe"
  record "qemu-$processor-static" "$build/$platform/probe"
}

run_in_node() {
  compile "${embedded[@]}" -target wasm32-unknown-none-wasm -Xcc -msimd128 -Xcc -ffp-contract=off \
    -Xcc "-fmodule-map-file=$page/CWebAssembly/module.modulemap" "$@"
  [ $platform = relaxed ] || compile_checker
  "$toolchain/clang" --target=wasm32-unknown-none -O2 -ffreestanding -fno-builtin -mbulk-memory \
    -ffp-contract=off -ffunction-sections -I "$page/runtime/include" \
    -c "$page/runtime/runtime.c" -o "$build/$platform/runtime.o"
  "$toolchain/wasm-ld" --no-entry --export=probe --import-undefined --gc-sections \
    "$build/$platform"/*.o -o "$build/$platform/probe.wasm"
  record node $relaxed "$here/run.mjs" "$build/$platform/probe.wasm"
}

run() {
  local avx2=(-Xcc -mavx2 -Xcc -mfma)
  case $platform in
    avx2) run_here -DAVX2 "${avx2[@]}" ;;
    avx512)
      run_here -DAVX512 "${avx2[@]}" -Xcc -mavx512f -Xcc -mavx512vl -Xcc -mavx512dq \
        -Xcc -mavx512bw ;;
    baseline) run_here ;;
    debug) run_here -Onone ;;
    aarch64) run_in_qemu aarch64 aarch64-none-none-elf ;;
    riscv64) run_in_qemu riscv64 riscv64-none-none-eabi -Xcc -march=rv64gc -Xcc -mabi=lp64d ;;
    wasm32) run_in_node ;;
    relaxed) run_in_node -Xcc -mrelaxed-simd -DRELAXED_SIMD ;;
  esac
}

# Writes the platform's record, its hash and the seconds it took below $build/$platform.
measure() {
  local started=$SECONDS
  run >"$build/$platform/log" 2>&1
  (cd "$build/$platform" && cat "${parts[@]/%/.record}" | sha256sum | cut -d' ' -f1 >hash)
  echo $((SECONDS - started)) >"$build/$platform/seconds"
}

for platform in "$@"; do
  while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-2}" ]; do wait -n || true; done
  mkdir "$build/$platform"
  measure &
done
wait

reference=$1
for platform in "$@"; do
  if [ ! -e "$build/$platform/seconds" ]; then
    echo "$platform: FAILED"
    cat "$build/$platform/log"
    failed=1
    continue
  fi
  printf '%-9s%s %4d s\n' "$platform" "$(cat "$build/$platform/hash")" \
    "$(cat "$build/$platform/seconds")"
  for part in "${all[@]}"; do
    cmp "$build/$reference/$part.record" "$build/$platform/$part.record" || failed=1
  done
done
exit "${failed:-0}"
