#!/bin/sh
# Feeds the readers what libFuzzer makes up, N executions in total over all targets (default
# 1000000), under the address sanitizer, from seeds that the program makes of small sound bundles.
# Ends with 1 at the first crash, which is kept.
#
#   Tests/Fuzz/run.sh [N] [TARGET...]
#
# The inputs that reached something new stay in .build-fuzz/corpus, so that a later run goes on from
# them; FUZZ_SEED sets the seed of the mutations.
set -eu
cd "$(dirname "$0")/../.."

total=${1:-1000000}
[ $# = 0 ] || shift
# Two --sanitize would come in another order each time, and everything be built anew. The core is
# not in it, so one choice of vectors will do.
FUZZ=1 VECTORS=avx2 ${SWIFT:-swift} build -c release --scratch-path .build-fuzz --sanitize=fuzzer \
  -Xswiftc -sanitize=address,fuzzer -Xcc -fsanitize=address -Xswiftc -enable-testing --product fuzz
fuzz=$PWD/.build-fuzz/release/fuzz
corpus=$PWD/.build-fuzz/corpus
found=$PWD/.build-fuzz/found
mkdir -p "$corpus" "$found"
# What statics hold at the end is no leak. ASan's own bookkeeping is not the reader's memory: a
# single allocation may have 128 MiB, the process 768 with it.
export ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=16:malloc_context_size=4
FUZZ_SEEDS=$corpus "$fuzz" >/dev/null 2>&1

# Executions per thousand: readers of bytes in memory are fast, those of whole files and what draws
# slow.
shares="records:4 programBundle:4 programDirectory:3 archive:4 renderers:3 directory:3 bundle:10 frame:12 plan:7 claims:7 tar:80 safetensors:130 trace:130 lists:160
signature:80 json:123 table:50 program:30 files:40 config:100 yaml:20"
done=0
for entry in $shares; do
  target=${entry%:*}
  case " ${*:-$target} " in *" $target "*) ;; *) continue ;; esac
  runs=$((total * ${entry#*:} / 1000))
  log=$found/$target.log
  if ! FUZZ_TARGET=$target "$fuzz" "$corpus/$target" -runs="$runs" -seed="${FUZZ_SEED:-1}" -max_len=65536 \
    -len_control=20 -timeout=10 -rss_limit_mb=768 -malloc_limit_mb=128 -artifact_prefix="$found/$target-" \
    -print_final_stats=1 -verbosity=1 >"$log" 2>&1; then
    tail -30 "$log" >&2
    echo "fuzz: $target: crashed; what it was given is in $found" >&2
    exit 1
  fi
  count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  peak=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
  done=$((done + count))
  echo "fuzz: $target: $count executions, at most $peak MiB, $(ls "$corpus/$target" | wc -l) inputs kept"
done
echo "fuzz: $done executions, no crash"
