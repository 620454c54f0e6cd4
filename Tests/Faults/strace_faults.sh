#!/bin/sh
# Makes each system call of `regrok run`, `run --resume` and `pack` fail in turn: the process is
# killed at the call, the call fails, or a write is lost. Then the same command runs without a
# fault, and the results must be those of an undisturbed run, byte for byte. No torn file may have
# its final name.
#
#   Tests/Faults/strace_faults.sh [REGROK]
set -eu

regrok=${1:-.build/release/regrok}
[ -x "$regrok" ] || { echo "strace_faults: no program at $regrok" >&2; exit 74; }
command -v strace >/dev/null || { echo "strace_faults: strace is not installed" >&2; exit 4; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
config="--preset tiny --set max_steps=30 --set log_interval=5 --set checkpoint_interval=10"

die() { echo "strace_faults: $*" >&2; exit 1; }
results() { (cd "$1" && sha256sum config.json outcome.json trace/* checkpoints/* && ls -A); }

# The commands, the state each one starts from, and what must be there in the end.
run() { "$@" run $config -o "$work/run" --resume --quiet --threads 1 >/dev/null 2>"$work/stderr"; }
run_state() { rm -rf "$work/run"; }
run_check() { results "$work/run"; }
run_torn() { :; }
resume() { run "$@"; }
resume_state() { rm -rf "$work/run"; cp -r "$work/half" "$work/run"; }
resume_check() { run_check; }
resume_torn() { :; }
pack() { "$@" pack "$work/whole" -o "$work/packed/x.tar.zst" >/dev/null 2>"$work/stderr"; }
pack_state() { rm -rf "$work/packed"; mkdir "$work/packed"; }
pack_check() { (cd "$work/packed" && sha256sum x.tar.zst && ls -A); }
# After a fault the bundle is missing or whole.
pack_torn() {
  [ ! -e "$work/packed/x.tar.zst" ] || cmp -s "$work/packed/x.tar.zst" "$work/x.tar.zst"
}

run_state
run "$regrok"
run_check >"$work/expected-run"
cp "$work/expected-run" "$work/expected-resume"
cp -r "$work/run" "$work/whole"
pack_state
pack "$regrok"
pack_check >"$work/expected-pack"
cp "$work/packed/x.tar.zst" "$work/x.tar.zst"
# A run that was killed in the middle.
run_state
run strace -qq -o /dev/null -e trace=write -e inject=write:signal=KILL:when=16 "$regrok" || true
[ ! -e "$work/run/outcome.json" ] || die "the run to go on with is not a half one"
cp -r "$work/run" "$work/half"

faults=0
only=
also=
# fail WHAT CALL ACTION STATUS...: injects ACTION at the 1st, 2nd, ... CALL of a thread, until WHAT
# ends without a fault. If `only` is set, only calls that touch this path count; if `also` is set,
# this fault is injected too.
fail() {
  what=$1; call=$2; action=$3; shift 3
  n=1
  while :; do
    "${what}_state"
    status=0
    "$what" strace -f -qq -o "$work/trace" ${only:+-P "$only"} -e "trace=$call${also:+,link}" \
      $also \
      -e "inject=$call:$action:when=$n" "$regrok" || status=$?
    fault="$what, $action at $call $n${only:+ of $only}"
    if ! grep -q INJECTED "$work/trace" && ! grep -q 'killed by' "$work/trace"; then
      [ "$status" = 0 ] || die "$fault did not happen, but status $status: $(cat "$work/stderr")"
      break
    fi
    case " $* " in
      *" $status "*) ;;
      *) die "$fault: status $status: $(cat "$work/stderr")" ;;
    esac
    case $status in
      0 | 137) ;;
      *) [ "$(wc -l <"$work/stderr")" = 1 ] || die "$fault: not one line: $(cat "$work/stderr")" ;;
    esac
    "${what}_torn" || die "$fault: a torn file has its final name"
    "$what" "$regrok" || die "$fault: cannot go on: $(cat "$work/stderr")"
    "${what}_check" >"$work/found"
    if ! cmp -s "$work/expected-$what" "$work/found"; then
      diff "$work/expected-$what" "$work/found" >&2 || true
      die "$fault: the results differ"
    fi
    n=$((n + 1))
    faults=$((faults + 1))
  done
  [ "$n" != 1 ] || die "$fault: there is no such call"
  echo "strace_faults: $what, $action at $call${only:+ of $only}: $((n - 1)) times"
}

for what in run resume; do
  for call in openat write fsync close rename mkdir unlink flock; do
    fail "$what" "$call" signal=KILL 137
  done
  fail "$what" fsync error=EIO 74
  fail "$what" write error=ENOSPC 74
  fail "$what" write error=EIO 74
  fail "$what" write error=EINTR 0
  fail "$what" rename error=EIO 74
  # Directories that exist are made again, so this failure may have no effect.
  fail "$what" mkdir error=ENOSPC 74 0
  # Without a lock service a single writer continues, and says so.
  fail "$what" flock error=ENOLCK 0
  # A directory that cannot be read does not count as empty.
  fail "$what" getdents64 error=EIO 74
done
# Some file systems report only at close that written data is lost.
for name in .config.json.partial .outcome.json.partial trace/metrics.csv \
  checkpoints/.step-00000010.safetensors.partial; do
  only=$work/run/$name
  fail run close error=EDQUOT 74
done
only=
for call in openat write fsync close renameat2 flock; do
  fail pack "$call" signal=KILL 137
done
fail pack fsync error=EIO 74
# Another thread syncs the file; the first thread syncs the directory.
only=$work/packed
fail pack fsync signal=KILL 137
fail pack fsync error=EIO 74
only=
fail pack write error=ENOSPC 74
fail pack write error=EIO 74
fail pack write error=EINTR 0
fail pack renameat2 error=EIO 74
# File systems without this rename may have hard links. Without both, there is no way to make a name
# that never replaces another.
fail pack renameat2 error=EINVAL 0
also="-e inject=link:error=EPERM"
fail pack renameat2 error=EINVAL 74
also=
fail pack flock error=ENOLCK 0
only=$work/packed/.x.tar.zst.partial
fail pack close error=EDQUOT 74
only=
# 127 is the status of the system's loader, which reads with the same call.
fail pack pread64 error=EIO 74 127
# The system says that it has written, but has not: only reading back reveals it.
fail pack write retval=1 2 74 0
echo "strace_faults: $faults faults, all told and mended"
