"""SPEC.md, sections 1.11, 1.12, 1.16 and 1.20: optimizers, steps, changes on the way and values of
record; digests and columns as in 2.2.
"""

import functools
import hashlib
import math
import operator

import numpy as np

from models import Perceptron, Transformer
from numerics import cospi, f32, fma, product, row_sum
from tasks import Examples

# The tables that `decay_on` = `all-but-embeddings` does not decay.
EMBEDDINGS = ["tok.weight", "pos.weight", "tok_a.weight", "tok_b.weight"]

PIECE = 512  # examples of the training set whose gradient `full_gradient` takes at once


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


def share(which):
    """The share of examples for which something holds, in binary64."""
    return int(which.sum()) / float(len(which))


def squares(tensor):
    """The row sum of the squares of its elements, in binary64."""
    wide = tensor.astype(np.float64).reshape(-1)
    return float(row_sum(wide * wide))


def squared_norm(tensors):
    """V of tensors in their order. (`sum` of newer Pythons rounds less often.)"""
    return functools.reduce(operator.add, map(squares, tensors), 0.0)


def digest(tensors):
    """The SHA-256 of the values of tensors, one after another."""
    result = hashlib.sha256()
    for tensor in tensors:
        result.update(np.ascontiguousarray(tensor, "<f4").tobytes())
    return result.hexdigest()


def moved(value, ulps):
    """The binary32 number that lies `ulps` places further in totalOrder (3.14)."""
    bits = int(np.float32(value).view(np.uint32))
    place = bits if bits < 2**31 else -1 - (bits - 2**31)
    place += ulps
    if not -2**31 <= place < 2**31:
        return f32(math.nan)
    return np.uint32(place if place >= 0 else 2**31 + (-1 - place)).view(np.float32)


class Optimizer:
    """An optimizer with moments that begin at +0."""

    MOMENTS = []

    def __init__(self, config, model):
        self.set(config)
        self.hidden = model.hidden_weights()
        self.moments = [
            {name: np.zeros_like(value) for name, value in model.parameters.items()}
            for _ in self.MOMENTS]

    def set(self, config):
        self.config = config


class AdamW(Optimizer):
    MOMENTS = ["exp_avg", "exp_avg_sq"]

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
            decays = {
                "all": True, "matrices": parameters[name].ndim > 1,
                "all-but-embeddings": name not in EMBEDDINGS}[c.get("decay_on", "all")]
            parameters[name] = fma(A, quotient, parameters[name] * (delta if decays else f32(1)))


class Adam(Optimizer):
    MOMENTS = ["exp_avg", "exp_avg_sq"]

    def update(self, step, parameters, gradient):
        c, t = self.config, step + 1
        a1, a2, b2 = f32(1 - c["beta1"]), f32(1 - c["beta2"]), f32(c["beta2"])
        root = f32(1 / math.sqrt(1 - power(c["beta2"], t)))
        A = f32(-(c["learning_rate"] / (1 - power(c["beta1"], t))))
        first, second = self.moments
        for name, g in gradient.items():
            theta = parameters[name]
            g = fma(f32(c["weight_decay"]), theta, g)
            m = first[name] = fma(a1, g - first[name], first[name])
            v = second[name] = fma(a2, g * g, second[name] * b2)
            parameters[name] = fma(A, m / fma(np.sqrt(v), root, f32(c["epsilon"])), theta)


class Momentum(Optimizer):
    MOMENTS = ["momentum_buffer"]

    def update(self, step, parameters, gradient):
        c = self.config
        mu = f32(c["momentum"])
        for name, g in gradient.items():
            theta, (buffer,) = parameters[name], self.moments
            g = fma(f32(c["weight_decay"]), theta, g)
            b = buffer[name] = fma(mu, buffer[name], g)
            direction = {"classical": b, "nesterov": fma(mu, b, g)}[c["variant"]]
            parameters[name] = fma(f32(-c["learning_rate"]), direction, theta)


class Lion(Optimizer):
    MOMENTS = ["exp_avg"]

    def update(self, step, parameters, gradient):
        c, (moment,) = self.config, self.moments
        delta = f32(1 - c["learning_rate"] * c["weight_decay"])
        a1, a2 = f32(1 - c["beta1"]), f32(1 - c["beta2"])
        for name, g in gradient.items():
            m = moment[name]
            average = fma(a1, g - m, m)
            sign = np.where(average > 0, f32(1), np.where(average < 0, f32(-1), f32(0)))
            parameters[name] = fma(f32(-c["learning_rate"]), sign, parameters[name] * delta)
            moment[name] = fma(a2, g - m, m)


