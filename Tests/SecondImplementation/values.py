"""SPEC.md, section 1.14: computes the intermediate values and compares them with the text, line by
line. Also checks the known answers of 1.6.

    values.py SPEC.md FOLDER

FOLDER has the extracted bundles by name. Exit status: 0 if the lines are the same, 1 if not.
"""

import json
import pathlib
import re
import sys

import numpy as np

from numerics import Stream, philox, shortest_decimal
from training import Run, digest


def spelled(values):
    """Words as they are, binary32 values by their bits, as eight hexadecimal digits each."""
    words = values if values.dtype == np.uint32 else np.ascontiguousarray(values).view(np.uint32)
    return " ".join(f"{word:08x}" for word in words)


def numbers(values):
    return " ".join(map(str, values))


def streams(seed):
    for purpose, index in ((1, 0), (2, 0), (3, 0), (4, 0)):
        yield f"words of ({purpose}, {index}): {spelled(Stream(seed, purpose, index).words(6))}"
    yield f"normals of (1, 0): {spelled(Stream(seed, 1, 0).normals(4))}"


def batch(run):
    """The places of the batch of step 0."""
    stream = Stream(run.examples.seed, Stream.BATCH, 0)
    count = len(run.examples.training[1])
    return [stream.below(count) for _ in range(run.examples.batch)]


def first_step(run):
    """The state before and after step 0, which it takes."""
    yield f"V before the first update: {shortest_decimal(run.squared_norm())}"
    yield f"initial parameters: {digest(run.model.parameters.values())}"
    yield f"loss of batch 0: {shortest_decimal(run.advance())}"
    yield f"gradient of batch 0: {digest(run.gradient[name] for name in run.model.parameters)}"
    yield f"parameters after step 0: {run.hashes()[0]}"
    yield f"optimizer after step 0: {run.hashes()[1]}"


def tensors(run):
    """The same for each tensor: initial values, gradient, values after step 0, which it takes."""
    initial = {name: np.array(value) for name, value in run.model.parameters.items()}
    yield from first_step(run)
    for name, value in run.model.parameters.items():
        digests = (digest([of])[:16] for of in (initial[name], run.gradient[name], value))
        yield f"{name}: {' '.join(digests)}"


def tiny(run):
    inputs, labels = run.examples.training
    pairs = ", ".join(f"{a} {b}" for a, b in inputs[:6])
    yield f"training pairs 0 to 5: {pairs}"
    yield f"places of batch 0: {numbers(batch(run))}"
    logits = run.model._forward(inputs[:1]).logits[0]
    yield f"logits of training pair 0: {spelled(logits)}"
    yield from tensors(run)


def parity(run):
    inputs, _ = run.examples.training
    samples = " ".join("".join(str(int(bit)) for bit in sample) for sample in inputs[:4])
    yield f"training samples 0 to 3: {samples}"
    yield f"places of batch 0: {numbers(batch(run))}"
    yield from tensors(run)


def base(run):
    inputs, _ = run.examples.training
    pairs = ", ".join(f"{a} {b}" for a, b in inputs[:6])
    yield f"training pairs 0 to 5: {pairs}"
    yield f"places 0 to 7 of batch 0: {numbers(batch(run)[:8])}"
    yield from first_step(run)


def computed(folder):
    yield from streams(42)
    for name, lines in (("tiny-addition-adamw", tiny), ("tiny-parity-sgd", parity), ("base", base)):
        config = json.loads((folder / name / "data" / "config.json").read_text())
        yield from lines(Run(config))


def written(text):
    """The lines of the section's indented blocks."""
    section = text.split("\n## 1.14 ")[1].split("\n# ")[0].split("\n## ")[0]
    return [line[4:] for line in section.splitlines() if line.startswith("    ")]


def known_answers(text):
    """The number of known answers in 1.6; exits with an error if one is not reproduced."""
    section = text.split("\n## 1.6 ")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ((?:[0-9a-f]{8} ){4})\| ((?:[0-9a-f]{8} ){2})\| (.{35}) \|$", section,
                      re.M)
    for counter, key, block in rows:
        words = [[int(word, 16) for word in part.split()] for part in (counter, key)]
        if spelled(philox(*words)) != block:
            sys.exit(f"1.6: the block of {counter}is {spelled(philox(*words))}, not {block}")
    return len(rows)


def main():
    specification, folder = map(pathlib.Path, sys.argv[1:])
    if (known := known_answers(specification.read_text())) != 3:
        sys.exit(f"1.6 has {known} known answers of Philox, not 3")
    text, ours = written(specification.read_text()), list(computed(folder))
    for line in ours:
        if line not in text:
            print(f"not in {specification.name} 1.14: {line}")
    for line in text:
        if line not in ours:
            print(f"only in {specification.name} 1.14: {line}")
    if text != ours:
        sys.exit("1.14 differs")
    print(f"{specification.name} 1.14: all {len(ours)} lines")


if __name__ == "__main__":
    main()
