"""SPEC.md, sections 1.8 to 1.10 and 1.19: the models, their losses and their gradients."""

import math

import numpy as np

from numerics import (
    Stream, column_sum, column_sum_of_products, dot, erf, exp, f32, fma, linear, log, product,
    row_sum)
from tasks import tokens

KAPPA = f32(float.fromhex("0x1.6a09e6p-1"))
DENSITY = f32(float.fromhex("0x1.988454p-2"))


def uniform_tensor(stream, shape, bound):
    """U(bound), the bound given in binary64."""
    u = stream.uniforms(math.prod(shape))
    return ((f32(2) * u - f32(1)) * f32(bound)).reshape(shape)


class CrossEntropy:
    """Of logits z [B, C] (1.8); `losses` [B], and `gradient` by z [B, C] of their mean (1.9)."""

    def __init__(self, z, labels):
        self.labels = labels
        m = z.max(axis=1)
        self.e = exp(z - m[:, None])
        self.total = row_sum(self.e)
        chosen = z[np.arange(len(labels)), labels]
        self.losses = log(self.total) - (chosen - m)

    def gradient(self):
        result = self.e * (f32(1) / self.total)[:, None]
        result[np.arange(len(self.labels)), self.labels] -= f32(1)
        return result * (f32(1) / f32(len(self.labels)))


class MeanSquaredError:
    """The same of the mean of squares over the classes (1.19)."""

    def __init__(self, z, labels):
        self.distance = z.copy()
        self.distance[np.arange(len(labels)), labels] -= f32(1)
        self.losses = dot(self.distance, self.distance) / f32(z.shape[1])

    def gradient(self):
        examples, classes = self.distance.shape
        return (self.distance * (f32(2) / f32(classes))) * (f32(1) / f32(examples))


LOSSES = {"cross-entropy": CrossEntropy, "mean-squared-error": MeanSquaredError}


class Loss:
    """A config's loss, of logits x [B, C] by their quotients with the temperature (1.19)."""

    def __init__(self, config):
        section = config.get("loss", {})
        self.kind = LOSSES[section.get("name", "cross-entropy")]
        self.set_temperature(section.get("temperature", 1))

    def set_temperature(self, value):
        self.temperature = f32(value)

    def of(self, logits, labels):
        """Losses [B], correctness [B], and a function for the gradient [B, C] by the logits."""
        z = logits / self.temperature
        part = self.kind(z, labels)
        return (
            part.losses, z.argmax(axis=1) == labels, lambda: part.gradient() / self.temperature)


class Normalisation:
    """Rows normalised forward; `backward` gives the gradients of input, weight and bias."""

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


def gelu_parts(x):
    """Φ(x) and GELU(x)."""
    phi = fma(f32(0.5), erf(x * KAPPA), f32(0.5))
    return phi, x * phi


def gelu_slope(x, phi):
    density = exp((x * x) * f32(-0.5)) * DENSITY
    return fma(x, density, phi)


