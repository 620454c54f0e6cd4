"""SPEC.md, sections 1.1 to 1.6, and numbers as text: the arithmetic in numpy.

It is written from that text alone, so that the text is tested too. It is slow, and performs each
operation in the text's order. Arrays are binary32 unless a name says otherwise; numpy rounds each
+, -, *, / and sqrt once, to nearest even. D, B and other integers become binary32 where they meet
an array.
"""

import mpmath
import numpy as np
from scipy import special

f32 = np.float32
LANES = 16


# MARK: 1.1 Fused multiply-add


def fma(a, b, c):
    """a·b + c, rounded once.

    The binary64 product of binary32 values is exact. Its sum with c, in binary64, rounds to the
    same binary32 value as the exact sum, unless it lies midway between two binary32 values or is so
    small that it becomes subnormal.
    """
    product = np.multiply(a, b, dtype=np.float64)
    total = np.asarray(product + c)
    hard = (total.view(np.int64) & 0x1FFFFFFF) == 0x10000000
    small = np.abs(total) < 2.0**-126
    if hard.any() or small.any() and (small & (total != 0)).any():
        total = _rounded_to_odd(product, np.asarray(c, dtype=np.float64), total)
    return total.astype(f32)


def _rounded_to_odd(product, addend, total):
    """The exact sum as binary64, rounded to odd. It keeps all that the rounding to binary32 needs
    (53 bits are more than 24 + 2). `total` is that sum rounded to nearest."""
    # Knuth's two-sum gives the exact error of `total`, which is not zero if `total` is inexact.
    part = total - product
    error = (product - (total - part)) + (addend - part)
    # An inexact and even total moves to its neighbour on the side of the exact sum.
    bits = total.view(np.int64)
    away = np.where((error > 0) == (total > 0), 1, -1)
    moves = ((error > 0) | (error < 0)) & ((bits & 1) == 0)
    return (bits + away * moves).view(np.float64)


# MARK: 1.2 to 1.4 Products and sums


def product(a, b):
    """A·B, each output one chain of fma over ascending k from +0."""
    result = np.zeros((a.shape[0], b.shape[1]), f32)
    for k in range(a.shape[1]):
        result = fma(a[:, k, None], b[None, k, :], result)
    return result


def linear(x, weight, bias):
    """x·Wᵀ + b."""
    return product(x, weight.T) + bias


def _lanes(x):
    """[..., n] → [..., ⌈n/16⌉, 16], filled with +0, which changes no lane, because none is -0."""
    fill = -x.shape[-1] % LANES
    x = np.concatenate([x, np.zeros(x.shape[:-1] + (fill,), x.dtype)], axis=-1)
    return x.reshape(x.shape[:-1] + (-1, LANES))


def _tree(lanes):
    for width in (8, 4, 2, 1):
        lanes = lanes[..., :width] + lanes[..., width:2 * width]
    return lanes[..., 0]


def row_sum(x):
    """The sum over the last axis; in binary64 if x is."""
    parts = _lanes(x)
    lanes = np.zeros(parts.shape[:-2] + (LANES,), x.dtype)
    for i in range(parts.shape[-2]):
        lanes = lanes + parts[..., i, :]
    return _tree(lanes)


def dot(x, y):
    """The sum of products over the last axis."""
    x, y = map(_lanes, np.broadcast_arrays(x, y))
    lanes = np.zeros(x.shape[:-2] + (LANES,), f32)
    for i in range(x.shape[-2]):
        lanes = fma(x[..., i, :], y[..., i, :], lanes)
    return _tree(lanes)


def column_sum(x):
    result = np.zeros(x.shape[1:], f32)
    for row in x:
        result = result + row
    return result


def column_sum_of_products(x, y):
    result = np.zeros(x.shape[1:], f32)
    for row_x, row_y in zip(x, y):
        result = fma(row_x, row_y, result)
    return result


# MARK: 1.5 Elementary functions, correctly rounded


def _round_once(value):
    """An mpmath number as binary32, by way of binary64 rounded to odd."""
    with mpmath.workprec(53):
        truncated = mpmath.mpf(value, rounding="d")
    bits = np.float64(float(truncated)).view(np.int64)
    if truncated != value:
        bits |= 1
    return bits.view(np.float64).astype(f32)


