"""Recomputes the first steps of a regrok run from its config.json alone and compares every logged
row of metrics.csv and hashes.csv as text, and every checkpoint bit for bit.

    recompute.py RUN_DIR [--steps 21]

Exit status: 0 identical, 1 different.
"""

import argparse
import json
import pathlib
import struct
import sys
import time

import numpy as np

from numerics import shortest_decimal
from training import Run


def rows_by_step(path):
    lines = path.read_text().splitlines()
    return {int(line.split(",")[0]): line for line in lines[1:]}


def tensors_of(path):
    """The binary32 tensors of a safetensors file."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    body = content[8 + length:]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
        for name, entry in json.loads(content[8:8 + length]).items() if name != "__metadata__"}


def compare(what, found, expected, differences):
    if found != expected:
        differences.append(f"{what}:\n  recomputed {found}\n  recorded   {expected}")


def compare_checkpoint(path, run, differences):
    recorded = tensors_of(path)
    parameters, state = run.tensors()
    recomputed = {**parameters, **state}
    compare(f"tensors of {path.name}", sorted(recomputed), sorted(recorded), differences)
    for name in recomputed:
        if name not in recorded:
            continue
        mine = np.ascontiguousarray(recomputed[name], "<f4").view(np.uint32).reshape(-1)
        theirs = np.ascontiguousarray(recorded[name]).view(np.uint32).reshape(-1)
        if mine.shape != theirs.shape:
            differences.append(f"{path.name}: {name} has another shape")
        elif (unequal := np.nonzero(mine != theirs)[0]).size:
            at = unequal[0]
            differences.append(
                f"{path.name}: {name}: {unequal.size} of {mine.size} elements differ, the first "
                f"at {at}: recomputed {mine[at]:08x}, recorded {theirs[at]:08x}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run_directory", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=21, help="how many (default 21)")
    arguments = parser.parse_args()
    folder, began = arguments.run_directory, time.monotonic()

    config = json.loads((folder / "config.json").read_text())
    metrics = rows_by_step(folder / "trace" / "metrics.csv")
    hashes = rows_by_step(folder / "trace" / "hashes.csv")
    differences, rows, checkpoints = [], 0, 0
    run = Run(config)
    outcome = folder / "outcome.json"
    if outcome.exists():
        recorded = json.loads(outcome.read_text())["v_initial"]
        compare("v_initial", shortest_decimal(run.squared_norm()), shortest_decimal(recorded),
                differences)
    last = min(arguments.steps - 1, max(hashes))
    while run.step < last and not differences:
        run.advance()
        step = run.step
        checkpoint = folder / "checkpoints" / f"step-{step:08d}.safetensors"
        if checkpoint.exists():
            compare_checkpoint(checkpoint, run, differences)
            checkpoints += 1
        if step in hashes:
            compare("hashes.csv", run.hashes_row(), hashes[step], differences)
            compare("metrics.csv", run.metrics_row(), metrics[step], differences)
            rows += 1
    for difference in differences:
        print(difference)
    print(f"{'different' if differences else 'identical'}: {run.step + 1} steps, {rows} rows of "
          f"metrics and hashes, {checkpoints} checkpoints, {time.monotonic() - began:.1f} s")
    return 1 if differences or not rows else 0


if __name__ == "__main__":
    sys.exit(main())