class Transformer:
    """`parameters` is a dictionary in the order of the table in 1.8."""

    LAYER = "tf.layers.0."

    def __init__(self, config):
        model = config["model"]
        self.loss = Loss(config)
        self.tokens, self.width = tokens(config["task"]), model["width"]
        self.heads, self.feedforward = model["heads"], model["feedforward"]
        self.shared = model["embedding"] == "shared"
        V, D, F = self.tokens, self.width, self.feedforward
        scale = f32(model["embedding_scale"])

        def normal(stream, shape):
            return stream.normals(math.prod(shape)).reshape(shape) * scale

        def uniform(inputs):
            return lambda stream, shape: uniform_tensor(stream, shape, math.sqrt(1 / inputs))

        def xavier(stream, shape):
            return uniform_tensor(stream, shape, math.sqrt(6 / (3 * D + D)))

        def zeros(_, shape):
            return np.zeros(shape, f32)

        def ones(_, shape):
            return np.ones(shape, f32)

        tables = ["tok.weight", "pos.weight"] if self.shared else ["tok_a.weight", "tok_b.weight"]
        attention, layer = self.LAYER + "self_attn.", self.LAYER
        table = [
            (tables[0], (V, D), normal),
            (tables[1], (2 if self.shared else V, D), normal),
            (attention + "in_proj_weight", (3 * D, D), xavier),
            (attention + "in_proj_bias", (3 * D,), zeros),
            (attention + "out_proj.weight", (D, D), uniform(D)),
            (attention + "out_proj.bias", (D,), zeros),
            (layer + "linear1.weight", (F, D), uniform(D)),
            (layer + "linear1.bias", (F,), uniform(D)),
            (layer + "linear2.weight", (D, F), uniform(F)),
            (layer + "linear2.bias", (D,), uniform(F)),
            (layer + "norm1.weight", (D,), ones),
            (layer + "norm1.bias", (D,), zeros),
            (layer + "norm2.weight", (D,), ones),
            (layer + "norm2.bias", (D,), zeros),
            ("norm.weight", (D,), ones),
            ("norm.bias", (D,), zeros),
            ("head.weight", (V, D), uniform(D)),
            ("head.bias", (V,), uniform(D)),
        ]
        seed = int(config["seed"])
        self.parameters = {
            name: initial(Stream(seed, Stream.INITIAL_PARAMETERS, index), shape)
            for index, (name, shape, initial) in enumerate(table)}

    def _split(self, x):
        """The D columns of each row by head: [..., H, d]."""
        return x.reshape(x.shape[:-1] + (self.heads, -1))

    def _forward(self, pairs):
        """Everything of 1.8 up to the logits, kept for the gradient."""
        p, D, layer = self.parameters, self.width, self.LAYER
        a, b = pairs[:, 0], pairs[:, 1]
        s = type("Forward", (), {})()
        if self.shared:
            tok, pos = p["tok.weight"], p["pos.weight"]
            s.x0, s.x1 = tok + pos[0], tok + pos[1]
        else:
            s.x0, s.x1 = p["tok_a.weight"], p["tok_b.weight"]
        weight, bias = p[layer + "self_attn.in_proj_weight"], p[layer + "self_attn.in_proj_bias"]
        queries, keys, values = slice(0, D), slice(D, 2 * D), slice(2 * D, 3 * D)
        s.k0 = self._split(linear(s.x0, weight[keys], bias[keys]))
        s.v0 = self._split(linear(s.x0, weight[values], bias[values]))
        s.q1 = self._split(linear(s.x1, weight[queries], bias[queries]))
        s.k1 = self._split(linear(s.x1, weight[keys], bias[keys]))
        s.v1 = self._split(linear(s.x1, weight[values], bias[values]))

        s.c = f32(1 / math.sqrt(D // self.heads))
        s0, s1 = dot(s.q1[b], s.k0[a]) * s.c, dot(s.q1[b], s.k1[b]) * s.c
        m = np.where(s0 > s1, s0, s1)
        e0, e1 = exp(s0 - m), exp(s1 - m)
        z = e0 + e1
        s.w0, s.w1 = (e0 / z)[..., None], (e1 / z)[..., None]  # [B, H, 1]
        s.mixed = fma(s.w1, s.v1[b], s.w0 * s.v0[a]).reshape(len(pairs), D)

        out = linear(
            s.mixed, p[layer + "self_attn.out_proj.weight"], p[layer + "self_attn.out_proj.bias"])
        s.norm1 = Normalisation(
            out + s.x1[b], p[layer + "norm1.weight"], p[layer + "norm1.bias"])
        h = s.norm1.output
        s.before_gelu = linear(h, p[layer + "linear1.weight"], p[layer + "linear1.bias"])
        s.phi, s.g = gelu_parts(s.before_gelu)
        r2 = linear(s.g, p[layer + "linear2.weight"], p[layer + "linear2.bias"]) + h
        s.norm2 = Normalisation(r2, p[layer + "norm2.weight"], p[layer + "norm2.bias"])
        s.norm = Normalisation(s.norm2.output, p["norm.weight"], p["norm.bias"])
        s.logits = linear(s.norm.output, p["head.weight"], p["head.bias"])
        return s

    def losses(self, pairs, labels):
        losses, correct, _ = self.loss.of(self._forward(pairs).logits, labels)
        return losses, correct

    def gradient(self, pairs, labels):
        """The losses of a batch and the gradient of their mean, by parameter."""
        p, D, layer = self.parameters, self.width, self.LAYER
        s = self._forward(pairs)
        losses, _, logit_gradient = self.loss.of(s.logits, labels)
        g = {}
        # 1, 2
        dlogits = logit_gradient()
        g["head.weight"] = product(dlogits.T, s.norm.output)
        g["head.bias"] = column_sum(dlogits)
        df = product(dlogits, p["head.weight"])
        # 3
        de, g["norm.weight"], g["norm.bias"] = s.norm.backward(df)
        dr2, g[layer + "norm2.weight"], g[layer + "norm2.bias"] = s.norm2.backward(de)
        # 4
        g[layer + "linear2.weight"] = product(dr2.T, s.g)
        g[layer + "linear2.bias"] = column_sum(dr2)
        dg = product(dr2, p[layer + "linear2.weight"])
        dp = dg * gelu_slope(s.before_gelu, s.phi)
        g[layer + "linear1.weight"] = product(dp.T, s.norm1.output)
        g[layer + "linear1.bias"] = column_sum(dp)
        dh = product(dp, p[layer + "linear1.weight"]) + dr2
        dr1, g[layer + "norm1.weight"], g[layer + "norm1.bias"] = s.norm1.backward(dh)
        # 5
        g[layer + "self_attn.out_proj.weight"] = product(dr1.T, s.mixed)
        g[layer + "self_attn.out_proj.bias"] = column_sum(dr1)
        dmixed = self._split(product(dr1, p[layer + "self_attn.out_proj.weight"]))
        # 6
        a, b = pairs[:, 0], pairs[:, 1]
        w0, w1 = s.w0[..., 0], s.w1[..., 0]
        t0, t1 = dot(dmixed, s.v0[a]), dot(dmixed, s.v1[b])
        n = fma(w1, t1, w0 * t0)
        ds0 = ((w0 * (t0 - n)) * s.c)[..., None]
        ds1 = ((w1 * (t1 - n)) * s.c)[..., None]
        # 7
        dq1, dk0, dk1, dv0, dv1 = (np.zeros_like(s.q1) for _ in range(5))
        residual = np.zeros_like(s.x1)
        for i, (a, b) in enumerate(pairs):
            dq1[b] = fma(ds0[i], s.k0[a], dq1[b])
            dq1[b] = fma(ds1[i], s.k1[b], dq1[b])
            dk0[a] = fma(ds0[i], s.q1[b], dk0[a])
            dk1[b] = fma(ds1[i], s.q1[b], dk1[b])
            dv0[a] = fma(s.w0[i], dmixed[i], dv0[a])
            dv1[b] = fma(s.w1[i], dmixed[i], dv1[b])
            residual[b] = residual[b] + dr1[i]
        dq1, dk0, dk1, dv0, dv1 = (x.reshape(-1, D) for x in (dq1, dk0, dk1, dv0, dv1))
        # 8
        rows = np.concatenate([s.x0, s.x1])
        dk, dv = np.concatenate([dk0, dk1]), np.concatenate([dv0, dv1])
        g[layer + "self_attn.in_proj_weight"] = np.concatenate(
            [product(dq1.T, s.x1), product(dk.T, rows), product(dv.T, rows)])
        g[layer + "self_attn.in_proj_bias"] = np.concatenate(
            [column_sum(dq1), column_sum(dk), column_sum(dv)])
        # 9
        weight = p[layer + "self_attn.in_proj_weight"]
        dx0 = product(np.concatenate([dk0, dv0], axis=1), weight[D:])
        dx1 = product(np.concatenate([dq1, dk1, dv1], axis=1), weight) + residual
        # 10
        if self.shared:
            g["tok.weight"] = dx0 + dx1
            g["pos.weight"] = np.stack([column_sum(dx0), column_sum(dx1)])
        else:
            g["tok_a.weight"], g["tok_b.weight"] = dx0, dx1
        return losses, g


class MLP:
    def __init__(self, config):
        model = config["model"]
        sizes = [config["task"]["bits"]] + [model["width"]] * model["hidden_layers"] + [2]
        self.loss = Loss(config)
        self.depth = len(sizes) - 1
        self.parameters = {}
        for layer, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            for name, shape in (("weight", (outputs, inputs)), ("bias", (outputs,))):
                stream = Stream(
                    int(config["seed"]), Stream.INITIAL_PARAMETERS, len(self.parameters))
                self.parameters[f"layers.{layer}.{name}"] = uniform_tensor(
                    stream, shape, math.sqrt(1 / inputs))

    def _forward(self, x):
        """The input of each layer, and the logits."""
        inputs = []
        for layer in range(self.depth):
            inputs.append(x)
            x = linear(
                x, self.parameters[f"layers.{layer}.weight"],
                self.parameters[f"layers.{layer}.bias"])
            if layer < self.depth - 1:
                x = np.where(x > 0, x, f32(0))
        return inputs, x

    def losses(self, bits, labels):
        losses, correct, _ = self.loss.of(self._forward(bits)[1], labels)
        return losses, correct

    def gradient(self, bits, labels):
        inputs, logits = self._forward(bits)
        losses, _, logit_gradient = self.loss.of(logits, labels)
        dy, g = logit_gradient(), {}
        for layer in reversed(range(self.depth)):
            x = inputs[layer]
            g[f"layers.{layer}.weight"] = product(dy.T, x)
            g[f"layers.{layer}.bias"] = column_sum(dy)
            if layer > 0:
                dx = product(dy, self.parameters[f"layers.{layer}.weight"])
                dy = np.where(x > 0, dx, f32(0))
        return losses, g