def _correctly_rounded(fast, exact):
    """`fast` (binary64, accurate to 2^-48) where its error cannot matter, otherwise `exact`
    (mpmath)."""

    def function(x):
        x = np.asarray(x, dtype=f32)
        with np.errstate(all="ignore"):
            wide = fast(x.astype(np.float64))
            low = (wide * (1 - 2.0**-48)).astype(f32)
            high = (wide * (1 + 2.0**-48)).astype(f32)
        result = np.array(low)
        for index in zip(*np.nonzero((low != high) & ~np.isnan(wide))):
            with mpmath.workprec(200):
                result[index] = _round_once(exact(mpmath.mpf(float(x[index]))))
        return result

    return function


def _cospi64(x):
    """cos(πx) in binary64, by exact reduction to [0, 1/4]."""
    r = np.fmod(np.abs(x), 2.0)
    r = np.where(r > 1, 2 - r, r)
    negative = r > 0.5
    r = np.where(negative, 1 - r, r)
    value = np.where(r > 0.25, np.sin(np.pi * (0.5 - r)), np.cos(np.pi * r))
    return np.where(negative, -value, value)


exp = _correctly_rounded(np.exp, mpmath.exp)
log = _correctly_rounded(np.log, mpmath.log)
erf = _correctly_rounded(special.erf, mpmath.erf)
cospi = _correctly_rounded(_cospi64, mpmath.cospi)


# MARK: 1.6 Random numbers


def philox(counter, key):
    """Philox4x32-10 of counters [..., 4] under a key of two words; all words are 32-bit."""
    words = np.asarray(counter, dtype=np.uint64)
    c0, c1, c2, c3 = (words[..., i] for i in range(4))
    k0, k1 = map(np.uint64, key)
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    for _ in range(10):
        first, second = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (
            (second >> shift) ^ c1 ^ k0, second & low, (first >> shift) ^ c3 ^ k1, first & low)
        k0 = (k0 + np.uint64(0x9E3779B9)) & low
        k1 = (k1 + np.uint64(0xBB67AE85)) & low
    return np.stack([c0, c1, c2, c3], axis=-1).astype(np.uint32)


class Stream:
    """The words of one stream, in order."""

    INITIAL_PARAMETERS, EXAMPLE_ORDER, BATCH, EXAMPLES = 1, 2, 3, 4
    rejected = 0  # words that `below` has thrown away, of all streams

    def __init__(self, seed, purpose, index):
        self.key = (seed & 0xFFFFFFFF, seed >> 32)
        self.purpose, self.index = purpose, index
        self.blocks = 0
        self.ready = np.zeros(0, np.uint32)

    def words(self, count):
        missing = count - len(self.ready)
        if missing > 0:
            more = max(-(-missing // 4), 64)
            number = np.arange(self.blocks, self.blocks + more, dtype=np.uint64)
            self.blocks += more
            counter = np.stack([
                number & np.uint64(0xFFFFFFFF), number >> np.uint64(32),
                np.full(more, self.index, np.uint64), np.full(more, self.purpose, np.uint64)],
                axis=-1)
            self.ready = np.concatenate([self.ready, philox(counter, self.key).reshape(-1)])
        taken, self.ready = self.ready[:count], self.ready[count:]
        return taken

    def uniforms(self, count):
        return (self.words(count) >> np.uint32(8)).astype(f32) * f32(2.0**-24)

    def below(self, n):
        """An integer in 0 ..< n."""
        multiple = int(self.words(1)[0]) * n
        if multiple % 2**32 < n:
            threshold = (2**32 - n) % n
            while multiple % 2**32 < threshold:
                Stream.rejected += 1
                multiple = int(self.words(1)[0]) * n
        return multiple // 2**32

    def shuffled(self, n):
        """The list 0 ..< n, shuffled."""
        items = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items

    def normals(self, count):
        u = self.uniforms(2 * -(-count // 2)).reshape(-1, 2)
        r = np.sqrt(f32(-2) * log(f32(1) - u[:, 0]))
        a = f32(2) * u[:, 1]
        return np.stack([r * cospi(a), r * cospi(a - f32(0.5))], axis=-1).reshape(-1)[:count]


# MARK: Numbers as text


def shortest_decimal(value):
    """The shortest decimal that reads back, laid out as ECMAScript's Number::toString does."""
    value = float(value)
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    # The value is 0.d1d2d3... × 10^exponent.
    exponent = int(power or 0) + len(whole) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= exponent <= 21:
        return sign + digits + "0" * (exponent - count)
    if 0 < exponent <= 21:
        return sign + digits[:exponent] + "." + digits[exponent:]
    if -6 < exponent <= 0:
        return sign + "0." + "0" * -exponent + digits
    mantissa = digits if count == 1 else digits[0] + "." + digits[1:]
    return f"{sign}{mantissa}e{exponent - 1:+d}"
