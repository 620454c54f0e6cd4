#!/usr/bin/env bash
# Records, seals and replays programs of many kinds, with Python's standard library alone. It takes
# seconds.
#
#   Tests/programs.sh REGROK
#
# Tests/Programs has the long forms.
set -euo pipefail
regrok=$(realpath "$1")
root=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tmp"
export TMPDIR=$work/tmp
cd "$work"
checks=0

die() { echo "programs: $*" >&2; exit 1; }

# expect STATUS NAME COMMAND...: the command must end with this status.
expect() {
  local wanted=$1 name=$2 status=0
  shift 2
  "$@" >out 2>err || status=$?
  [ "$status" = "$wanted" ] || die "$name: status $status, not $wanted: $(cat out err)"
  checks=$((checks + 1))
}
# says NAME TEXT: the last command printed this text on one of its streams.
says() {
  grep -qF -- "$2" out err || die "$1: it does not say \"$2\": $(cat out err)"
  checks=$((checks + 1))
}
silent() {
  ! grep -v '^regrok: recording in ' err >said || die "$1: it says $(cat said)"
  checks=$((checks + 1))
}
exists() { [ -e "$2" ] || die "$1: $2 is not there"; checks=$((checks + 1)); }
record() { "$regrok" record --quiet "$@"; }

# program NAME: a script from standard input, in a directory of its own.
program() { mkdir "$1"; cat >"$1/program.py"; cd "$1"; }

