#!/usr/bin/env python3
"""Times sweeps of 2000 and of 20 000 tiny cells, and compares them with the estimates and, if one
is given, with another build.

    bench_sweeps.py REGROK [OTHER_REGROK]
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

PLAN = """preset: tiny
set: {{checkpoint_interval: 0, max_steps: 50}}
experiments:
  - {{name: many, seeds: 1..{count}}}
"""


def most_files(process, found, done):
    """Sets `found[0]` to the largest number of files that the process has open, until `done`."""
    while not done.wait(0.05):
        try:
            found[0] = max(found[0], len(os.listdir(f"/proc/{process.pid}/fd")))
        except OSError:
            return


def sweep(regrok, count, jobs):
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        plan = pathlib.Path(folder) / "plan.yaml"
        plan.write_text(PLAN.format(count=count))
        words = [regrok, "sweep", str(plan), "-o", folder + "/out", "--jobs", str(jobs)]
        dry = subprocess.run([*words, "--dry-run", "--json"], check=True, capture_output=True)
        estimate = json.loads(dry.stdout)["worker_seconds"] / jobs
        start = time.monotonic()
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found, done = [0], threading.Event()
        watcher = threading.Thread(target=most_files, args=(process, found, done))
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        done.set()
        watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"bench_sweeps: {regrok} ended with {process.returncode}")
        sealed = len(list(pathlib.Path(folder, "out").glob("*.tar.zst")))
        if sealed != count:
            sys.exit(f"bench_sweeps: {sealed} cells of {count}")
    print(f"{count} cells: {seconds:.1f} s, {1000 * seconds / count:.2f} ms each; "
          f"estimated {estimate:.1f} s ({100 * (estimate / seconds - 1):+.0f} %); "
          f"{usage.ru_maxrss / 1024:.0f} MiB, {found[0]} files open at most", flush=True)
    return seconds


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    jobs = min(256, len(os.sched_getaffinity(0)))
    ours = sweep(sys.argv[1], 2000, jobs)
    if len(sys.argv) == 3:
        print("the other: ", end="")
        other = sweep(sys.argv[2], 2000, jobs)
        print(f"the other takes {other / ours:.1f} times as long")
    sweep(sys.argv[1], 20_000, jobs)


if __name__ == "__main__":
    main()
