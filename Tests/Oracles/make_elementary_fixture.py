"""Writes Tests/DeterministicNumericsTests/Fixtures/binary64.txt: arguments of the functions of
binary64, and their values from mpmath with 60 digits.

A line has the function, its argument (pow has two) and the binary64 number nearest to the real
value, each as bits, and then the real value minus that number, in millionths of a unit in the last
place. Of every 200 random arguments only the one is kept whose value lies closest to the midpoint
of two numbers. Then come places where the evaluation changes: multiples of ln 2 / 2, powers of two,
neighbours of 1 and of the square root of 2, the subnormal results, the largest.
"""

import math
import pathlib
import random
import struct

from mpmath import mp, mpf

FILE = pathlib.Path(__file__).parents[1] / "DeterministicNumericsTests/Fixtures/binary64.txt"
RANDOM = 300
mp.dps = 60
draw = random.Random(20261125)
functions = {"exp": mp.exp, "log": mp.log, "log10": mp.log10, "pow": mp.power}


def bits(x):
    return format(struct.unpack("<Q", struct.pack("<d", x))[0], "016x")


def nearest(value):
    """The nearest binary64 number, ties to even, and the rest in units in its last place."""
    if value == 0:
        return 0.0, mpf(0)
    exponent = max(mp.frexp(value)[1] - 53, -1074)
    scaled = mp.ldexp(value, -exponent)
    count = mp.nint(scaled)
    return math.ldexp(int(count), exponent), scaled - count


def outcome(name, arguments):
    number, rest = nearest(functions[name](*map(mpf, arguments)))
    return arguments, number, rest


def random_exponent():
    kind = draw.randrange(3)
    if kind == 0:
        return draw.uniform(-1, 1)
    if kind == 1:
        return draw.choice((-1, 1)) * math.ldexp(draw.uniform(1, 2), -draw.randrange(40))
    return draw.uniform(-745, 709.7)


def random_base():
    kind = draw.randrange(3)
    if kind == 0:
        return math.ldexp(draw.uniform(1, 2), draw.randrange(-1074, 1024))
    if kind == 1:
        return draw.uniform(0.5, 2)
    return 1 + draw.choice((-1, 1)) * math.ldexp(draw.uniform(1, 2), -draw.randrange(2, 50))


def random_arguments(name):
    if name == "exp":
        return (random_exponent(),)
    x = random_base()
    if name != "pow":
        return (x,)
    # Half the powers are of small integers.
    y = draw.randrange(-20, 21) if draw.random() < 0.5 else 0
    y = float(y) or random_exponent() / (math.log(x) or 1)
    value = y * math.log(x)
    return (x, y) if -744 < value < 709 else random_arguments(name)


def around(x):
    return (math.nextafter(x, -math.inf), x, math.nextafter(x, math.inf))


def places(name):
    if name == "exp":
        middles = [0.5, 1, 1.5, 2, 10.5, 100, 707.5, 1023.5, -0.5, -1, -1.5, -100.5, -1021, -1021.5,
                   -1022, -1022.5, -1023, -1050, -1074, -1074.5]
        found = [x for m in middles for x in around(float(m * mp.log(2)))]
        found += around(709.782712893384)[:2] + around(-745.1332191019411)[1:]
        found += [2.0**-k for k in (30, 52, 53, 54, 1074)]
        found += [-(2.0**-k) for k in (53, 54, 55, 1074)]
        return [(x,) for x in found]
    centres = [2.0**k for k in (-1022, -1000, -54, -2, -1, 0, 1, 2, 53, 1000, 1023)]
    centres += [10.0**k for k in (-5, -1, 1, 2, 15, 22)]
    centres += [math.sqrt(0.5), math.sqrt(2), math.e]
    found = [x for centre in centres for x in around(centre)] + [math.nextafter(math.inf, 0)]
    if name != "pow":
        return [(x,) for x in found]
    return [(x, y) for x in found for y in (0.5, -1.0, 1 / 3, 2.0**-40)]


def main():
    lines = []
    for name in functions:
        cases = [
            min((outcome(name, random_arguments(name)) for _ in range(200)),
                key=lambda case: abs(abs(case[2]) - mpf(1) / 2))
            for _ in range(RANDOM)
        ]
        cases += [outcome(name, arguments) for arguments in places(name)]
        for arguments, number, rest in cases:
            words = [bits(x) for x in (*arguments, number)]
            lines.append(" ".join([name, *words, str(int(mp.nint(rest * 10**6)))]))
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