# The example that ships, on this machine and with this Python. It uses only operations whose bits
# IEEE 754 defines.
example=$root/bundles/programs/perceptron
bundles=("$example"/*.tar.zst)
[ ${#bundles[@]} = 1 ] || die "the example has ${#bundles[@]} bundles"
bundle=${bundles[0]}
expect 0 "the example" "$regrok" verify "$bundle"
says "the example" ": sound, a program's run"
expect 0 "the example" "$regrok" show "$bundle"
says "the example" "python3 train.py --config '{config}' --out '{out}'"
says "the example" "3 runs, identical"
expect 4 "the example without consent" "$regrok" replay "$bundle"
expect 0 "the example again" "$regrok" replay "$bundle" --execute
says "the example again" "identical: 31 rows of 2 columns"
cp "$example"/{train.py,conf.yaml,program.yaml} .
expect 0 "the example anew" record -f program.yaml -o perceptron
expect 0 "the example anew" "$regrok" diff "$bundle" perceptron
expect 0 "another seed" record -f program.yaml --set seed=8 -o seed8
expect 1 "another seed" "$regrok" diff "$bundle" seed8
says "another seed" "different: not the same program: config.seed"

# Printed text is not compared, and record says so.
expect 0 "words alone" record --no-input --repeat 2 -o words -- echo 'accuracy 0.9'
says "words alone" "2 runs: ended alike"
says "words alone" "how it ended is all that can be compared"
expect 0 "words alone" "$regrok" show words
says "words alone" "2 runs, which ended alike"

# Personal data in a result is published as it is, and pack names the file.
expect 0 "a home" env HOME=/srv/people/ada "$regrok" record --quiet --no-input -o home -- \
  sh -c 'echo $HOME >a; echo b >b'
expect 0 "a home" env HOME=/srv/people/ada "$regrok" pack home
says "a home" "results/work/b  2 bytes"
says "a home" "your home directory: results/work/a"

# regrok's own trainer, recorded like any other program.
PATH=$(dirname "$regrok"):$PATH
expect 0 "our trainer" record --no-input --repeat 2 -o trainer -- \
  regrok run --preset tiny -o '{out}' --quiet
says "our trainer" "run.json and lock of a run: 2 left out, as always"
says "our trainer" "2 runs: identical"
expect 0 "our trainer" "$regrok" pack trainer
expect 0 "our trainer again" "$regrok" replay trainer.tar.zst --execute
says "our trainer again" "5 checkpoints among them"

# record_script NAME STATUS WORD...: records the script on standard input into the directory NAME,
# and seals it.
record_script() {
  local name=$1 status=$2
  shift 2
  cat >"$name.py"
  expect "$status" "$name" record --input "$name.py" -o "$name" "$@" -- python3 "$name.py"
  cp out said
  expect 0 "$name" "$regrok" pack "$name"
  expect 0 "$name" "$regrok" verify "$name.tar.zst"
  mv said out
}

# A column of times differs, and the run is identical where that column is ignored.
record_script clock 0 --repeat 2 <<'PYTHON'
import time
with open("metrics.csv", "w") as file:
    file.write("step,loss,seconds\n")
    for step in range(5):
        file.write(f"{step},{1 / (step + 1)},{time.time()}\n")
PYTHON
says "a clock" "2 runs differ: seconds from step 0"
expect 5 "a clock again" "$regrok" replay clock.tar.zst --execute
says "a clock again" "within: seconds: as its own repeats did"
expect 0 "a clock, not measured" record --input clock.py -o once -- python3 clock.py
expect 0 "a clock, not measured" "$regrok" pack once
expect 1 "a clock, not measured, again" "$regrok" replay once.tar.zst --execute
says "a clock, not measured, again" "different: seconds at step 0"
echo 'compare: {columns: {seconds: ignore}}' >ignore.yaml
expect 0 "a clock ignored" record -f ignore.yaml --input clock.py --repeat 2 -o ignored -- \
  python3 clock.py
says "a clock ignored" "2 runs: identical"
expect 0 "a clock ignored" "$regrok" pack ignored
expect 0 "a clock ignored, again" "$regrok" replay ignored.tar.zst --execute
says "a clock ignored, again" "identical: 5 rows of 1 column"

# A script with its own module. The module is recorded if it is an input; if it was forgotten, the
# program fails at once.
mkdir own
echo 'answer = 42' >own/model.py
cat >uses.py <<'PYTHON'
from own.model import answer
with open("metrics.csv", "w") as file:
    file.write(f"step,answer\n0,{answer}\n")
PYTHON
expect 6 "a forgotten input" record --input uses.py -o forgot -- python3 uses.py
grep -q "No module named 'own'" forgot/log.txt || die "a forgotten input: the log does not say so"
expect 0 "a module" record --input uses.py --input own -o module -- python3 uses.py
expect 0 "a module" "$regrok" pack module
expect 0 "a module again" "$regrok" replay module.tar.zst --execute

# The script's own path is the same in each repeat, and another in a replay.
record_script path 0 --repeat 2 <<'PYTHON'
import os
with open("where.txt", "w") as file:
    file.write(os.path.abspath(__file__) + "\n")
PYTHON
says "its path" "2 runs: identical"
expect 1 "its path again" "$regrok" replay path.tar.zst --execute
says "its path again" "different: results/work/where.txt, line 1"

# Files in the working directory, in a folder below it, and in {out}. Files that nobody wants are
# left out.
cat >places.py <<'PYTHON'
import os, sys
for path in ["here.txt", "below/it.txt", "__pycache__/x.pyc", sys.argv[1] + "/there.txt"]:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w") as file:
        file.write("x\n")
PYTHON
expect 0 "where it stands" record --input places.py -o places -- python3 places.py '{out}'
(cd places/results && find . -type f | sort) >found
printf '%s\n' ./out/there.txt ./work/below/it.txt ./work/here.txt >wanted
cmp -s found wanted || die "where it stands: $(cat found)"
checks=$((checks + 1))

# A program that fails is recorded with everything it wrote, and can be sealed. A replay fails
# alike.
record_script fails 6 <<'PYTHON'
with open("metrics.csv", "w") as file:
    file.write("step,loss\n0,1.5\n1,nan\n")
raise SystemExit(3)
PYTHON
says "what fails" "ended with 3"
expect 0 "what fails, again" "$regrok" replay fails.tar.zst --execute

record_script killed 6 <<'PYTHON'
import os
with open("left.txt", "w") as file:
    file.write("x\n")
os.kill(os.getpid(), 9)
PYTHON
says "what is killed" "SIGKILL"
exists "what is killed" killed/results/work/left.txt

# A program that never ends has a time limit. What it wrote before stays.
record_script endless 6 --time-limit 2s <<'PYTHON'
import signal, time
signal.signal(signal.SIGTERM, lambda *_: exit(0))
with open("metrics.csv", "w") as file:
    file.write("step,loss\n0,1\n")
while True:
    time.sleep(1)
PYTHON
exists "what never ends" endless/trace/metrics.csv
grep -q '"timeout":true' endless/outcome.json || die "what never ends: $(cat endless/outcome.json)"
checks=$((checks + 1))

# An interrupt of record reaches the program, and what it wrote stays.
cat >waits.py <<'PYTHON'
import time
with open("began.txt", "w") as file:
    file.write("x\n")
try:
    time.sleep(600)
except KeyboardInterrupt:
    with open("metrics.csv", "w") as file:
        file.write("step,loss\n0,1\n")
PYTHON
# A shell ignores SIGINT in background jobs, and Python keeps that.
python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' \
  "$regrok" record --quiet --input waits.py -o waits -- python3 waits.py >out 2>err &
process=$!
for _ in {1..300}; do [ ! -e waits/work/began.txt ] || break; sleep 0.1; done
kill -INT "$process"
status=0
wait "$process" || status=$?
[ "$status" = 130 ] || die "interrupted: status $status: $(cat out err)"
exists "interrupted" waits/results/work/began.txt
grep -q '^0,1$' waits/trace/metrics.csv || die "interrupted: its curves are lost"
expect 0 "interrupted" "$regrok" pack waits

# 40 MB of output pass through; the log keeps the beginning and the end.
cat >floods.py <<'PYTHON'
import sys
for line in range(400_000):
    sys.stdout.write(f"{line:08d} {'x' * 90}\n")
PYTHON
expect 0 "a flood" record --input floods.py -o floods -- python3 floods.py
[ "$(grep -c ' xxx' out)" = 400000 ] || die "a flood: not all of it passed"
[ "$(stat -c %s floods/log.txt)" -lt 17000000 ] ||
  die "a flood: a log of $(stat -c %s floods/log.txt) bytes"
grep -q '^00000000 ' floods/log.txt || die "a flood: its beginning is lost"
grep -q '^00399999 ' floods/log.txt || die "a flood: its end is lost"
checks=$((checks + 4))

# What a program writes has a limit too; what it wrote before stays.
cat >grows.py <<'PYTHON'
import time
with open("big.bin", "wb", buffering=0) as file:
    for _ in range(2000):
        file.write(bytes(1 << 20))
        time.sleep(0.005)
PYTHON
expect 6 "too much output" record --input grows.py --output-limit 40MB -o grows -- python3 grows.py
says "too much output" "it wrote more than 40000000 bytes"
exists "too much output" grows/results/work/big.bin

# Child processes that are left behind are found and ended, also those with their own session.
cat >leaves.py <<'PYTHON'
import os, subprocess, sys
for alone in [False, True]:
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=alone)
    with open("children.txt", "a") as file:
        file.write(f"{child.pid}\n")
PYTHON
expect 0 "children" record --input leaves.py -o leaves -- python3 leaves.py
while read -r child; do
  ! kill -0 "$child" 2>/dev/null || die "children: $child lives on"
  checks=$((checks + 1))
done <leaves/results/work/children.txt

# 10 000 files.
record_script many 0 <<'PYTHON'
import os
for folder in range(100):
    os.mkdir(f"d{folder:02d}")
    for file in range(100):
        with open(f"d{folder:02d}/{file:02d}.txt", "w") as opened:
            opened.write(f"{folder} {file}\n")
PYTHON
says "many files" "10000 results"
expect 0 "many files again" "$regrok" replay many.tar.zst --execute

# Two records into one directory: the first keeps it.
cat >slow.py <<'PYTHON'
import time
open("began.txt", "w").close()
time.sleep(3)
PYTHON
record --input slow.py -o two -- python3 slow.py >/dev/null 2>first-err &
first=$!
for _ in {1..300}; do [ ! -e two/work/began.txt ] || break; sleep 0.1; done
second=0
record --input slow.py -o two -- python3 slow.py >out 2>err || second=$?
[ "$second" = 74 ] || die "two into one: the second ends with $second: $(cat out err)"
wait "$first" || die "two into one: the first: $(cat first-err)"
exists "two into one" two/results/work/began.txt
"$regrok" pack two >/dev/null
expect 64 "into one that is there" record --input slow.py -o two -- python3 slow.py
checks=$((checks + 2))

# A real repository with the usual files causes no complaint.
mkdir repository
(
  cd repository
  git init -q
  printf '__pycache__/\n.venv/\n/runs/\n*.log\n' >.gitignore
  python3 -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' >.python-version
  printf '[project]\nname = "x"\nversion = "1"\n' >pyproject.toml
  printf 'numpy==2.0\n' >requirements.lock
  printf '# x\n' >README.md
  mkdir -p src/x configs .github/workflows
  printf 'lr: 0.1\n' >configs/base.yaml
  printf 'on: push\n' >.github/workflows/ci.yml
  : >src/x/__init__.py
  printf 'print("hello")\nopen("metrics.csv", "w").write("step,x\\n0,1\\n1,2\\n")\n' >train.py
  git add .
  git -c user.name=x -c user.email=x@example.org commit -qm x
  printf 'x\n' >debug.log
)
cd repository
expect 0 "a repository" "$regrok" record -- python3 train.py
! grep -v \
  '^regrok: recording in runs/[0-9a-f]*, attempt 1 of 1$\|^regrok: recording in runs/[0-9a-f]*$' \
  err >words || die "a repository: it says $(cat words)"
says "a repository" "inputs    9, "
run=$(echo runs/*)
expect 0 "a repository" "$regrok" pack "$run"
expect 0 "a repository again" "$regrok" replay "$run.tar.zst" --execute
cd ..

# Results of Lightning's CSVLogger and Hugging Face's Trainer, made by
# Tests/Programs/make_fixtures.py.
fixtures=$root/Tests/Programs/Fixtures
expect 0 "Lightning" "$regrok" record --adopt "$fixtures/lightning" -o lightning
says "Lightning" "curves    9 rows up to step 14, 3 columns compared"
grep -q '^9,1,0.1862659454345703,0.11307259649038315$' lightning/trace/metrics.csv ||
  die "Lightning: the two rows of step 9 are not one"
expect 0 "Hugging Face" "$regrok" record --adopt "$fixtures/hugging-face" --metrics log.jsonl \
  -o hugging-face
says "Hugging Face" "curves    7 rows up to step 15, 13 columns compared"
for run in lightning hugging-face; do
  expect 0 "$run" "$regrok" pack "$run"
  expect 0 "$run" "$regrok" verify "$run.tar.zst"
  expect 4 "$run, which nobody executed" "$regrok" replay "$run.tar.zst" --execute
done

# A bundle's program is executed only when the user asks for it, whatever its records say.
cat >harms.py <<'PYTHON'
import os, sys
if os.path.exists(sys.argv[1]):
    os.remove(sys.argv[1])
PYTHON
: >victim
expect 0 "harm" record --input harms.py -o harms -- python3 harms.py "$work/victim"
expect 0 "harm" "$regrok" pack harms
: >victim
expect 0 "harm" "$regrok" verify harms.tar.zst
expect 0 "harm" "$regrok" show harms.tar.zst
expect 0 "harm" "$regrok" diff harms.tar.zst harms
expect 0 "harm" "$regrok" extract harms.tar.zst -o unpacked
expect 4 "harm" "$regrok" replay harms.tar.zst
expect 0 "harm" "$regrok" report harms.tar.zst -o harms.html
exists "harm" victim

left=$(find "$TMPDIR" -mindepth 1 | head -3)
[ -z "$left" ] || die "left behind: $left"
echo "programs: $checks checks passed in $SECONDS s"
