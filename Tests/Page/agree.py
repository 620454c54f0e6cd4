#!/usr/bin/env python3
"""Checks that the page's program says of bundles what the native one says.

    agree.py REGROK PAGE.html|PROGRAM.wasm [--every N] [--steps N]

From a page it takes the program that needs no relaxed SIMD.

The bundles are every Nth of the damaged and forged bundles of Tests/Hostile, and every golden
bundle. Seal, reason, member and message must be those of `verify --json`; for golden bundles also
the verdict of `replay --json`, or with --steps the first steps. Bundles that only the second
reading of the archive, by libarchive, refuses are not compared, but counted.
"""

import argparse
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Hostile"))
import bundles  # noqa: E402
from forge import GOLDEN  # noqa: E402

KEYS = ["sound", "reason", "member", "message", "agent", "bundle_sha256", "checkpoints",
        "file_bytes", "kind", "members", "payload_bytes", "result_sha256", "run", "signed", "thin"]
# Their numbers do not fit into the page's integers of 32 bits. They are refused for the same
# reason, but in other words.
WIDE = {"content size 2^62", "size of 8 GiB", "config: 10^12 steps",
        "config: a log interval of 10^12", "checkpoint: a shape that overflows",
        "checkpoint: offsets beyond the file"}


def native(regrok, *arguments):
    done = subprocess.run([regrok, *arguments, "--json"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL)
    return json.loads(done.stdout.decode().splitlines()[-1])


def page(program, paths, *options):
    script = HERE.parent.parent / "Sources/page/core.js"
    node = ["node", *os.environ.get("NODE_FLAGS", "").split()]
    done = subprocess.run([*node, HERE / "perform.mjs", script, program, *options, *paths],
                          stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def programs(page, folder):
    """Writes a page's two programs to files: the exact one, and the one for relaxed SIMD."""
    text = Path(page).read_text()
    pattern = r'id="programs" data-sizes="([0-9]+) [0-9]+"[^>]*>([^<]*)<'
    size, packed = re.search(pattern, text).groups()
    unpacked = subprocess.run(["zstd", "-dcq", "--long=24"], input=base64.b64decode(packed),
                              stdout=subprocess.PIPE, check=True).stdout
    paths = [Path(folder) / f"{name}.wasm" for name in ("exact", "relaxed")]
    for path, content in zip(paths, (unpacked[:int(size)], unpacked[int(size):])):
        path.write_bytes(content)
    return paths


def differences(native, page, path, name):
    """The keys in which two answers differ. A native message begins with the path."""
    def value(answer, key):
        found = answer.get(key)
        return found.removeprefix(f"{path}: ") if key == "message" and found else found

    return [f"{key}: {value(page, key)!r}, natively {value(native, key)!r}" for key in KEYS
            if not (key == "message" and name in WIDE) and value(native, key) != value(page, key)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("regrok")
    parser.add_argument("program")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--steps", type=int)
    options = parser.parse_args()
    faults, second = [], 0
    with tempfile.TemporaryDirectory() as folder:
        program = options.program
        if program.endswith(".html"):
            program = programs(program, folder)[0]
        files = {}
        for place, (name, content, _) in enumerate(bundles.damaged()):
            if place % options.every == 0:
                files[f"{folder}/{place}.tar.zst"] = name
                Path(f"{folder}/{place}.tar.zst").write_bytes(content)
        hostile = page(program, list(files), "--steps", "0")
        for answer in hostile:
            path = answer["path"]
            expected = native(options.regrok, "verify", path)
            if "libarchive" in (expected.get("message") or ""):
                second += 1
                continue
            if "trap" in answer:
                faults.append(
                    f"{files[path]}: {answer['trap']}, natively {expected.get('message')}")
                continue
            faults += [f"{files[path]}: {fault}" for fault in differences(
                expected, answer["answer"], path, files[path])]
        golden = sorted(map(str, GOLDEN.glob("*.tar.zst")))
        few = [] if options.steps is None else ["--steps", str(options.steps)]
        performed = page(program, golden, *few)
        for answer in performed:
            path = answer["path"]
            if "trap" in answer:
                faults.append(f"{path}: {answer['trap']}")
                continue
            faults += [f"{path}: {fault}" for fault in differences(
                native(options.regrok, "verify", path), answer["answer"], path, None)]
            found = answer["replay"]
            if found is None:
                continue
            if found["verdict"] != "identical":
                faults.append(f"{path}: {found}")
            if options.steps is None:
                expected = native(options.regrok, "replay", path)
                pairs = {"verdict": "verdict", "rows_compared": "rows",
                         "checkpoints_compared": "checkpoints", "steps_executed": "steps"}
                faults += [f"{path}: {theirs} {found[ours]}, natively {expected[theirs]}"
                           for theirs, ours in pairs.items() if expected[theirs] != found[ours]]
    print(f"{len(hostile) - second} damaged and {len(performed)} golden bundles: the same as "
          f"natively, but for {len(faults)}; {second} that only libarchive refuses")
    for fault in faults:
        print(" ", fault)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
