#!/usr/bin/env python3
"""Times the page on the paper's base run.

It measures the steps a second of its two programs and of the native one, on one thread and in
turns; and in Chromium the time to the first point of a curve, the memory, and the time to the end.

    bench_page.py REGROK PAGE.html [--rounds N] [--whole]

With --whole, Chromium performs the whole run.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "Tests/Page"))
from agree import programs  # noqa: E402
from browser import Browser  # noqa: E402

BASE = ROOT / "bundles/golden/base.tar.zst"
# How many of the run's first steps each takes, including the evaluations of logged steps.
STEPS = {"native": 801, "relaxed": 401, "exact": 41}


def native(regrok, folder):
    out = Path(folder) / "run"
    words = [regrok, "run", "--preset", "modular-addition", "--set", f"max_steps={STEPS['native']}",
             "--set", "checkpoint_interval=0", "--threads", "1", "--quiet", "-o", str(out)]
    began = time.monotonic()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    subprocess.run(["rm", "-r", str(out)], check=True)
    return STEPS["native"] / took


def in_node(program, kind):
    flags = ["--experimental-wasm-relaxed-simd"]
    if subprocess.run(["node", *flags, "-e", "0"], stderr=subprocess.DEVNULL).returncode:
        flags = []
    done = subprocess.run(
        ["node", *flags, ROOT / "Tests/Page/perform.mjs", ROOT / "Sources/page/core.js", program,
         "--steps", str(STEPS[kind]), BASE], check=True, stdout=subprocess.PIPE)
    answer = json.loads(done.stdout)
    if (answer.get("trap") or answer["replay"]["steps"] != STEPS[kind]
            or answer["replay"]["verdict"] != "identical"):
        raise SystemExit(f"bench_page.py: {kind}: {answer}")
    return STEPS[kind] / answer["seconds"]


def memory(process):
    """MiB of a process and of all below it; shared pages are counted once."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
            parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
        except OSError:
            continue
    total, left = 0, [process]
    while left:
        one = left.pop()
        left += parents.get(one, [])
        try:
            total += int(re.search(r"^Pss: +(\d+)", Path(f"/proc/{one}/smaps_rollup").read_text(),
                                   re.M)[1])
        except (OSError, TypeError):
            continue
    return total / 1024


def in_browser(page, whole):
    with Browser() as browser:
        browser.open(page.as_uri())
        browser.settle()
        empty = memory(browser.process)
        began = time.monotonic()
        browser.files("#file", str(BASE))
        browser.wait("page.pictures && page.pictures[0] && page.pictures[0].values[0].size > 0", 60)
        first = time.monotonic() - began
        time.sleep(5)
        most = memory(browser.process) - empty
        print(f"Chromium: first point of a curve {first:.2f} s after the drop; "
              f"{most:.0f} MiB more than the empty page")
        if whole:
            browser.wait("!['opening', 'running'].includes(document.body.dataset.state)", 900)
            took = time.monotonic() - began
            state = browser.evaluate("document.body.dataset.state")
            print(f"Chromium: the whole run is {state} after {took:.1f} s, "
                  "one segment on one thread")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("regrok")
    parser.add_argument("page")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        exact, relaxed = programs(options.page, folder)
        rates = {"native": [], "relaxed": [], "exact": []}
        for _ in range(options.rounds):
            rates["native"].append(native(options.regrok, folder))
            rates["relaxed"].append(in_node(relaxed, "relaxed"))
            rates["exact"].append(in_node(exact, "exact"))
    best = {kind: max(values) for kind, values in rates.items()}
    print("steps a second of the base run on one thread, the best of", options.rounds,
          "rounds in turns")
    for kind, rate in best.items():
        print(f"  {kind:8} {rate:6.1f}   {best['native'] / rate:5.1f} times as long as the native "
              "program".replace("   1.0 times as long as the native program", ""))
    in_browser(Path(options.page).resolve(), options.whole)


main()