def orthogonal(u):
    """Muon's X [n, m] of a matrix u [n, m]."""
    x = u / f32(math.sqrt(squares(u)) + 1e-7)
    is_tall = x.shape[0] > x.shape[1]
    if is_tall:
        x = x.T
    for _ in range(5):
        a = product(x, x.T)
        c = fma(f32(2.0315), product(a, a), f32(-4.7750) * a)
        x = fma(f32(3.4445), x, product(c, x))
    return x.T if is_tall else x


class Muon(AdamW):
    """For hidden weights; AdamW for the others. b takes the place of the first moment."""

    def set(self, config):
        self.rate, self.momentum = config["learning_rate"], config["momentum"]
        self.config = {**config, "learning_rate": config["adamw_learning_rate"]}

    def update(self, step, parameters, gradient):
        others = {name: g for name, g in gradient.items() if name not in self.hidden}
        super().update(step, parameters, others)
        for name in self.hidden:
            g, b = gradient[name], self.moments[0][name]
            b = self.moments[0][name] = fma(f32(1 - self.momentum), g - b, b)
            u = fma(f32(self.momentum), b - g, g)
            count = 3 if name.endswith("in_proj_weight") else 1
            parameters[name] = np.concatenate([
                self._moved(theta, part)
                for theta, part in zip(np.split(parameters[name], count), np.split(u, count))])

    def _moved(self, theta, u):
        """One matrix [n, m] after the update, from its u."""
        rows, columns = theta.shape
        rate = f32(-self.rate * math.sqrt(max(1, rows / columns)))
        delta = f32(1 - self.rate * self.config["weight_decay"])
        return fma(rate, orthogonal(u), theta * delta)


class SGD(Optimizer):
    def set(self, config):
        factor = {"lambda": 1.0, "two-lambda": 2.0}[config["decay_convention"]]
        self.decay = f32(factor * config["weight_decay"])
        self.rate = f32(-config["learning_rate"])

    def update(self, step, parameters, gradient):
        for name, g in gradient.items():
            theta = parameters[name]
            parameters[name] = fma(self.rate, fma(self.decay, theta, g), theta)


def rate_factor(schedule, t):
    """The factor of the learning rate of update t, which is counted from 1 (1.11)."""
    name, warmup = schedule.get("name", "constant"), schedule.get("warmup_steps", 0)
    if name not in ("constant", "linear-warmup", "cosine"):
        raise ValueError(f"no schedule has the name {name}")
    if name == "constant":
        return 1.0
    if t < warmup:
        return t / warmup
    if name == "linear-warmup":
        return 1.0
    steps, final = schedule["steps"], schedule["final"]
    if t >= steps:
        return float(final)
    share = np.array([(t - warmup) / (steps - warmup)], f32)
    cosine = float(cospi(share)[0])
    return final + (1 - final) * (0.5 * (1 + cosine))


MODELS = {"transformer": Transformer, "mlp": Perceptron, "pair-mlp": Perceptron}
OPTIMIZERS = {
    "adamw": AdamW, "adam": Adam, "sgd": SGD, "sgd-momentum": Momentum, "lion": Lion, "muon": Muon}


