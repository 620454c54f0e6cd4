#!/usr/bin/env python3
"""Times pack, verify, replay, show, diff and extract against tar, zstd and sha256sum. Run by
`make bench-bundles`.

    bench_bundles.py REGROK [--megabytes 2000] [--rounds 5]

The machine's speed drifts, so compared commands run in turns, A B A B .... A ratio is the median
over rounds of the ratio within a round. Everything is read from the page cache. Needs GNU tar,
zstd, sha256sum, taskset, and disk space for twice the megabytes.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

# The paper's base run with a checkpoint at every step.
DENSE = ["--preset", "modular-addition", "--set", "log_interval=1", "--set",
         "checkpoint_interval=1"]
CHECKPOINT_MEGABYTES = 2.685

# hashlib takes its digests from OpenSSL, which uses the processor's SHA instructions; sha256sum may
# not.
DIGEST = """
import hashlib, sys
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        hashlib.file_digest(file, "sha256")
"""


class Cost:
    """Seconds of a command, and its largest resident memory in megabytes."""

    def __init__(self, command, statuses=(0,), **options):
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds = time.perf_counter() - began
        self.megabytes = usage.ru_maxrss / 1024
        if (code := os.waitstatus_to_exitcode(status)) not in statuses:
            sys.exit(f"bench_bundles: {command} ended with {code}")


def in_turns(rounds, **commands):
    """Prints the medians of commands, and the first's ratio to each other within the rounds."""
    seconds = {name: [] for name in commands}
    for _ in range(rounds):
        for name, perform in commands.items():
            seconds[name].append(perform().seconds)
    first, *others = seconds
    for name, values in seconds.items():
        print(f"  {name.replace('_', ' '):34}{statistics.median(values):8.3f} s"
              f"   ({min(values):.3f}-{max(values):.3f})", flush=True)
    for name in others:
        ratio = statistics.median(b / a for a, b in zip(seconds[first], seconds[name]))
        print(f"  {name.replace('_', ' ')} takes {ratio:.2f} times as long as "
              f"{first.replace('_', ' ')}")
    return {name: statistics.median(values) for name, values in seconds.items()}


def size(path):
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("regrok")
    parser.add_argument("--megabytes", type=int, default=2000,
                        help="checkpoints of the large bundle")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    regrok = os.path.abspath(arguments.regrok)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        here = pathlib.Path(folder)

        def perform(name, *options):
            subprocess.run([regrok, "run", *options, "-o", name, "--quiet"], check=True,
                           stdout=subprocess.DEVNULL)

        perform("dense", *DENSE, "--set", "max_steps=100")
        payload = size(here / "dense")
        print(f"pack at its default level (6), {payload / 1e6:.0f} MB")

        def pack():
            pathlib.Path("dense.tar.zst").unlink(missing_ok=True)
            return Cost([regrok, "pack", "dense", "-o", "dense.tar.zst"])

        in_turns(
            arguments.rounds, pack=pack,
            tar_zstd_T2=lambda: Cost(
                ["sh", "-c", "tar -cf - dense | zstd -6 -T2 -q -f -o peer.zst"]))
        ours, theirs = (os.path.getsize(file) for file in ("dense.tar.zst", "peer.zst"))
        print(f"  {ours} bytes; tar | zstd -6 -T2 {theirs}, {theirs / ours:.4f} times as many")

        subprocess.run([regrok, "extract", "dense.tar.zst", "-o", "tree"], check=True,
                       stdout=subprocess.DEVNULL)
        data = next(pathlib.Path("tree").glob("*/data"), pathlib.Path("tree/data"))
        files = [str(file) for file in sorted(data.rglob("*")) if file.is_file()]
        payload = sum(os.path.getsize(file) for file in files)
        print(f"\nverify, {payload / 1e6:.0f} MB of payload, one core")
        core = ["taskset", "-c", "0"]
        medians = in_turns(
            arguments.rounds,
            verify=lambda: Cost([*core, regrok, "verify", "dense.tar.zst"]),
            OpenSSL_sha256_of_the_payload=lambda: Cost(
                [*core, sys.executable, "-c", DIGEST, *files]),
            zstd_test=lambda: Cost([*core, "zstd", "-q", "-t", "dense.tar.zst"]),
            sha256sum_of_the_payload=lambda: Cost([*core, "sha256sum", *files]),
            zstd_test_and_sha256sum=lambda: Cost(
                [*core, "sh", "-c", "zstd -q -t dense.tar.zst && sha256sum dense.tar.zst \"$@\"",
                 "sh", *files]))
        print("  verify: {:.2f} GB/s of payload, OpenSSL's digest alone {:.2f}, "
              "zstd alone {:.2f}".format(
                  *(payload / 1e9 / seconds for seconds in list(medians.values())[:3])))
        least = 3 * medians["OpenSSL_sha256_of_the_payload"] + medians["zstd_test"]
        print(f"  three such digests and zstd: {least:.3f} s, {payload / 1e9 / least:.2f} GB/s")
        both = statistics.median(
            Cost([regrok, "verify", "dense.tar.zst"]).seconds for _ in range(arguments.rounds))
        print(f"  on all cores {payload / 1e9 / both:.2f} GB/s")
        shutil.rmtree("tree")

        print("\nreplay of the paper's base run with its checkpoints")
        perform("base", "--preset", "modular-addition")
        subprocess.run([regrok, "pack", "base", "-o", "base.tar.zst"], check=True,
                       stdout=subprocess.DEVNULL)
        in_turns(
            arguments.rounds,
            jobs_2=lambda: Cost([regrok, "replay", "base.tar.zst", "--jobs", "2"]),
            jobs_1=lambda: Cost([regrok, "replay", "base.tar.zst", "--jobs", "1"]))

        steps = int(arguments.megabytes / CHECKPOINT_MEGABYTES)
        for name, seed in [("large", "42"), ("other", "43")]:
            perform(name, *DENSE, "--set", f"max_steps={steps}", "--set", f"seed={seed}")
            payload = size(here / name)
            subprocess.run([regrok, "pack", name, "-o", f"{name}.tar.zst", "--level", "1"],
                           check=True, stdout=subprocess.DEVNULL)
            shutil.rmtree(name)
        print(f"\na bundle with {steps} checkpoints, {payload / 1e9:.2f} GB, "
              "and another with another seed")
        member = f"data/checkpoints/step-{steps // 2:08d}.safetensors"
        for name, command, statuses in [
            ("show", ["show", "large.tar.zst"], [0]),
            ("diff", ["diff", "large.tar.zst", "other.tar.zst"], [1]),
            ("diff with itself", ["diff", "large.tar.zst", "large.tar.zst"], [0]),
            ("extract a checkpoint", ["extract", "large.tar.zst", "-o", "one", member], [0]),
        ]:
            costs = []
            for _ in range(arguments.rounds):
                shutil.rmtree("one", ignore_errors=True)
                costs.append(Cost([regrok, *command], statuses))
            print(f"  {name:34}{statistics.median(cost.seconds for cost in costs):8.3f} s   "
                  f"{max(cost.megabytes for cost in costs):.0f} MB")


if __name__ == "__main__":
    main()
