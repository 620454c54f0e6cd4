"""SPEC.md, sections 1.11 and 1.12: optimizers, steps and values of record; digests as in 2.2."""

import hashlib
import math

import numpy as np

from models import MLP, Transformer
from numerics import f32, fma, row_sum
from tasks import Examples


def power(base, exponent):
    """base^exponent in binary64 by repeated squaring, from the lowest bit."""
    result, square = 1.0, base
    while exponent:
        if exponent & 1:
            result *= square
        square *= square
        exponent >>= 1
    return result


def mean(losses):
    """The mean of a set's losses, in binary64."""
    return float(row_sum(losses.astype(np.float64))) / float(len(losses))


def digest(tensors):
    """The SHA-256 of the values of tensors, one after the other."""
    result = hashlib.sha256()
    for tensor in tensors:
        result.update(np.ascontiguousarray(tensor, "<f4").tobytes())
    return result.hexdigest()


class AdamW:
    MOMENTS = ["exp_avg", "exp_avg_sq"]

    def __init__(self, config, parameters):
        self.config = config
        self.moments = [
            {name: np.zeros_like(value) for name, value in parameters.items()}
            for _ in self.MOMENTS]

    def update(self, step, parameters, gradient):
        c, t = self.config, step + 1
        rate, beta1, beta2 = c["learning_rate"], c["beta1"], c["beta2"]
        delta = f32(1 - rate * c["weight_decay"])
        a1, a2, b2 = f32(1 - beta1), f32(1 - beta2), f32(beta2)
        root = f32(1 / math.sqrt(1 - power(beta2, t)))
        epsilon = f32(c["epsilon"])
        A = f32(-(rate / (1 - power(beta1, t))))
        first, second = self.moments
        for name, g in gradient.items():
            m = first[name] = fma(a1, g - first[name], first[name])
            v = second[name] = fma(a2, g * g, second[name] * b2)
            quotient = m / fma(np.sqrt(v), root, epsilon)
            parameters[name] = fma(A, quotient, parameters[name] * delta)


class SGD:
    MOMENTS = []
    moments = []

    def __init__(self, config, parameters):
        factor = {"lambda": 1.0, "two-lambda": 2.0}[config["decay_convention"]]
        self.decay = f32(factor * config["weight_decay"])
        self.rate = f32(-config["learning_rate"])

    def update(self, step, parameters, gradient):
        for name, g in gradient.items():
            theta = parameters[name]
            parameters[name] = fma(self.rate, fma(self.decay, theta, g), theta)


class Run:
    """A run from its config.json; `step` is the last step taken."""

    def __init__(self, config):
        if config["numerics"] != 1:
            raise ValueError(f"this is arithmetic 1, not {config['numerics']}")
        self.examples = Examples(config)
        self.model = {"transformer": Transformer, "mlp": MLP}[config["model"]["name"]](config)
        optimizer = config["optimizer"]
        self.optimizer = {"adamw": AdamW, "sgd": SGD}[optimizer["name"]](
            optimizer, self.model.parameters)
        self.step = -1
        self.gradient = None  # of the last step

    def advance(self):
        """Takes the next step; the mean loss of its batch, before the update."""
        self.step += 1
        losses, self.gradient = self.model.gradient(*self.examples.batch_of(self.step))
        self.optimizer.update(self.step, self.model.parameters, self.gradient)
        return mean(losses)

    def squared_norm(self):
        total = 0.0
        for value in self.model.parameters.values():
            wide = value.astype(np.float64).reshape(-1)
            total += float(row_sum(wide * wide))
        return total

    def metrics(self):
        """The values of a row of metrics.csv."""
        values = []
        for inputs, labels in (self.examples.training, self.examples.validation):
            losses, correct = self.model.losses(inputs, labels)
            values += [mean(losses), int(correct.sum()) / float(len(labels))]
        return [*values, self.squared_norm()]

    def tensors(self):
        """The tensors of a checkpoint, in order: parameters, then optimizer state."""
        state = {
            f"optimizer.{moment}.{name}": values[name]
            for moment, values in zip(self.optimizer.MOMENTS, self.optimizer.moments)
            for name in self.model.parameters}
        return self.model.parameters, state

    def hashes(self):
        """The digests of a row of hashes.csv."""
        return [digest(tensors.values()) for tensors in self.tensors()]
