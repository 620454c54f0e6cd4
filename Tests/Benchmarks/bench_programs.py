#!/usr/bin/env python3
"""Times what `record` costs a program, and pack and verify of opaque files against tar, zstd and
sha256sum. Run by `make bench-programs`.

    bench_programs.py REGROK [--seconds 60] [--megabytes 2000] [--rounds 3]

For `record`, processor seconds are counted, its own and its children's, so that a busy machine does
not matter; wall time is printed too. Compared commands run in turns. Needs GNU tar, zstd,
sha256sum, and disk space for four times the megabytes.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from bench_bundles import Cost, in_turns

# Works for the given number of processor seconds and writes rows meanwhile. At the end it writes
# how many processor seconds and how much time it took.
PROGRAM = """
import json, sys, time
began = time.perf_counter()
x, step = 0.5, 0
with open("metrics.csv", "w", buffering=1) as file:
    file.write("step,x\\n")
    while time.process_time() < float(sys.argv[1]):
        for _ in range(400000):
            x = 3.9 * x * (1 - x)
        file.write(f"{step},{x}\\n")
        step += 1
json.dump([time.process_time(), time.perf_counter() - began], open(sys.argv[2], "w"))
"""


def overhead(regrok, seconds):
    pathlib.Path("program.py").write_text(PROGRAM)
    used = pathlib.Path("used.json").absolute()
    began = time.perf_counter()
    process = subprocess.Popen(
        [regrok, "record", "--quiet", "--input", "program.py", "-o", "run", "--", sys.executable,
         "program.py", str(seconds), used], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit("bench_programs: record failed")
    theirs, their_wall = json.loads(used.read_text())
    ours = usage.ru_utime + usage.ru_stime - theirs
    print(f"record of a program of {theirs:.1f} s: {ours:.3f} processor seconds more, "
          f"{100 * ours / theirs:.2f} %; {wall - their_wall:.2f} s of {wall:.1f} s wall, "
          f"{100 * (wall - their_wall) / wall:.2f} %", flush=True)


def opaque(regrok, megabytes, rounds):
    """Files of which half is noise, like weights: 20 large ones and 1000 small ones."""
    source = random.Random(1)
    folder = pathlib.Path("opaque")
    folder.mkdir()
    for index in range(20):
        with open(folder / f"large-{index}.bin", "wb") as file:
            for _ in range(megabytes // 20):
                block = bytearray(1 << 20)
                block[::2] = source.randbytes(1 << 19)
                file.write(block)
    for index in range(1000):
        (folder / f"small-{index}.txt").write_text(f"{source.random()}\n" * 20)
    subprocess.run([regrok, "record", "--adopt", folder, "-o", "adopted"], check=True,
                   stdout=subprocess.DEVNULL)
    files = [str(file) for file in sorted(pathlib.Path("adopted/results").rglob("*"))
             if file.is_file()]
    payload = sum(os.path.getsize(file) for file in files)
    print(f"pack of {payload / 1e9:.2f} GB in {len(files)} files")

    def pack():
        pathlib.Path("x.tar.zst").unlink(missing_ok=True)
        return Cost([regrok, "pack", "adopted", "-o", "x.tar.zst"])

    in_turns(
        rounds, pack=pack,
        tar_zstd_T2=lambda: Cost(["sh", "-c", "tar -cf - adopted | zstd -6 -T2 -q -f -o peer.zst"]))
    ours, theirs = (os.path.getsize(file) for file in ("x.tar.zst", "peer.zst"))
    print(f"  {ours} bytes; tar | zstd -6 -T2 {theirs}")
    print("verify, on all cores")
    in_turns(
        rounds, verify=lambda: Cost([regrok, "verify", "x.tar.zst"]),
        sha256sum=lambda: Cost(["sha256sum", *files]),
        zstd_test=lambda: Cost(["zstd", "-q", "-t", "x.tar.zst"]))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("regrok")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    regrok = os.path.abspath(arguments.regrok)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        overhead(regrok, arguments.seconds)
        opaque(regrok, arguments.megabytes, arguments.rounds)


if __name__ == "__main__":
    main()
