"""SPEC.md, sections 1.8 to 1.10 and 1.17 to 1.19: the models, their losses and gradients."""

import math

import numpy as np

from numerics import (
    Stream, column_sum, column_sum_of_products, dot, erf, exp, f32, fma, linear, log, product,
    row_sum)
from tasks import tokens

KAPPA = f32(float.fromhex("0x1.6a09e6p-1"))
DENSITY = f32(float.fromhex("0x1.988454p-2"))


# Initial values (1.8): each takes a stream and a shape.


def zeros(_, shape):
    return np.zeros(shape, f32)


def ones(_, shape):
    return np.ones(shape, f32)


def normal(stream, shape):
    return stream.normals(math.prod(shape)).reshape(shape)


def bounded(bound):
    """U(bound); the bound is given in binary64."""

    def uniform(stream, shape):
        u = stream.uniforms(math.prod(shape)).reshape(shape)
        return (f32(2) * u - f32(1)) * f32(bound)

    return uniform


def inputs_bound(count):
    """U(√(1/count))."""
    return bounded(math.sqrt(1 / count))


def initial_parameters(config, table):
    """The tensors by name, from (name, shape, initial values). Each uses the stream of its
    place."""
    seed = int(config["seed"])
    return {
        name: initial(Stream(seed, Stream.INITIAL_PARAMETERS, place), shape)
        for place, (name, shape, initial) in enumerate(table)}


class CrossEntropy:
    """Of logits z [B, C] (1.8): `losses` [B], and `gradient`, the gradient by z [B, C] of their sum
    divided by a count. With the count B it is the gradient of their mean (1.9).
    """

    def __init__(self, z, labels):
        self.labels = labels
        m = z.max(axis=1)
        self.e = exp(z - m[:, None])
        self.total = row_sum(self.e)
        chosen = z[np.arange(len(labels)), labels]
        self.losses = log(self.total) - (chosen - m)

    def gradient(self, count):
        result = self.e * (f32(1) / self.total)[:, None]
        result[np.arange(len(self.labels)), self.labels] -= f32(1)
        return result * (f32(1) / f32(count))


class MeanSquaredError:
    """The same for the mean of squares over the classes (1.19)."""

    def __init__(self, z, labels):
        self.distance = z.copy()
        self.distance[np.arange(len(labels)), labels] -= f32(1)
        self.losses = dot(self.distance, self.distance) / f32(z.shape[1])

    def gradient(self, count):
        classes = self.distance.shape[1]
        return (self.distance * (f32(2) / f32(classes))) * (f32(1) / f32(count))


class StableMax:
    """The same for the logarithm of a sum that grows linearly (1.19)."""

    def __init__(self, z, labels):
        self.chosen = np.arange(len(labels)), labels
        self.rises = z >= 0
        self.s = np.where(self.rises, z + f32(1), f32(1) / (f32(1) - z))
        self.total = row_sum(self.s)
        self.losses = log(self.total / self.s[self.chosen])

    def gradient(self, count):
        slope = np.where(self.rises, f32(1), self.s * self.s)
        result = slope * (f32(1) / self.total)[:, None]
        result[self.chosen] -= slope[self.chosen] / self.s[self.chosen]
        return result * (f32(1) / f32(count))


LOSSES = {
    "cross-entropy": CrossEntropy, "mean-squared-error": MeanSquaredError, "stablemax": StableMax}


class Loss:
    """A config's loss, computed from the logits x [B, C] divided by the temperature (1.19)."""

    def __init__(self, config):
        section = config.get("loss", {})
        self.kind = LOSSES[section.get("name", "cross-entropy")]
        self.set_temperature(section.get("temperature", 1))

    def set_temperature(self, value):
        self.temperature = f32(value)

    def of(self, logits, labels):
        """What the kind computes from the quotients, and `correct` [B]."""
        z = logits / self.temperature
        result = self.kind(z, labels)
        result.correct = z.argmax(axis=1) == labels
        return result

    def gradient(self, result, count):
        """By the logits [B, C], for what `of` has returned: the gradient of the sum of losses
        divided by a count."""
        return result.gradient(count) / self.temperature


