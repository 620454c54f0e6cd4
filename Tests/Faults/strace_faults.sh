#!/bin/sh
# Lets the system fail `regrok run` at each of its calls in turn: killed at the call, or the call
# fails. Then goes on, and compares the results with those of an undisturbed run, byte for byte.
#
#   Tests/Faults/strace_faults.sh [REGROK]
set -eu

regrok=${1:-.build/release/regrok}
[ -x "$regrok" ] || { echo "strace_faults: no program at $regrok" >&2; exit 74; }
command -v strace >/dev/null || { echo "strace_faults: strace is not installed" >&2; exit 4; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
config="--preset tiny --set max_steps=30 --set log_interval=5 --set checkpoint_interval=10"

perform() {
  "$@" run $config -o "$work/run" --resume --quiet --threads 1 >/dev/null 2>"$work/stderr"
}
results() {
  (cd "$work/run" && sha256sum config.json outcome.json trace/* checkpoints/* && ls -A)
}

perform "$regrok"
results >"$work/expected"

# fail NAME CALL ACTION STATUS...: at the 1st, 2nd, ... CALL, until the run ends without one.
fail() {
  name=$1; call=$2; action=$3; shift 3
  n=1
  while :; do
    rm -rf "$work/run"
    status=0
    perform strace -qq -o "$work/trace" -e "trace=$call" -e "inject=$call:$action:when=$n" \
      "$regrok" || status=$?
    if ! grep -q INJECTED "$work/trace" && ! grep -q 'killed by' "$work/trace"; then break; fi
    case " 0 $* " in
      *" $status "*) ;;
      *)
        echo "strace_faults: $name at $call $n: status $status: $(cat "$work/stderr")" >&2
        exit 1
        ;;
    esac
    if [ "$status" = 74 ] && [ "$(wc -l <"$work/stderr")" != 1 ]; then
      echo "strace_faults: $name at $call $n: not one line: $(cat "$work/stderr")" >&2
      exit 1
    fi
    if ! perform "$regrok"; then
      echo "strace_faults: $name at $call $n: cannot go on: $(cat "$work/stderr")" >&2
      exit 1
    fi
    results >"$work/found"
    if ! cmp -s "$work/expected" "$work/found"; then
      echo "strace_faults: $name at $call $n: the results differ" >&2
      diff "$work/expected" "$work/found" >&2 || true
      exit 1
    fi
    n=$((n + 1))
  done
  echo "strace_faults: $name at $call: $((n - 1)) times"
}

for call in openat write fsync close rename mkdir unlink flock; do
  fail "SIGKILL" "$call" signal=KILL 137
done
fail "EIO" fsync error=EIO 74
fail "ENOSPC" write error=ENOSPC 74
fail "EINTR" write error=EINTR
fail "EIO" rename error=EIO 74
fail "ENOSPC" mkdir error=ENOSPC 74
fail "ENOLCK" flock error=ENOLCK 74
echo "strace_faults: all results identical"
