"""SPEC.md, section 1.7: the examples of a run, and which of them a step sees."""

import math

import numpy as np

from numerics import Stream, f32


class Examples:
    """Training and validation sets: `inputs` [N, 2] token numbers or [N, n] bits, `labels` [N]."""

    def __init__(self, config):
        self.seed = int(config["seed"])
        self.batch = config["batch"]
        self.is_full = config.get("sampling") == "full"
        task = config["task"]
        if task["name"] == "sparse-parity":
            self.training = self._parity(task, 0, task["train_samples"])
            self.validation = self._parity(task, 1, task["validation_samples"])
        else:
            p = task["modulus"]
            order = np.array(Stream(self.seed, Stream.EXAMPLE_ORDER, 0).shuffled(p * p))
            a, b = order // p, order % p
            labels = (a + b if task["name"] == "modular-addition" else a * b) % p
            pairs = np.stack([a, b], axis=1)
            count = math.floor(task["train_fraction"] * (p * p))
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