class Normalisation:
    """Normalises rows; `backward` gives the gradients of input, weight and bias."""

    def __init__(self, x, weight, bias):
        self.weight, self.width = weight, f32(x.shape[1])
        centred = x - (row_sum(x) / self.width)[:, None]
        variance = dot(centred, centred) / self.width
        self.rho = (f32(1) / np.sqrt(variance + f32(1e-5)))[:, None]
        self.unit = centred * self.rho
        self.output = fma(self.unit, weight, bias)

    def backward(self, dy):
        u = dy * self.weight
        mean = (row_sum(u) / self.width)[:, None]
        slope = (dot(u, self.unit) / self.width)[:, None]
        dx = fma(-slope, self.unit, u - mean) * self.rho
        return dx, column_sum_of_products(dy, self.unit), column_sum(dy)


class ReLU:
    """The activation between layers (1.10); `backward` gives the gradient of its argument."""

    def __init__(self, x):
        self.output = np.where(x > 0, x, f32(0))

    def backward(self, dy):
        return np.where(self.output > 0, dy, f32(0))


class GELU:
    """The same (1.8)."""

    def __init__(self, x):
        self.x, self.phi = x, fma(f32(0.5), erf(x * KAPPA), f32(0.5))
        self.output = x * self.phi

    def backward(self, dy):
        density = exp((self.x * self.x) * f32(-0.5)) * DENSITY
        return dy * fma(self.x, density, self.phi)


ACTIVATIONS = {"relu": ReLU, "gelu": GELU}


