#!/bin/sh
# Tests failures around the program: a full or read-only disk, signals, two writers, a closed or
# full standard output, and unusual environments. Each time the program must end with the right
# status and one line, and the results must be the same.
#
#   Tests/Faults/environments.sh [REGROK]
#
# The disks need their own mounts (root, or user namespaces). Without them that part is skipped, and
# the last line says so.
set -eu

regrok=$(realpath "${1:-.build/release/regrok}")
[ -x "$regrok" ] || { echo "environments: no program at $regrok" >&2; exit 74; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
config="--preset tiny --set max_steps=2000 --set checkpoint_interval=100"
checks=0

die() { echo "environments: $*" >&2; exit 1; }

# expect STATUS NAME COMMAND...: checks the exit status and, on failure, that stderr has one line.
expect() {
  wanted=$1; name=$2; shift 2
  status=0
  "$@" >out 2>err || status=$?
  [ "$status" = "$wanted" ] || die "$name: status $status, not $wanted: $(cat err)"
  [ "$wanted" = 0 ] || [ "$(wc -l <err)" = 1 ] || die "$name: not one line: $(cat err)"
  checks=$((checks + 1))
}
results() { (cd "$1" && sha256sum config.json outcome.json trace/* checkpoints/*); }
# same NAME RUN: the results must be those of the undisturbed run.
same() {
  results "$2" >found
  cmp -s expected found || die "$1: the results differ"
  checks=$((checks + 1))
}

run() { "$regrok" run $config --quiet --threads 1 "$@"; }
run -o whole >/dev/null
results whole >expected
"$regrok" pack whole -o whole.tar.zst >/dev/null

# A signal ends a run after its current step, with a checkpoint; a second signal ends it at once.
# Then the run is resumed.
for signal in HUP INT TERM; do
  for times in 1 2; do
    rm -rf run
    "$regrok" run $config --quiet --set batch=16 -o run >/dev/null 2>err &
    process=$!
    while [ ! -e run/trace/hashes.csv ]; do :; done
    kill -"$signal" "$process"
    [ "$times" = 1 ] || kill -"$signal" "$process" 2>/dev/null || true
    status=0
    wait "$process" || status=$?
    case $signal$status in
      HUP129 | INT130 | TERM143 | HUP0 | INT0 | TERM0) ;;
      *) die "SIG$signal: status $status: $(cat err)" ;;
    esac
    [ "$status" = 0 ] || checks=$((checks + 1))
    run -o run --resume >/dev/null
    same "after SIG$signal" run
  done
done

# With nohup, the run must outlive its terminal.
rm -rf run
(trap '' HUP; exec "$regrok" run $config --quiet -o run >/dev/null 2>err) &
process=$!
while [ ! -e run/trace/hashes.csv ]; do :; done
kill -HUP "$process"
wait "$process" || die "nohup: status $?: $(cat err)"
same "nohup" run

# A signal ends a command that writes a bundle or a directory at once, and nothing half made stays.
# The checkpoints have 30 MB, so that there is time for a signal.
"$regrok" run --preset modular-addition --set model.width=512 --set model.feedforward=1024 \
  --set max_steps=4 \
  --set log_interval=1 --set checkpoint_interval=1 --quiet -o big >/dev/null
"$regrok" pack big -o big.tar.zst >/dev/null
mkdir made
for signal in HUP INT TERM; do
  ended=0
  for command in "pack big --level 12 -o made/x" "extract big.tar.zst -o made/x" \
    "replay big.tar.zst --fill made/x"; do
    # Some signals come while a directory gets its first files, some while it gets a large one.
    for delay in 0 0 0 0.001 0.002 0.005 0.02; do
      # A process that ignores SIGHUP, as under nohup, passes that on to its children.
      env --default-signal=HUP "$regrok" $command >/dev/null 2>err &
      process=$!
      while [ ! -e made/.x.partial ] && kill -0 "$process" 2>/dev/null; do :; done
      [ "$delay" = 0 ] || sleep "$delay"
      kill -"$signal" "$process" 2>/dev/null || true
      status=0
      wait "$process" || status=$?
      case $signal$status in
        HUP129 | INT130 | TERM143)
          ended=$((ended + 1))
          [ "$(wc -l <err)" -ge 1 ] || die "SIG$signal in $command: not a word" ;;
        *0) ;;
        *) die "SIG$signal in $command: status $status: $(cat err)" ;;
      esac
      [ -z "$(find made -name '.*.partial')" ] || die "SIG$signal in $command leaves $(ls -A made)"
      rm -rf made/x
      checks=$((checks + 1))
    done
  done
  [ "$ended" -gt 0 ] || die "SIG$signal came too late each time"
done
rm -rf big big.tar.zst

# A run uses as many threads as it has processors.
rm -rf run
taskset -c 0 "$regrok" run $config --quiet -o run >/dev/null
grep -q '"threads":1}' run/run.json || die "one processor: $(cat run/run.json)"
same "one processor" run

# Two writers of one run: the second is refused. Two processes that pack to one name: both succeed,
# with the same bundle.
rm -rf run
"$regrok" run $config --set max_steps=400000 --quiet -o run >/dev/null 2>&1 &
process=$!
while [ ! -e run/trace/hashes.csv ]; do :; done
expect 74 "a second writer" "$regrok" run $config --set max_steps=400000 --quiet -o run --resume
kill -KILL "$process"
wait "$process" 2>/dev/null || true
"$regrok" pack whole -o both.tar.zst >/dev/null &
process=$!
expect 0 "a second pack" "$regrok" pack whole -o both.tar.zst
wait "$process" || die "two packs at once: the first failed"
cmp -s both.tar.zst whole.tar.zst || die "two packs at once: another bundle"

# A full or closed standard output is an error, but the results are kept.
for where in /dev/full closed; do
  rm -rf run
  for command in "run $config --quiet -o run" "pack whole -o pack-out.tar.zst" \
    "verify whole.tar.zst" "show whole.tar.zst" "diff whole whole.tar.zst" \
    "replay whole.tar.zst" "extract whole.tar.zst -o tree" "verify --json whole.tar.zst"; do
    rm -rf tree pack-out.tar.zst
    status=0
    if [ "$where" = closed ]; then
      "$regrok" $command >&- 2>err || status=$?
    else
      "$regrok" $command >"$where" 2>err || status=$?
    fi
    [ "$status" = 74 ] || die "$command, standard output $where: status $status: $(cat err)"
    grep -q 'cannot write standard output' err || die "$command, standard output $where: $(cat err)"
    checks=$((checks + 1))
  done
  same "standard output $where" run
done

# A limit on file size: the write that reaches it is cut short, and the next one fails.
limited() { blocks=$1; shift; (trap '' XFSZ; ulimit -f "$blocks"; exec "$@"); }
rm -rf run cut.tar.zst
expect 74 "files limited, run" limited 30 "$regrok" run $config --quiet -o run
grep -q 'File too large' err || die "files limited, run: $(cat err)"
run -o run --resume >/dev/null
same "files limited, gone on with" run
expect 74 "files limited, pack" limited 30 "$regrok" pack whole -o cut.tar.zst
grep -q 'File too large' err || die "files limited, pack: $(cat err)"
[ ! -e cut.tar.zst ] || die "files limited, pack: a torn bundle has its name"
"$regrok" pack whole -o cut.tar.zst >/dev/null
cmp -s cut.tar.zst whole.tar.zst || die "files limited, packed again: another bundle"

# Environments with other number formats, times, letter cases and file modes.
in_environment() {
  name=$1; shift
  rm -rf run run.tar.zst
  "$@" "$regrok" run $config --quiet -o run </dev/null >/dev/null || die "$name: run"
  same "$name" run
  "$@" "$regrok" pack run -o run.tar.zst >/dev/null || die "$name: pack"
  [ "$("$@" "$regrok" verify run.tar.zst | sed -n 3p)" = \
    "$("$regrok" verify whole.tar.zst | sed -n 3p)" ] ||
    die "$name: another result"
  "$@" "$regrok" replay run.tar.zst >/dev/null 2>&1 || die "$name: replay"
  [ "$("$@" "$regrok" show --json whole.tar.zst)" = \
    "$("$regrok" show --json whole.tar.zst)" ] || die "$name: show"
  checks=$((checks + 4))
}
in_environment "TZ" env TZ=Pacific/Kiritimati
in_environment "Turkish" env LANG=tr_TR.UTF-8 LC_ALL=tr_TR.UTF-8
in_environment "German" env LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8
in_environment "no environment" env -i
in_environment "no HOME" env -u HOME
in_environment "umask 077" sh -c 'umask 077; exec "$@"' sh
in_environment "no standard input" sh -c 'exec "$@" <&-' sh

# Disks that are mounted for this test.
if unshare -m true 2>/dev/null; then space="unshare -m"; else space="unshare -rm"; fi
if $space true 2>/dev/null; then
  mkdir disk
  cat >on-disk.sh <<'DISK'
set -eu
size=$1; shift
mount -t tmpfs -o size="$size" none disk
status=0
"$@" >out 2>err || status=$?
[ "$status" = 74 ] || { echo "status $status, not 74: $(cat err)"; exit 1; }
[ "$(wc -l <err)" = 1 ] && grep -q 'No space left' err || {
  echo "not one line: $(cat err)"
  exit 1
}
# No file has its final name. Then space is made again.
for bundle in disk/*.tar.zst; do [ ! -e "$bundle" ] || { echo "$bundle is there"; exit 1; }; done
mount -o remount,size=64m disk
"$@" --resume >out 2>err || "$@" >out 2>err || { echo "it cannot go on: $(cat err)"; exit 1; }
[ ! -d disk/run ] || cp -r disk/run run
[ ! -e disk/x.tar.zst ] || cmp disk/x.tar.zst whole.tar.zst
ls -A disk | grep partial && exit 1
exit 0
DISK
  whole_kilobytes=$(du -sk whole | cut -f1)
  for share in 5 20 40 60 80 95; do
    rm -rf run
    $space sh on-disk.sh "$((whole_kilobytes * share / 100))k" \
      "$regrok" run $config --quiet --threads 1 -o disk/run >said ||
      die "disk full at $share %, run: $(cat said)"
    same "disk full at $share %, gone on with" run
  done
  bundle_bytes=$(stat -c %s whole.tar.zst)
  for share in 10 50 90; do
    $space sh on-disk.sh "$((bundle_bytes * share / 100))" \
      "$regrok" pack whole -o disk/x.tar.zst >said || die "disk full at $share %, pack: $(cat said)"
    checks=$((checks + 1))
  done
  cat >read-only.sh <<'DISK'
set -eu
mount -t tmpfs none disk
cp -r whole disk/run
cp -r whole disk/begun
rm disk/begun/outcome.json
mount -o remount,ro disk
exec "$@"
DISK
  for command in "run $config --quiet -o disk/new" "run --resume --quiet -o disk/begun" \
    "pack disk/run -o disk/x.tar.zst" "extract whole.tar.zst -o disk/tree"; do
    expect 74 "read-only disk: $command" $space sh read-only.sh "$regrok" $command
    grep -q 'Read-only file system' err || die "read-only disk: $command: $(cat err)"
  done
  disks="full and read-only disks"
else
  disks="NO disks of our own (mounts are not allowed here)"
fi
echo "environments: $checks checks: signals, affinity, two writers, standard output," \
  "short writes, 7 environments, $disks"
