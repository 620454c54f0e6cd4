#!/bin/sh
# The system lacks threads, memory, a lock service, or fsync of directories. Each time every command
# must either do its work or end with 71 and a line that says why. It never waits for something that
# does not come.
#
#   Tests/Faults/shortages.sh [REGROK]
#
# Locks and fsync need strace. Without it that part is skipped, and the last line says so.
set -eu

regrok=$(realpath "${1:-.build/release/regrok}")
[ -x "$regrok" ] || { echo "shortages: no program at $regrok" >&2; exit 74; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# Limits on threads do not apply to root, so that part runs as the user nobody.
cp "$regrok" regrok
regrok=$work/regrok
chmod 777 .
if [ "$(id -u)" = 0 ]; then
  user="setpriv --reuid=65534 --regid=65534 --clear-groups"
else
  user=
fi
config="--preset tiny --set max_steps=200 --set checkpoint_interval=40"
checks=0

die() { echo "shortages: $*" >&2; exit 1; }
results() { (cd "$1" && sha256sum config.json outcome.json trace/* checkpoints/*); }

cat >plan.yaml <<'PLAN'
preset: tiny
set: {max_steps: 100, checkpoint_interval: 0}
experiments: [{name: seeds, seeds: 1..3}]
PLAN
"$regrok" run $config -o whole --quiet >/dev/null
results whole >expected
"$regrok" pack whole -o whole.tar.zst >/dev/null
"$regrok" sweep plan.yaml -o cells >/dev/null 2>&1
(cd cells && sha256sum ./*.tar.zst) >expected-cells
chmod -R a+rX .

# each NAME STATUSES LIMIT: runs every command under the limit. A command that ends with 0 must give
# the same result as without the limit.
each() {
  name=$1; statuses=$2; limit=$3
  for command in "run $config --quiet --threads 4 -o out/run" "pack whole -o out/x.tar.zst" \
    "verify whole.tar.zst" "extract whole.tar.zst -o out/tree" "replay whole.tar.zst --jobs 4" \
    "replay whole.tar.zst --jobs 4 --fill out/filled" "spectrum whole.tar.zst" \
    "sweep plan.yaml --jobs 3 -o out/cells" "show whole.tar.zst" "diff whole whole.tar.zst"; do
    rm -rf out; mkdir -m 777 out
    status=0
    timeout 60 $user prlimit "$limit" -- "$regrok" $command >said 2>err || status=$?
    case " $statuses " in
      *" $status "*) ;;
      *) die "$name: $command: status $status: $(cat err)" ;;
    esac
    if [ "$status" = 0 ]; then
      case $command in
        run*) results out/run >found
          cmp -s expected found || die "$name: $command: other results" ;;
        pack*) cmp -s out/x.tar.zst whole.tar.zst || die "$name: $command: another bundle" ;;
        sweep*) (cd out/cells && sha256sum ./*.tar.zst) | cmp -s - expected-cells ||
          [ "$(date -u +%F)" != "$day" ] || die "$name: $command: other bundles" ;;
      esac
    else
      # One more line may come before it, on threads that were missing; a sweep has one line per
      # cell.
      case $command in sweep*) most=4 ;; *) most=2 ;; esac
      ! grep -qv '^regrok: ' err && [ "$(wc -l <err)" -le "$most" ] ||
        die "$name: $command: $(cat err)"
    fi
    [ "$status" != 0 ] || [ -z "$(find out -name '*.partial')" ] ||
      die "$name: $command leaves $(find out -name '*.partial')"
    checks=$((checks + 1))
  done
}
day=$(date -u +%F)
each "no threads" 0 --nproc=1
each "little address space" "0 71" --as=122880000

# A run that needs too much memory is refused before anything is computed, with both numbers.
status=0
(prlimit --as=409600000 -- "$regrok" run --preset modular-addition --set model.width=2048 \
  --set model.feedforward=8192 \
  --quiet -o large) 2>err || status=$?
[ "$status" = 71 ] || die "a model too large: status $status: $(cat err)"
[ "$(wc -l <err)" = 1 ] &&
  grep -q 'needs about [0-9]* MiB of memory, but only [0-9]* MiB are free' err ||
  die "a model too large: $(cat err)"
checks=$((checks + 1))

# told WORDS COMMAND...: the command must succeed, and print one line on what is missing.
told() {
  words=$1; shift
  status=0
  "$@" >said 2>err || status=$?
  [ "$status" = 0 ] || die "$*: status $status: $(cat err)"
  [ "$(grep -c '^regrok: ' err)" = 1 ] && grep -q "$words" err || die "$*: not one line: $(cat err)"
  [ -z "$(find out -name '*.partial')" ] || die "$*: leaves $(find out -name '*.partial')"
  checks=$((checks + 1))
}

# A directory that can be written and searched, but not read, cannot be opened for its fsync.
rm -rf out; mkdir -m 333 out
if [ -n "$user" ]; then
  status=0
  $user "$regrok" pack whole -o out/x.tar.zst >said 2>err || status=$?
  [ "$status" = 0 ] && grep -q 'cannot be synced' err ||
    die "a directory that cannot be read: status $status: $(cat err)"
  cmp -s out/x.tar.zst whole.tar.zst || die "a directory that cannot be read: another bundle"
  checks=$((checks + 1))
fi

if command -v strace >/dev/null; then
  for code in EINVAL EOPNOTSUPP ENOSYS EBADF; do
    rm -rf out; mkdir out
    lacking="strace -f -qq -o trace -e trace=fsync -e inject=fsync:error=$code -P $work/out
      -P $work/out/run -P $work/out/run/trace -P $work/out/run/checkpoints"
    told 'cannot be synced' $lacking "$regrok" run $config --quiet -o out/run
    results out/run >found
    cmp -s expected found || die "no fsync of directories ($code): other results"
    told 'cannot be synced' $lacking "$regrok" pack whole -o out/x.tar.zst
    cmp -s out/x.tar.zst whole.tar.zst || die "no fsync of directories ($code): another bundle"
    told 'cannot be synced' $lacking "$regrok" extract whole.tar.zst -o out/tree
  done
  for code in ENOSYS ENOLCK EOPNOTSUPP EBADF; do
    rm -rf out; mkdir out
    lacking="strace -f -qq -o trace -e trace=flock -e inject=flock:error=$code"
    told 'cannot be locked' $lacking "$regrok" run $config --quiet -o out/run
    results out/run >found
    cmp -s expected found || die "no locks ($code): other results"
    told 'cannot be locked' $lacking "$regrok" pack whole -o out/x.tar.zst
    echo left >out/.y.tar.zst.partial
    told 'cannot be locked' $lacking "$regrok" pack whole -o out/y.tar.zst
    mkdir out/.tree.partial
    told 'cannot be locked' $lacking "$regrok" extract whole.tar.zst -o out/tree
    # Claims keep the workers of a sweep apart, so no line is printed.
    $lacking "$regrok" sweep plan.yaml -o out/cells >said 2>err ||
      die "no locks ($code): a sweep: $(cat err)"
    ! grep '^regrok: ' err >&2 || die "no locks ($code): a sweep says so"
    checks=$((checks + 1))
  done
  traced="no locks, no fsync of directories"
else
  traced="NOT: locks and fsync (strace is not installed)"
fi
echo "shortages: $checks checks: threads, memory, $traced"