class Layer:
    """A layer of a transformer forward (1.8, 1.17); `backward` gives the gradients (1.9, 1.17).

    The input has rows x [R, D]. `position` [R] is the position of each row, and `places` [B, 2] are
    the rows of the two positions of each example. In layer 0 these are rows of the tables, which
    examples share; in the other layers each (example, position) has its own row. Only the positions
    from `first` on have queries, I of them. `output` has rows (example, position) for these alone,
    [B·I, D]. `weights` are by their names without `tf.layers.l.`.
    """

    def __init__(self, model, weights, x, position, places, first, shared):
        self.weights, self.heads, self.shared = weights, model["heads"], shared
        self.places, self.asked = places, places[:, first:]
        self.has_query = position >= first
        self.pre = {"pre": True, "post": False}[model["norm"]]
        if self.pre:
            self.norm1 = self._norm("norm1", x)
        self.source = self.norm1.output if self.pre else x
        self.mixed = self._attention(self.source)
        r = self._linear("self_attn.out_proj", self.mixed) + x[self.asked].reshape(-1, x.shape[1])
        if self.pre:
            self.norm2 = self._norm("norm2", r)
            self.h = self.norm2.output
        else:
            self.norm1 = self._norm("norm1", r)
            self.h = self.norm1.output
        self.activation = ACTIVATIONS[model["activation"]](self._linear("linear1", self.h))
        self.output = self._linear("linear2", self.activation.output) + (r if self.pre else self.h)
        if not self.pre:
            self.norm2 = self._norm("norm2", self.output)
            self.output = self.norm2.output

    def _attention(self, source):
        """The mixed values [B·I, D]. q, k and v are computed from `source` [R, D]."""
        D = source.shape[1]
        weight = self.weights["self_attn.in_proj_weight"]
        bias = self.weights["self_attn.in_proj_bias"]
        q = np.zeros_like(source)
        q[self.has_query] = linear(source[self.has_query], weight[:D], bias[:D])
        k = linear(source, weight[D:2 * D], bias[D:2 * D])
        v = linear(source, weight[2 * D:], bias[2 * D:])
        self.q = self._split(q[self.asked])  # [B, I, H, d]
        self.k, self.v = self._split(k[self.places]), self._split(v[self.places])  # [B, 2, H, d]

        self.c = f32(1 / math.sqrt(D // self.heads))
        s = dot(self.q[:, :, None], self.k[:, None]) * self.c  # [B, I, 2, H]
        m = np.where(s[:, :, 0] > s[:, :, 1], s[:, :, 0], s[:, :, 1])
        e = exp(s - m[:, :, None])
        self.w = e / (e[:, :, 0] + e[:, :, 1])[:, :, None]
        w = self.w[..., None]
        mixed = fma(w[:, :, 1], self.v[:, None, 1], w[:, :, 0] * self.v[:, None, 0])
        return mixed.reshape(-1, D)

    def _split(self, x):
        """The D columns of each row, split by head: [..., H, d]."""
        return x.reshape(x.shape[:-1] + (self.heads, -1))

    def _linear(self, name, x):
        return linear(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def _norm(self, name, x):
        return Normalisation(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def backward(self, dy):
        """From the gradient of the output: the gradient of the input, and those of the weights by
        name."""
        g = {}

        def linear_backward(name, dy, x):
            g[name + ".weight"], g[name + ".bias"] = product(dy.T, x), column_sum(dy)
            return product(dy, self.weights[name + ".weight"])

        def norm_backward(name, dy):
            dx, g[name + ".weight"], g[name + ".bias"] = getattr(self, name).backward(dy)
            return dx

        # 3 to 5
        dr2 = dy if self.pre else norm_backward("norm2", dy)
        dp = self.activation.backward(linear_backward("linear2", dr2, self.activation.output))
        dh = linear_backward("linear1", dp, self.h)
        dr = norm_backward("norm2", dh) + dr2 if self.pre else norm_backward("norm1", dh + dr2)
        dmixed = linear_backward("self_attn.out_proj", dr, self.mixed)
        # 6
        dmixed = dmixed.reshape(self.q.shape)
        w = self.w
        t = dot(dmixed[:, :, None], self.v[:, None])  # [B, I, 2, H]
        n = fma(w[:, :, 1], t[:, :, 1], w[:, :, 0] * t[:, :, 0])
        ds = (w * (t - n[:, :, None])) * self.c
        # 7 to 9
        dq, dk, dv, residual = self._input_sums(ds[..., None], dmixed, dr)
        source, has_query = self.source, self.has_query
        g["self_attn.in_proj_weight"] = np.concatenate([
            product(dq[has_query].T, source[has_query]), product(dk.T, source),
            product(dv.T, source)])
        g["self_attn.in_proj_bias"] = np.concatenate(
            [column_sum(dq[has_query]), column_sum(dk), column_sum(dv)])
        weight, D = self.weights["self_attn.in_proj_weight"], source.shape[1]
        dx = product(np.concatenate([dk, dv], axis=1), weight[D:])
        dx[has_query] = product(np.concatenate([dq, dk, dv], axis=1)[has_query], weight)
        if self.pre:
            dx = norm_backward("norm1", dx)
        dx[has_query] += residual[has_query]
        return dx, g

    def _input_sums(self, ds, dmixed, dr):
        """dq, dk, dv and the residual [R, D] of the input's rows, from ds [B, I, 2, H, 1],
        dmixed [B, I, H, d] and dr [B·I, D].
        """
        rows, D = self.source.shape
        dq, dk, dv = (np.zeros((rows,) + dmixed.shape[2:], f32) for _ in range(3))
        # A row that belongs to one example gets dr itself: -0 + dr equals dr.
        residual = np.full((rows, D), 0.0 if self.shared else -0.0, f32)
        w, dr = self.w[..., None], dr.reshape(self.asked.shape + (D,))
        # Examples that share rows come one after another, others all at once.
        for part in range(len(dr)) if self.shared else [slice(None)]:
            both = self.places[part]
            for i in range(self.asked.shape[1]):
                row = self.asked[part, i]
                dq[row] = fma(ds[part, i, ..., 0, :, :], self.k[part, 0], dq[row])
                dq[row] = fma(ds[part, i, ..., 1, :, :], self.k[part, 1], dq[row])
                dk[both] = fma(ds[part, i], self.q[part, i, None], dk[both])
                dv[both] = fma(w[part, i], dmixed[part, i, None], dv[both])
                residual[row] = residual[row] + dr[part, i]
        return dq.reshape(rows, D), dk.reshape(rows, D), dv.reshape(rows, D), residual


class Transformer:
    """The model of pairs of tokens [B, 2]; `parameters` is a dictionary in the order of 1.8 and
    1.17."""

    def __init__(self, config):
        self.loss, self.tokens = Loss(config), tokens(config["task"])
        self.model = {
            "layers": 1, "norm": "post", "activation": "gelu", "final_norm": "on",
            **config["model"]}
        self.shared = {"shared": True, "per-operand": False}[self.model["embedding"]]
        self.has_norm = {"on": True, "off": False}[self.model["final_norm"]]
        self.prefixes = [f"tf.layers.{layer}." for layer in range(self.model["layers"])]
        V, D, F = self.tokens, self.model["width"], self.model["feedforward"]
        scale = f32(self.model["embedding_scale"])
        xavier = bounded(math.sqrt(6 / (3 * D + D)))

        def scaled(stream, shape):
            return normal(stream, shape) * scale

        tables = ["tok.weight", "pos.weight"] if self.shared else ["tok_a.weight", "tok_b.weight"]
        table = [
            (tables[0], (V, D), scaled),
            (tables[1], (2 if self.shared else V, D), scaled)]
        for layer in self.prefixes:
            table += [
                (layer + "self_attn.in_proj_weight", (3 * D, D), xavier),
                (layer + "self_attn.in_proj_bias", (3 * D,), zeros),
                (layer + "self_attn.out_proj.weight", (D, D), inputs_bound(D)),
                (layer + "self_attn.out_proj.bias", (D,), zeros),
                (layer + "linear1.weight", (F, D), inputs_bound(D)),
                (layer + "linear1.bias", (F,), inputs_bound(D)),
                (layer + "linear2.weight", (D, F), inputs_bound(F)),
                (layer + "linear2.bias", (D,), inputs_bound(F)),
                (layer + "norm1.weight", (D,), ones),
                (layer + "norm1.bias", (D,), zeros),
                (layer + "norm2.weight", (D,), ones),
                (layer + "norm2.bias", (D,), zeros)]
        if self.has_norm:
            table += [("norm.weight", (D,), ones), ("norm.bias", (D,), zeros)]
        table += [("head.weight", (V, D), inputs_bound(D)), ("head.bias", (V,), inputs_bound(D))]
        self.parameters = initial_parameters(config, table)

    def hidden_weights(self):
        """The names of the matrices that Muon updates (1.11)."""
        return [
            name for name, value in self.parameters.items()
            if name.startswith("tf.layers.") and value.ndim == 2]

    def _forward(self, pairs):
        """Everything of 1.8 and 1.17 up to the logits, kept for the gradient."""
        p, V, B = self.parameters, self.tokens, len(pairs)
        s = type("Forward", (), {})()
        if self.shared:
            tok, pos = p["tok.weight"], p["pos.weight"]
            x = np.concatenate([tok + pos[0], tok + pos[1]])
        else:
            x = np.concatenate([p["tok_a.weight"], p["tok_b.weight"]])
        s.layers = []
        position, places = np.repeat([0, 1], V), pairs + [0, V]
        for number, prefix in enumerate(self.prefixes):
            weights = {
                name.removeprefix(prefix): value for name, value in p.items()
                if name.startswith(prefix)}
            first = 1 if prefix == self.prefixes[-1] else 0
            s.layers.append(
                Layer(self.model, weights, x, position, places, first, shared=number == 0))
            x = s.layers[-1].output
            position, places = np.tile([0, 1], B), np.arange(2 * B).reshape(B, 2)
        if self.has_norm:
            s.norm = Normalisation(x, p["norm.weight"], p["norm.bias"])
        s.f = s.norm.output if self.has_norm else x
        s.logits = linear(s.f, p["head.weight"], p["head.bias"])
        return s

    def measured(self, pairs, labels):
        """What the loss computes for examples."""
        return self.loss.of(self._forward(pairs).logits, labels)

    def gradient(self, pairs, labels, count=None):
        """The losses of a batch and, by parameter, the gradient of their mean; with a `count`, the
        gradient of their sum divided by it.
        """
        s = self._forward(pairs)
        result = self.loss.of(s.logits, labels)
        g = {}
        # 1, 2
        dlogits = self.loss.gradient(result, count or len(labels))
        g["head.weight"] = product(dlogits.T, s.f)
        g["head.bias"] = column_sum(dlogits)
        dx = product(dlogits, self.parameters["head.weight"])
        # 3 to 9
        if self.has_norm:
            dx, g["norm.weight"], g["norm.bias"] = s.norm.backward(dx)
        for prefix, layer in reversed(list(zip(self.prefixes, s.layers))):
            dx, of_layer = layer.backward(dx)
            g |= {prefix + name: value for name, value in of_layer.items()}
        # 10
        dx0, dx1 = np.split(dx, 2)
        if self.shared:
            g["tok.weight"] = dx0 + dx1
            g["pos.weight"] = np.stack([column_sum(dx0), column_sum(dx1)])
        else:
            g["tok_a.weight"], g["tok_b.weight"] = dx0, dx1
        return result.losses, g


class Perceptron:
    """The models `mlp`, of bits [B, n] (1.10), and `pair-mlp`, of pairs of tokens [B, 2] (1.18)."""

    def __init__(self, config):
        self.loss = Loss(config)
        model, task = config["model"], config["task"]
        if model["name"] == "mlp":
            self.input, activation, bias = "bits", "relu", "on"
            inputs, outputs = task["bits"], 2
        else:
            self.input, activation, bias = model["input"], model["activation"], model["bias"]
            outputs = tokens(task)
            inputs = 2 * {"one-hot": outputs, "embedding": model["width"]}[self.input]
        self.activation = ACTIVATIONS[activation]
        self.has_bias = {"on": True, "off": False}[bias]
        sizes = [inputs] + [model["width"]] * model["hidden_layers"] + [outputs]
        self.depth = len(sizes) - 1
        table = []
        if self.input == "embedding":
            table.append(("tok.weight", (outputs, model["width"]), normal))
        for layer, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            table.append((f"layers.{layer}.weight", (outputs, inputs), inputs_bound(inputs)))
            if self.has_bias:
                table.append((f"layers.{layer}.bias", (outputs,), inputs_bound(inputs)))
        self.parameters = initial_parameters(config, table)

    def hidden_weights(self):
        """The names of the matrices that Muon updates (1.11)."""
        return [f"layers.{layer}.weight" for layer in range(1, self.depth - 1)]

    def _inputs(self, examples):
        """The numbers x that layer 0 gets, a row for each example."""
        if self.input == "bits":
            return examples
        if self.input == "embedding":
            return self.parameters["tok.weight"][examples].reshape(len(examples), -1)
        inputs = self.parameters["layers.0.weight"].shape[1]
        x = np.zeros((len(examples), inputs), f32)
        np.put_along_axis(x, examples + [0, inputs // 2], f32(1), axis=1)
        return x

    def _forward(self, examples):
        """The input of each layer, the activations between layers, and the logits."""
        x, inputs, between = self._inputs(examples), [], []
        for layer in range(self.depth):
            inputs.append(x)
            x = product(x, self.parameters[f"layers.{layer}.weight"].T)
            if self.has_bias:
                x = x + self.parameters[f"layers.{layer}.bias"]
            if layer < self.depth - 1:
                between.append(self.activation(x))
                x = between[-1].output
        return inputs, between, x

    def measured(self, examples, labels):
        """What the loss computes for examples."""
        return self.loss.of(self._forward(examples)[-1], labels)

    def gradient(self, examples, labels, count=None):
        """The losses of a batch and, by parameter, the gradient of their mean; with a `count`, the
        gradient of their sum divided by it.
        """
        inputs, between, logits = self._forward(examples)
        result = self.loss.of(logits, labels)
        dy, g = self.loss.gradient(result, count or len(labels)), {}
        for layer in reversed(range(self.depth)):
            weight = f"layers.{layer}.weight"
            g[weight] = product(dy.T, inputs[layer])
            if self.has_bias:
                g[f"layers.{layer}.bias"] = column_sum(dy)
            if layer > 0:
                dy = between[layer - 1].backward(product(dy, self.parameters[weight]))
        if self.input == "embedding":
            dx = product(dy, self.parameters["layers.0.weight"])
            table = g["tok.weight"] = np.zeros_like(self.parameters["tok.weight"])
            for token, half in zip(examples.reshape(-1), dx.reshape(examples.size, -1)):
                table[token] = table[token] + half
        return result.losses, g
