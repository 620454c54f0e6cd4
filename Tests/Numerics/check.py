"""check.py REGROK PRODUCT: compares `regrok numerics` with other implementations, bit for bit.

PRODUCT is the program built from product.c. All NaNs count as equal, because it is undefined which
one results.
"""

import pathlib
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "SecondImplementation"))
import models
import numerics
from numerics import f32

regrok, product = sys.argv[1:]
random = np.random.default_rng(20261124)
np.seterr(all="ignore")


def call(program, *arguments):
    """Returns the program's output as 32-bit words; the last argument is its input."""
    *arguments, given = arguments
    answer = subprocess.run(
        [*program, *map(str, arguments)], input=given.tobytes(), capture_output=True, check=True)
    return np.frombuffer(answer.stdout, "<u4")


def ours(function, *arguments):
    return call([regrok, "numerics", function], *arguments)


def compare(name, found, expected):
    """Demands the same words, and returns their number."""
    expected = np.ravel(expected).astype(f32)
    numbers = found.view(f32)
    assert len(found) == len(expected), f"{name}: {len(found)} numbers, not {len(expected)}"
    same = (found == expected.view(np.uint32)) | (np.isnan(numbers) & np.isnan(expected))
    if not same.all():
        place = int(np.argmin(same))
        sys.exit(f"{name}: number {place} is {numbers[place]!r}, not {expected[place]!r}")
    return len(found)


def any_bits(*shape):
    """Every bit pattern is equally likely, including subnormals, infinities and NaNs."""
    return random.integers(0, 2**32, shape, np.uint32).view(f32)


def uneven(*shape, spread=20):
    """Values of many magnitudes, with zeros of both signs."""
    x = (random.normal(size=shape) * np.exp2(random.integers(-spread, spread, shape))).astype(f32)
    x[random.random(shape) < 0.05] = 0
    return np.copysign(x, random.normal(size=shape).astype(f32))


def cancelling(m, n, k):
    """Later products cancel earlier ones, except for their rounding."""
    a, b = uneven(m, k), uneven(k, n)
    half = k // 2
    a[:, half:2 * half] = -a[:, :half]
    b[half:2 * half] = b[:half]
    return a, b


def with_infinities(m, n, k):
    a, b = uneven(m, k), uneven(k, n)
    a[random.random(a.shape) < 0.02] = np.inf
    b[random.random(b.shape) < 0.02] = -np.inf
    return a, b


KINDS = {
    "uneven": lambda m, n, k: (uneven(m, k), uneven(k, n)),
    "subnormal": lambda m, n, k: (uneven(m, k) * f32(2.0**-70), uneven(k, n) * f32(2.0**-70)),
    "overflowing": lambda m, n, k: (uneven(m, k) * f32(2.0**60), uneven(k, n) * f32(2.0**60)),
    "infinities": with_infinities,
    "cancelling": cancelling,
    "any bits": lambda m, n, k: (any_bits(m, k), any_bits(k, n)),
}


def check_products():
    """Microsoft RepDL's definition: sequential fmaf over ascending k."""
    products = outputs = 0
    for kind, make in KINDS.items():
        for _ in range(20):
            m, n, k = (int(random.integers(1, most)) for most in (40, 70, 600))
            given = np.concatenate([np.ravel(x) for x in make(m, n, k)])
            expected = call([product], m, n, k, given).view(f32)
            found = ours("mm", "--m", m, "--n", n, "--k", k, given)
            outputs += compare(f"mm {m} x {n} x {k}, {kind}", found, expected)
            products += 1
    print(f"mm: {products} products, {outputs} outputs")


