#!/bin/sh
# Runs libFuzzer on the readers and renderers under the address sanitizer, N executions in total
# over all targets (default 1000000). The seeds are small sound inputs that the fuzz program makes.
# Ends with 1 at the first crash, and keeps the input.
#
#   Tests/Fuzz/run.sh [N] [TARGET...]
#
# Inputs that reached something new are kept in .build-fuzz/corpus, and a later run starts from
# them. FUZZ_SEED sets the seed of the mutations.
set -eu
cd "$(dirname "$0")/../.."

total=${1:-1000000}
[ $# = 0 ] || shift
# With two --sanitize options their order would change each time, and everything would be rebuilt.
# The core is not what is fuzzed, so one choice of vectors suffices.
FUZZ=1 VECTORS=avx2 ${SWIFT:-swift} build -c release --scratch-path .build-fuzz --sanitize=fuzzer \
  -Xswiftc -sanitize=address,fuzzer -Xcc -fsanitize=address -Xswiftc -enable-testing --product fuzz
fuzz=$PWD/.build-fuzz/release/fuzz
corpus=$PWD/.build-fuzz/corpus
found=$PWD/.build-fuzz/found
mkdir -p "$corpus" "$found"
# Memory that statics hold at the end is not a leak. A single allocation may have 128 MiB, the
# process 768 MiB; the options keep ASan's own bookkeeping small, which counts too.
export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16:malloc_context_size=4
FUZZ_SEEDS=$corpus "$fuzz" >/dev/null 2>&1

# Executions per thousand. Readers of bytes in memory are fast; readers of whole files and renderers
# are slow.
shares="records:4 programBundle:4 programDirectory:3 archive:4 renderers:3 directory:3 bundle:10
frame:12 plan:7 claims:7 tar:80 safetensors:130 trace:130 lists:160
signature:80 statement:30 json:123 table:50 program:30 files:40 config:70 yaml:20"
done=0
for entry in $shares; do
  target=${entry%:*}
  case " ${*:-$target} " in *" $target "*) ;; *) continue ;; esac
  runs=$((total * ${entry#*:} / 1000))
  log=$found/$target.log
  if ! FUZZ_TARGET=$target "$fuzz" "$corpus/$target" -runs="$runs" -seed="${FUZZ_SEED:-1}" \
    -max_len=65536 -len_control=20 -timeout=10 -rss_limit_mb=768 -malloc_limit_mb=128 \
    -artifact_prefix="$found/$target-" \
    -print_final_stats=1 -verbosity=1 >"$log" 2>&1; then
    tail -30 "$log" >&2
    echo "fuzz: $target: crashed; what it was given is in $found" >&2
    exit 1
  fi
  count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  peak=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
  done=$((done + count))
  echo "fuzz: $target: $count executions, at most $peak MiB," \
    "$(ls "$corpus/$target" | wc -l) inputs kept"
done
echo "fuzz: $done executions, no crash"
