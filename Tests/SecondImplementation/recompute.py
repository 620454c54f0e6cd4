"""Performs a regrok run again from its config.json alone and compares all results byte for byte:
config, outcome, both traces and every checkpoint, including those that a thin bundle leaves out.

    recompute.py DIRECTORY [--steps N [--states]] [--rejected N]

DIRECTORY is an extracted bundle's `data`, or a run directory. A run directory has no list of
digests, so it must have every file that a run keeps. With --steps, only the first N steps are
performed; then rows and checkpoints are compared, but no outcome. With --states, the slow metrics
are left out, too.

With --rejected, another number of rejected words (SPEC.md 1.6) is also a difference.

Exit status: 0 identical, 1 different.
"""

import argparse
import hashlib
import json
import pathlib
import sys
import time

import numpy as np

from numerics import Stream
from record import Record

np.seterr(all="ignore")  # A run may diverge.


def recorded_digests(folder):
    """The digest of every result by its path, in the order of the list if there is one."""
    if (folder / "expected-sha256.txt").exists():
        lines = (folder / "expected-sha256.txt").read_text().splitlines()
        return {path: digest for digest, path in (line.split("  ") for line in lines)}
    paths = ["config.json", "outcome.json", "trace/metrics.csv", "trace/hashes.csv"]
    paths += sorted(f"checkpoints/{path.name}" for path in (folder / "checkpoints").glob("*"))
    return {path: hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in paths}


def explain(path, found, folder):
    """Where a result differs from the one in the folder."""
    if not (folder / path).exists():
        return f"{path}: its digest differs"
    recorded = (folder / path).read_bytes()
    if path.endswith(".safetensors"):
        return f"{path}: {explain_tensors(found, recorded)}"
    pairs = zip(found.decode().splitlines(), recorded.decode().splitlines())
    for line, (mine, theirs) in enumerate(pairs, 1):
        if mine != theirs:
            return f"{path}:{line}:\n  recomputed {mine}\n  recorded   {theirs}"
    return f"{path}: {len(found)} bytes, and {len(recorded)} are recorded"


def explain_tensors(found, recorded):
    def tensors(content):
        end = 8 + int.from_bytes(content[:8], "little")
        return {
            name: np.frombuffer(content[end:][slice(*entry["data_offsets"])], "<u4")
            for name, entry in json.loads(content[8:end]).items() if name != "__metadata__"}

    mine, theirs = tensors(found), tensors(recorded)
    for name in mine:
        if name not in theirs or mine[name].shape != theirs[name].shape:
            return f"{name} is missing or has another shape"
        unequal = np.nonzero(mine[name] != theirs[name])[0]
        if unequal.size:
            at = unequal[0]
            return (f"{name}: {unequal.size} of {mine[name].size} elements differ, "
                    f"the first at {at}: "
                    f"recomputed {mine[name][at]:08x}, recorded {theirs[name][at]:08x}")
    return "only the header differs"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--steps", type=int, help="how many (default: the whole run)")
    parser.add_argument("--rejected", type=int, help="demand so many rejected words")
    parser.add_argument("--states", action="store_true", help="no metrics")
    arguments = parser.parse_args()
    if arguments.states and arguments.steps is None:
        parser.error("--states needs --steps: without metrics nobody knows where the run ends")
    folder, began = arguments.directory, time.monotonic()

    config = json.loads((folder / "config.json").read_text())
    record = Record(config, measures=not arguments.states)
    if arguments.steps is None:
        record.perform()
    else:
        record.perform(last=arguments.steps - 1)
    found, recorded = record.files(), recorded_digests(folder)
    if arguments.steps is None:
        differences = [] if list(found) == list(recorded) else [
            f"its results are {list(found)}, and {list(recorded)} are recorded"]
    else:
        differences = []
        del found["outcome.json"]
        for path in ("trace/metrics.csv", "trace/hashes.csv"):
            if not (folder / path).read_bytes().startswith(found[path]):
                differences.append(explain(path, found.pop(path), folder))
            found.pop(path, None)
    for path, content in found.items():
        if hashlib.sha256(content).hexdigest() != recorded.get(path):
            differences.append(explain(path, content, folder))
    if arguments.rejected not in (None, Stream.rejected):
        differences.append(f"{Stream.rejected} words were rejected, not {arguments.rejected}")
    for difference in differences:
        print(difference)
    print(f"{'different' if differences else 'identical'}: {record.run.step + 1} steps, "
          f"{len(record.metrics)} rows of metrics, {len(record.hashes)} of hashes, "
          f"{len(record.checkpoints)} checkpoints, "
          f"{record.stop_reason or 'not to its end'}, {time.monotonic() - began:.1f} s")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