def philox(counter, key):
    """Philox4x32-10 as Salmon et al. describe it (SC'11), in Python's integers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [second >> 32 ^ c[1] ^ k[0], second & 0xFFFFFFFF, first >> 32 ^ c[3] ^ k[1],
             first & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def check_philox():
    known = {
        (0,) * 6: (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
        (0xFFFFFFFF,) * 6: (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0):
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    }
    found = ours("philox", np.array(list(known), np.uint32))
    assert found.tolist() == [word for answer in known.values() for word in answer], "known answers"
    blocks = random.integers(0, 2**32, (10_000, 6), np.uint32)
    expected = [word for block in blocks.tolist() for word in philox(block[:4], block[4:])]
    assert ours("philox", blocks).tolist() == expected, "random counters"
    print(f"philox: {len(known)} known answers of Random123, {len(blocks)} random blocks")


def check_streams():
    count = 0
    for seed in [0, 1, 42, 2**32, 2**64 - 1, *random.integers(0, 2**63, 5).tolist()]:
        for purpose in range(1, 5):
            index, amount = int(random.integers(0, 2**32)), int(random.integers(1, 400))
            flags = ["--seed", seed, "--purpose", purpose, "--index", index, "--count", amount]
            for name in ("uniform", "normal"):
                stream = numerics.Stream(seed, purpose, index)
                expected = getattr(stream, name + "s")(amount)
                count += compare(f"{name} {flags}", ours(name, *flags, np.zeros(0, f32)), expected)
    print(f"uniform, normal: {count} numbers of 40 streams each")


def check_zero_uniform():
    """Streams whose first uniform is 0. Then u1 is 1 and r is -0, and the normals are zeros with
    the signs of the products."""
    for index, signs in ((53861512, "-0 -0"), (56421490, "-0 0"), (68271327, "0 -0"),
                         (64368929, "-0 -0")):
        flags = ["--seed", 42, "--purpose", 1, "--index", index, "--count", 2]
        assert ours("uniform", *flags, np.zeros(0, f32)).view(f32)[0] == 0, index
        found = ours("normal", *flags, np.zeros(0, f32))
        compare(f"normal {flags}", found, np.array(signs.split(), f32))
        compare(f"normal {flags}", found, numerics.Stream(42, 1, index).normals(2))
    print("normal: -0 and +0 where a uniform is 0")


def check_elementary():
    for name in ("exp", "log", "erf", "cospi"):
        x = np.concatenate([any_bits(50_000), uneven(50_000, spread=8)])
        count = compare(name, ours(name, x), getattr(numerics, name)(x))
        print(f"{name}: {count} arguments")
    x = np.concatenate([any_bits(20_000), uneven(20_000, spread=5)])
    gelu = models.GELU(x)
    count = compare("gelu", ours("gelu", x), gelu.output)
    count += compare("gelu-derivative", ours("gelu-derivative", x), gelu.backward(f32(1)))
    print(f"gelu and its derivative: {count} arguments")


def softmax(x):
    e = numerics.exp(x - x.max(axis=1, keepdims=True))
    return e * (f32(1) / numerics.row_sum(e))[:, None]


def check_rows():
    sums = 0
    for columns in [*range(1, 70), *random.integers(70, 2000, 12).tolist()]:
        x = np.concatenate([uneven(9, columns), any_bits(3, columns)])
        sums += compare(
            f"rowsum of {columns}", ours("rowsum", "--columns", columns, x), numerics.row_sum(x))
    print(f"rowsum: {sums} rows")

    rows = 0
    for columns in [*range(1, 40), 97, 509]:
        x = uneven(9, columns, spread=5)
        compare(f"softmax of {columns}", ours("softmax", "--columns", columns, x), softmax(x))
        rows += len(x)
    print(f"softmax: {rows} rows")

    rows = 0
    for columns in range(16, 513, 16):
        x, weight, bias = uneven(9, columns, spread=4), uneven(columns), uneven(columns)
        found = ours("layernorm", "--columns", columns,
                     np.concatenate([weight, bias, np.ravel(x)]))
        expected = models.Normalisation(x, weight, bias).output
        compare(f"layernorm of {columns}", found, expected)
        rows += len(x)
    print(f"layernorm: {rows} rows")


if __name__ == "__main__":
    check_products()
    check_philox()
    check_streams()
    check_zero_uniform()
    check_elementary()
    check_rows()
    print("regrok numerics: all agree")
