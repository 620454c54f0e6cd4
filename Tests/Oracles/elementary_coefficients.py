"""Prints the constants of Sources/DeterministicNumerics/Elementary: polynomials and erf's table.
The binary64 functions use two of these constants, and series with quotients as coefficients.

    python3 Tests/Oracles/elementary_coefficients.py            prints them
    python3 Tests/Oracles/elementary_coefficients.py --check    also looks for them in the sources

Needs only mpmath. A polynomial interpolates at the Chebyshev points of its interval, with 60
digits, and its coefficients are then rounded to binary64. Its error stays within a factor of two of
the smallest possible; the degree is chosen to keep it below the rounding errors of binary64.
Tests/ExhaustiveElementary decides whether any input still rounds wrongly.
"""

import pathlib
import sys

from mpmath import mp, mpf

mp.dps = 60
printed = []


def fit(function, low, high, degree):
    """Coefficients, lowest first, of the polynomial through the Chebyshev points of [low, high]."""
    count = degree + 1
    points = [
        (high + low) / 2 + (high - low) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * count))
        for i in range(count)
    ]
    powers = mp.matrix(count, count)
    for i, x in enumerate(points):
        for k in range(count):
            powers[i, k] = x**k
    return list(mp.lu_solve(powers, mp.matrix([function(x) for x in points])))


def literal(x):
    """The Swift literal of x rounded to binary64."""
    mantissa, _, exponent = float(x).hex().partition("p")
    text = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    text += "p" + exponent.lstrip("+")
    printed.append(text.lstrip("-"))
    return text


def show(title, values):
    print(title)
    for value in values:
        print("  ", literal(value))


def polynomial(title, function, low, high, degree):
    """Prints a fit, and the largest error that it has once its coefficients are rounded."""
    coefficients = fit(function, mpf(low), mpf(high), degree)
    show(title + ", lowest term first", coefficients)
    rounded = [mpf(float(c)) for c in coefficients]
    points = [low + (high - low) * mpf(i) / 1999 for i in range(2000)]
    error = max(abs(mp.polyval(rounded[::-1], x) - function(x)) for x in points)
    print(f"   error 2^{mp.nstr(mp.log(error, 2), 4)}")


def with_series(function, coefficient):
    """`function`; near zero, where it would cancel, the first terms of its series."""
    def value(x):
        if abs(x) < mpf(10) ** -7:
            return mp.fsum(coefficient(k) * x**k for k in range(8))
        return function(x)
    return value


show("log2(e)", [1 / mp.log(2)])
high = mp.floor(mp.log(2) * mpf(2) ** 32) / mpf(2) ** 32
show("ln 2, the first 32 bits and the rest", [high, mp.log(2) - high])

inverse = 1 / mp.log(10)
show("1 / ln 10, the first 53 bits and the rest", [inverse, inverse - mpf(float(inverse))])

largest = mp.log(2) / 2 * (1 + mpf(2) ** -20)
polynomial(
    "exp(r) = 1 + r + r²/2 + r³ P(r), |r| ≤ ln(2)/2",
    with_series(
        lambda r: (mp.exp(r) - 1 - r - r**2 / 2) / r**3, lambda k: 1 / mp.factorial(k + 3)),
    -largest, largest, 8)

largest = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * (1 + mpf(2) ** -20)
polynomial(
    "log(1 + f) = f - f²/2 + s (f²/2 + z Q(z)), s = f / (2 + f), z = s²",
    with_series(
        lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z, lambda k: mpf(2) / (2 * k + 3)),
    mpf(0), largest, 9)

polynomial(
    "cos(πr) = 1 + z C(z), z = r², |r| ≤ 1/4",
    with_series(
        lambda z: (mp.cos(mp.pi * mp.sqrt(z)) - 1) / z,
        lambda k: (-1) ** (k + 1) * mp.pi ** (2 * k + 2) / mp.factorial(2 * k + 2)),
    mpf(0), mpf(1) / 16, 7)
polynomial(
    "sin(πr) = r S(z)",
    with_series(
        lambda z: mp.sin(mp.pi * mp.sqrt(z)) / mp.sqrt(z),
        lambda k: (-1) ** k * mp.pi ** (2 * k + 1) / mp.factorial(2 * k + 1)),
    mpf(0), mpf(1) / 16, 7)

show("erf's series: second", [mpf(2) / 3, -mpf(1) / 3])
show("third", [-mpf(1) / 3, mpf(1) / 2])
show("fourth, and the step within it", [mpf(2) / 15, -mpf(2) / 5, mpf(1) / 10, mpf(5) / 12])
points = [mpf(k) / 128 for k in range(512)]
show("erf(k/128) and its slope there, in turns", [
    value for c in points for value in (mp.erf(c), 2 / mp.sqrt(mp.pi) * mp.exp(-c * c))])
show("√π/2", [mp.sqrt(mp.pi) / 2])
show("1/k! from the third on", [1 / mp.factorial(k) for k in range(3, 8)])

if "--check" in sys.argv:
    folder = pathlib.Path(__file__).parents[2] / "Sources/DeterministicNumerics/Elementary"
    sources = "".join(path.read_text() for path in sorted(folder.glob("*.swift")))
    words = sources.replace("-0x", " 0x").replace(",", " ").replace("(", " ").replace(")", " ")
    words = set(words.split())
    missing = [text for text in printed if text not in words]
    print("missing from the sources:", missing if missing else "none", file=sys.stderr)
    sys.exit(1 if missing else 0)
