"""Checks numerics.py itself, against exact rational arithmetic, mpmath and published answers."""

from fractions import Fraction

import mpmath
import numpy as np

import numerics
from numerics import f32


def rounded(exact):
    """A fraction rounded once to binary32."""
    if exact == 0:
        return f32(0)
    size = abs(exact)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if Fraction(2) ** exponent > size:
        exponent -= 1
    unit = Fraction(2) ** max(exponent - 23, -149)
    value = round(size / unit) * unit  # round() of a fraction: ties to even
    if value >= 2**128:
        value = np.inf
    return f32(-float(value) if exact < 0 else float(value))


def check_fma(random):
    count = 3000
    close = random.normal(size=(3, count)).astype(f32)
    close[2] = -(close[0] * close[1])
    apart = random.normal(size=(3, count)).astype(f32)
    apart[2] *= np.exp2(random.integers(-60, 60, count)).astype(f32)
    halfway = random.integers(1, 2**12, size=(3, count)).astype(f32)
    halfway[2] *= np.exp2(-random.integers(20, 40, count)).astype(f32)
    tiny = (random.normal(size=(3, count)) * 2.0**-70).astype(f32)
    tiny[2] *= f32(2.0**-75)
    for name, operands in dict(close=close, apart=apart, halfway=halfway, tiny=tiny).items():
        for a, b, c, found in zip(*operands, numerics.fma(*operands)):
            a, b, c = (Fraction(float(x)) for x in (a, b, c))
            assert found == rounded(a * b + c), (name, a, b, c, found)


def fraction(value):
    """An mpmath number as an exact fraction."""
    sign, mantissa, exponent, _ = mpmath.mpf(value)._mpf_
    return (-1) ** sign * int(mantissa) * Fraction(2) ** int(exponent)


def check_elementary(random):
    arguments = {
        "exp": random.uniform(-110, 89, 3000),
        "log": np.exp2(random.uniform(-149, 128, 3000)),
        "erf": random.normal(size=3000) * np.exp2(random.integers(-40, 3, 3000)),
        "cospi": random.integers(-(2**25), 2**25, 3000) * 2.0**-23,
    }
    for name, x in arguments.items():
        x = x.astype(f32)
        for argument, found in zip(x, getattr(numerics, name)(x)):
            with mpmath.workprec(300):
                exact = fraction(getattr(mpmath, name)(mpmath.mpf(float(argument))))
            assert found == rounded(exact), (name, argument, found)


def check_philox():
    """The known answers of Random123."""
    ones, pi = [0xFFFFFFFF] * 6, [
        0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0]
    answers = [([0] * 6, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
               (ones, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
               (pi, "d16cfe09 94fdcceb 5001e420 24126ea1")]
    for words, answer in answers:
        found = " ".join(f"{word:08x}" for word in numerics.philox(words[:4], words[4:]))
        assert found == answer, (words, found)


def check_decimals():
    """Part of the table of RFC 8785, appendix B."""
    for value, text in [
            (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
            (9007199254740992, "9007199254740992"),
            (295147905179352830000, "295147905179352830000"),
            (9.999999999999997e22, "9.999999999999997e+22"), (1e23, "1e+23"), (1e21, "1e+21"),
            (9.999999999999997e-7, "9.999999999999997e-7"), (0.000001, "0.000001"),
            (333333333.3333332, "333333333.3333332"),
            (-0.0000033333333333333333, "-0.0000033333333333333333"), (-0.0, "0")]:
        assert numerics.shortest_decimal(value) == text, (value, text)


if __name__ == "__main__":
    generator = np.random.default_rng(1)
    check_fma(generator)
    check_elementary(generator)
    check_philox()
    check_decimals()
    print("numerics.py: all checks pass")
