"""Prints the constants of Sources/DeterministicNumerics/Elementary: polynomials and the table of erf.

Needs mpmath alone. Polynomials interpolate at Chebyshev points in 60 digits, are converted to the
monomial basis and rounded to binary64; they exceed the smallest possible error by less than a factor
of two, and the degree is chosen so that this stays far below the rounding of binary64.
Which inputs still round wrongly is decided by Tests/ExhaustiveElementary, not here.
"""

from mpmath import mp, mpf

mp.dps = 60


def fit(function, low, high, degree):
    """The polynomial in x of this degree through Chebyshev points of [low, high], lowest term first."""
    low, high = mpf(low), mpf(high)
    count = degree + 1
    nodes = [mp.cos(mp.pi * (2 * i + 1) / (2 * count)) for i in range(count)]
    values = [function((high + low) / 2 + (high - low) / 2 * t) for t in nodes]
    vandermonde = mp.matrix(count, count)
    for i, t in enumerate(nodes):
        x = (high + low) / 2 + (high - low) / 2 * t
        for k in range(count):
            vandermonde[i, k] = x**k
    return list(mp.lu_solve(vandermonde, mp.matrix(values)))


def hexadecimal(x):
    """The Swift literal of x rounded to binary64."""
    mantissa, _, exponent = float(x).hex().partition("p")
    return mantissa.rstrip("0").rstrip(".") + "p" + exponent.lstrip("+")


def show(name, coefficients):
    print(f"// {name}, lowest term first")
    for c in coefficients:
        print(f"  {hexadecimal(c)}")


def error(name, polynomial, function, low, high):
    """Largest error of the rounded polynomial, as a power of two."""
    rounded = [mpf(float(c)) for c in polynomial]
    worst = mpf(0)
    for i in range(2001):
        x = mpf(low) + (mpf(high) - mpf(low)) * i / 2000
        if x == 0:
            continue
        worst = max(worst, abs(mp.polyval(rounded[::-1], x) - function(x)))
    print(f"// {name}: error {mp.nstr(mp.log(worst, 2), 5)} bits (absolute, in this factor)")


def taylor_tail(function, terms):
    """function without the cancellation near zero: falls back on the series when x is small."""
    def evaluate(x):
        if abs(x) < mpf(10) ** -8:
            return mp.fsum(t * x**k for k, t in enumerate(terms))
        return function(x)
    return evaluate


# exp(r) = 1 + r + r^2 P(r), |r| <= ln(2)/2
half = mp.log(2) / 2 * (1 + mpf(2) ** -20)
exp_tail = taylor_tail(lambda r: (mp.exp(r) - 1 - r) / r**2,
                       [1 / mp.factorial(k + 2) for k in range(6)])
for degree in (8, 9):
    p = fit(exp_tail, -half, half, degree)
    show(f"exp: P of degree {degree}", p)
    error("exp", p, exp_tail, -half, half)

# log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f / (2 + f), R(z) = z Q(z), 1 + f in [sqrt(1/2), sqrt(2)]
largest = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * (1 + mpf(2) ** -20)
def atanh_tail(z):
    s = mp.sqrt(z)
    return (2 * mp.atanh(s) / s - 2) / z
log_tail = taylor_tail(atanh_tail, [mpf(2) / (2 * k + 3) for k in range(6)])
p = fit(log_tail, 0, largest, 9)
show("log: Q", p)
error("log", p, log_tail, 0, largest)

# cos(pi r) = 1 + z C(z), sin(pi r) = r S(z), z = r^2, |r| <= 1/4
cos_tail = taylor_tail(lambda z: (mp.cos(mp.pi * mp.sqrt(z)) - 1) / z,
                       [(-1) ** (k + 1) * mp.pi ** (2 * k + 2) / mp.factorial(2 * k + 2) for k in range(6)])
sin_tail = taylor_tail(lambda z: mp.sin(mp.pi * mp.sqrt(z)) / mp.sqrt(z),
                       [(-1) ** k * mp.pi ** (2 * k + 1) / mp.factorial(2 * k + 1) for k in range(6)])
p = fit(cos_tail, 0, mpf(1) / 16, 7)
show("cospi: C", p)
error("cospi cosine", p, cos_tail, 0, mpf(1) / 16)
p = fit(sin_tail, 0, mpf(1) / 16, 7)
show("cospi: S", p)
error("cospi sine", p, sin_tail, 0, mpf(1) / 16)

print("// log2(e), ln(2) high (32 bits) and low")
high = mp.floor(mp.log(2) * mpf(2) ** 32) / mpf(2) ** 32
print(" ", hexadecimal(1 / mp.log(2)), hexadecimal(high), hexadecimal(mp.log(2) - high))

print("// erf: erf(k/128), 2/sqrt(pi) exp(-(k/128)^2)")
for k in range(512):
    c = mpf(k) / 128
    print(f"    {hexadecimal(mp.erf(c))}, {hexadecimal(2 / mp.sqrt(mp.pi) * mp.exp(-c * c))},")