class Run:
    """A run from its config.json. `step` is the last step taken; `columns` are the headings of what
    `log.columns` adds to a row.
    """

    def __init__(self, config):
        if config["numerics"] != 1:
            raise ValueError(f"this is arithmetic 1, not {config['numerics']}")
        self.examples = Examples(config)
        self.model = MODELS[config["model"]["name"]](config)
        optimizer = config["optimizer"]
        self.optimizer = OPTIMIZERS[optimizer["name"]](optimizer, self.model)
        self.step = -1
        self.gradient = None  # of the last step
        self.schedule = dict(config.get("schedule", {}))
        self.settings, self.items, self.held = dict(optimizer), list(config.get("at", [])), None
        self.kinds = config.get("log", {}).get("columns", [])
        self.columns = [
            column for kind, columns in self._all_columns() if kind in self.kinds
            for column in columns]
        self.finite = True
        self.initial_squared_norm = self.squared_norm()
        self.change(0)
        if self.finite:
            self.initial_squared_norm = self.squared_norm()

    def change(self, step):
        """Does what the items of `at` ask for before a step (1.16)."""
        parameters = self.model.parameters
        while self.finite and self.items and self.items[0]["step"] == step:
            item = self.items.pop(0)
            if "set" in item:
                for key, value in item["set"].items():
                    section, _, name = key.rpartition(".")
                    if key == "batch":
                        self.examples.batch = int(value)
                    elif key == "loss.temperature":
                        self.model.loss.set_temperature(value)
                    else:
                        sections = {"schedule": self.schedule, "optimizer": self.settings}
                        sections[section][name] = value
            elif "scale" in item:
                names = item["scale"]["tensors"]
                self.scale(parameters if names == "all" else names, f32(item["scale"]["by"]))
            elif "hold" in item:
                self.held = item["hold"]["squared_norm"], item["until"]
            else:
                what = item["perturb"]
                values = parameters[what["tensor"]].reshape(-1).copy()
                values[what["element"]] = moved(values[what["element"]], what["ulps"])
                parameters[what["tensor"]] = values.reshape(parameters[what["tensor"]].shape)
                self.finite = math.isfinite(self.squared_norm())

    def scale(self, names, factor):
        for name in names:
            self.model.parameters[name] = self.model.parameters[name] * factor
        self.finite = math.isfinite(self.squared_norm())

    def advance(self):
        """Takes the next step, and returns the mean loss of its batch before the update. The result
        is NaN if a parameter is not finite after the changes before the step, or after the norm was
        held."""
        self.step += 1
        self.change(self.step)
        if not self.finite:
            return math.nan
        losses, self.gradient = self.model.gradient(*self.examples.batch_of(self.step))
        factor = rate_factor(self.schedule, self.step + 1)
        rates = {
            key: value * factor for key, value in self.settings.items()
            if key.endswith("learning_rate")}
        self.optimizer.set({**self.settings, **rates})
        self.optimizer.update(self.step, self.model.parameters, self.gradient)
        if self.held and self.step < self.held[1]:
            norm = self.squared_norm()
            ratio = self.held[0] / norm if norm else math.inf
            self.scale(list(self.model.parameters), f32(math.sqrt(ratio)))
        return mean(losses) if self.finite else math.nan

    def squared_norm(self):
        return squared_norm(self.model.parameters.values())

    def metrics(self):
        """The values of a row of metrics.csv."""
        values, sets = [], []
        for inputs, labels in (self.examples.training, self.examples.validation):
            sets.append(self.model.measured(inputs, labels))
            values += [mean(sets[-1].losses), share(sets[-1].correct)]
        return [*values, self.squared_norm(), *self._added(sets[0])]

    def _all_columns(self):
        """The headings of each kind that `log.columns` can name, in their order (2.2)."""
        return [
            ("squared_norms", [f"squared_norm.{name}" for name in self.model.parameters]),
            ("batch_gradient", ["batch_gradient_squared_norm"]),
            ("full_gradient", ["full_gradient_squared_norm"]),
            ("softmax_collapse", ["softmax_collapse"]),
            ("zero_loss", ["zero_loss"])]

    def _added(self, training):
        """The values of `columns` (1.20), from what the loss computes for the training set."""
        names, values = list(self.model.parameters), []
        if "squared_norms" in self.kinds:
            values += [squared_norm([self.model.parameters[name]]) for name in names]
        if "batch_gradient" in self.kinds:
            values.append(squared_norm(self.gradient[name] for name in names))
        if "full_gradient" in self.kinds:
            gradient = self._full_gradient()
            values.append(squared_norm(gradient[name] for name in names))
        if "softmax_collapse" in self.kinds:
            values.append(share(training.total == 1))
        if "zero_loss" in self.kinds:
            values.append(share(training.losses == 0))
        return values

    def _full_gradient(self):
        """The gradient of the training set's mean loss, by parameter."""
        inputs, labels = self.examples.training
        result = {name: np.zeros_like(value) for name, value in self.model.parameters.items()}
        for start in range(0, len(labels), PIECE):
            part = slice(start, start + PIECE)
            _, piece = self.model.gradient(inputs[part], labels[part], count=len(labels))
            for name in result:
                result[name] = result[name] + piece[name]
        return result

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
