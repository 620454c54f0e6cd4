"""SPEC.md, section 1.7: the examples of a run, and which of them a step sees."""

import itertools
import math

import numpy as np

from numerics import Stream, f32

# Labels of pairs before they are taken modulo p, by the task or its operation. `x/y` is handled
# separately.
NAMED_TASKS = {
    "modular-addition": lambda x, y: x + y,
    "modular-multiplication": lambda x, y: x * y,
}
OPERATIONS = {
    "x-y": lambda x, y: x - y,
    "x^2+y^2": lambda x, y: x**2 + y**2,
    "x^2+xy+y^2": lambda x, y: x**2 + x * y + y**2,
    "x^2+xy+y^2+x": lambda x, y: x**2 + x * y + y**2 + x,
    "x^3+xy": lambda x, y: x**3 + x * y,
    "x^3+xy^2+y": lambda x, y: x**3 + x * y**2 + y,
}


def tokens(task):
    """V, the number of tokens: each of a pair is one of them (1.7, 1.8)."""
    return math.factorial(task["degree"]) if task["name"] == "permutations" else task["modulus"]


def modular_pairs(task):
    """All pairs [count, 2] of a task modulo p, in the order of their numbers, and their labels
    [count] (1.7)."""
    p = task["modulus"]
    is_quotient = task["name"] not in NAMED_TASKS and task["operation"] == "x/y"
    columns = p - 1 if is_quotient else p
    x, y = np.divmod(np.arange(p * columns), columns)
    if is_quotient:
        y = y + 1
        inverse = np.array([0] + [pow(number, -1, p) for number in range(1, p)])
        labels = x * inverse[y]
    else:
        label = NAMED_TASKS.get(task["name"]) or OPERATIONS[task["operation"]]
        labels = label(x, y)
    return np.stack([x, y], axis=1), labels % p


def permutation_pairs(task):
    """All pairs [count, 2] of numbers of permutations, and their labels [count] (1.7)."""
    images = list(itertools.permutations(range(task["degree"])))  # in lexicographic order
    number = {image: index for index, image in enumerate(images)}

    def after(x, y):
        """x∘y: y acts first."""
        return tuple(x[image] for image in y)

    def inverse(x):
        return tuple(sorted(range(len(x)), key=x.__getitem__))

    label = {
        "xy": after,
        "xyx^-1": lambda x, y: after(after(x, y), inverse(x)),
        "xyx": lambda x, y: after(after(x, y), x),
    }[task["operation"]]
    labels = [number[label(x, y)] for x in images for y in images]
    x, y = np.divmod(np.arange(len(images)**2), len(images))
    return np.stack([x, y], axis=1), np.array(labels)


PAIRS = {
    "modular-addition": modular_pairs, "modular-multiplication": modular_pairs,
    "modular-operation": modular_pairs, "permutations": permutation_pairs}


class Examples:
    """Training and validation sets: `inputs` [N, 2] token numbers or [N, n] bits, `labels` [N]."""

    def __init__(self, config):
        self.seed = int(config["seed"])
        self.batch = config["batch"]
        sampling = config.get("sampling", "with-replacement")
        self.is_full = {"with-replacement": False, "full": True}[sampling]
        task = config["task"]
        if task["name"] == "sparse-parity":
            self.training = self._parity(task, 0, task["train_samples"])
            self.validation = self._parity(task, 1, task["validation_samples"])
        else:
            pairs, labels = PAIRS[task["name"]](task)
            order = Stream(self.seed, Stream.EXAMPLE_ORDER, 0).shuffled(len(pairs))
            pairs, labels = pairs[order], labels[order]
            count = math.floor(task["train_fraction"] * len(pairs))
            self.training = pairs[:count], labels[:count]
            self.validation = pairs[count:], labels[count:]

    def _parity(self, task, index, count):
        n, per_sample = task["bits"], -(-task["bits"] // 32)
        words = Stream(self.seed, Stream.EXAMPLES, index).words(count * per_sample)
        words = words.reshape(count, per_sample)
        place = np.arange(n)
        bits = (words[:, place // 32] >> (place % 32).astype(np.uint32)) & np.uint32(1)
        labels = bits[:, :task["relevant_bits"]].sum(axis=1) % 2
        return bits.astype(f32), labels.astype(np.int64)

    def batch_of(self, step):
        """The batch of a step: (inputs, labels)."""
        inputs, labels = self.training
        if self.is_full:
            return inputs, labels
        stream = Stream(self.seed, Stream.BATCH, step)
        places = [stream.below(len(labels)) for _ in range(self.batch)]
        return inputs[places], labels[places]
