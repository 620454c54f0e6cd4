"""Writes Tests/AnalysisTests/Fixtures/statistics.json: samples made here, and the values of scipy,
scikit-learn and numpy for them.

curve_fit runs with the tightest tolerances that scipy takes. In binary64, sums of squares determine
an optimum only to half their digits. So Gauss-Newton steps in extended precision follow, which must
stay within 1e-5 of scipy's answer. A second, independent search (which solves for the two linear
parameters at each exponent) confirms every optimum.
"""

import json
import pathlib

import numpy
import scipy.stats
import sklearn
from scipy.optimize import curve_fit, lsq_linear, minimize_scalar
from sklearn.linear_model import RANSACRegressor

FILE = (pathlib.Path(__file__).resolve().parents[1]
        / "AnalysisTests" / "Fixtures" / "statistics.json")
random = numpy.random.default_rng(20260313)


def model(t, amplitude, exponent, floor):
    return amplitude * numpy.exp(exponent * t) + floor


def polished(t, v, found, upper):
    """The same optimum to all digits. A floor that scipy leaves near its lower bound is put on the
    bound."""
    wide = numpy.longdouble
    t, v = t.astype(wide), v.astype(wide)
    point = numpy.array(found, dtype=wide)
    free = [0, 1, 2] if found[2] > 1e-6 * found[0] else [0, 1]
    if 2 not in free:
        point[2] = 0
    assert found[2] < upper * (1 - 1e-6)
    for _ in range(200):
        power = numpy.exp(point[1] * t)
        residual = point[0] * power + point[2] - v
        rows = numpy.stack([power, point[0] * t * power, numpy.ones_like(t)], axis=1)[:, free]
        scale = numpy.sqrt((rows ** 2).sum(axis=0))
        rows = rows / scale
        step = numpy.linalg.solve((rows.T @ rows).astype(float), (rows.T @ residual).astype(float))
        point[free] -= step / scale
    assert numpy.allclose(point[:2].astype(float), found[:2], rtol=1e-5, atol=0), (point, found)
    return [float(value) for value in point]


def exponential(t, v, decay):
    """Fits with the paper's bounds and start."""
    first, last = v[0], v[-1]
    start = [max(first - 0.9 * last, 1), numpy.log(1 - 2 * decay), 0.9 * last]
    tight = {"ftol": 1e-15, "xtol": 1e-15, "gtol": 1e-15, "max_nfev": 100_000}
    found, _ = curve_fit(model, t, v, p0=start, bounds=([0, -1, 0], [1e7, 0, 1.1 * first]), **tight)
    found = polished(t, v, found, 1.1 * first)

    def cost(log_rate):
        basis = numpy.stack([numpy.exp(-numpy.exp(log_rate) * t), numpy.ones_like(t)], axis=1)
        return 2 * lsq_linear(basis, v, bounds=([0, 0], [1e7, 1.1 * first]), tol=1e-15).cost

    residual = float(((v - model(t, *found)) ** 2).sum())
    around = numpy.log(-found[1])
    other = minimize_scalar(cost, bounds=(around - 1, around + 1), method="bounded",
                            options={"xatol": 1e-12})
    assert abs(other.fun - residual) <= 1e-9 * residual, (found, other.fun, residual)
    total = float(((v - v.mean()) ** 2).sum())
    return {"times": t.tolist(), "values": v.tolist(), "decay": decay, "amplitude": found[0],
            "exponent": found[1], "floor": found[2], "r_squared": 1 - residual / total}


def exponentials():
    cases = []
    for interval, count, decay, rate, amplitude, floor, noise in [
        (200, 16, 1e-3, 1.4e-3, 3600, 240, 0.01),
        (200, 20, 1e-3, 1.4e-3, 3600, 240, 0.03),
        (50, 60, 1e-3, 1.45e-3, 4000, 300, 0.01),
        (500, 25, 1e-4, 1.7e-4, 12000, 1500, 0.005),
        (500, 9, 1e-3, 1.3e-3, 2400, 260, 0.02),
        (200, 900, 1e-4, 1.2e-4, 9000, 700, 0.05),
        (200, 12, 2e-3, 2.7e-3, 2200, 240, 0.02),
        (200, 250, 2e-3, 2e-3, 13000, 0, 0.001),  # the floor ends on its bound
        (200, 7, 1e-3, 1.4e-4, 9000, 0, 0.0005),  # less than one decay time
        (1, 5, 1e-3, 0.5, 100, 10, 0.02),
    ]:
        t = numpy.arange(count) * float(interval)
        v = model(t, amplitude, -rate, floor) * (1 + noise * random.standard_normal(count))
        cases.append(exponential(t, numpy.abs(v), decay))
    return cases


def lines():
    cases = []
    for count, slope, intercept, noise in [(3, 2, 1, 0.1), (10, -3, 50, 5), (40, 1182, 884, 600),
                                           (200, 0.001, -7, 2)]:
        x = random.uniform(1, 10, count)
        y = slope * x + intercept + noise * random.standard_normal(count)
        fit = scipy.stats.linregress(x, y)
        positive = numpy.exp(1.7 * numpy.log(x) + 0.2 * random.standard_normal(count))
        power = scipy.stats.linregress(numpy.log(x), numpy.log(positive))
        cases.append({"x": x.tolist(), "y": y.tolist(), "slope": fit.slope,
                      "intercept": fit.intercept, "r": scipy.stats.pearsonr(x, y).statistic,
                      "error": fit.stderr, "power_y": positive.tolist(), "exponent": power.slope,
                      "exponent_error": power.stderr})
    return cases


def ransacs():
    cases = []
    for count, outliers in [(10, 2), (10, 5), (25, 8), (7, 0)]:
        x = random.uniform(0, 1, count)
        y = 14 * x + 1.3 + 0.3 * random.standard_normal(count)
        y[:outliers] += random.uniform(2, 6, outliers)
        states = []
        for state in range(20):
            fit = RANSACRegressor(random_state=state).fit(x[:, None], y)
            states.append({"slope": fit.estimator_.coef_[0], "intercept": fit.estimator_.intercept_,
                           "inliers": fit.inlier_mask_.tolist(), "score": fit.score(x[:, None], y)})
        cases.append({"x": x.tolist(), "y": y.tolist(), "states": states})
    return cases


def samples():
    cases = []
    for count in [1, 2, 5, 10, 101]:
        v = random.lognormal(3, 1, count)
        cases.append({"values": v.tolist(), "mean": v.mean(), "deviation": v.std(),
                      "median": numpy.median(v), "variation": v.std() / v.mean(),
                      "percentiles": {
                          str(q): numpy.percentile(v, q) for q in (0, 2.5, 33, 97.5, 100)}})
    return cases


def survivals():
    cases = []
    for count, share in [(5, 0.2), (10, 0), (10, 0.7), (41, 0.4), (1, 0), (10, 0.9)]:
        times = random.integers(1, 30, count) * 200.0
        censored = random.uniform(size=count) < share
        data = scipy.stats.CensoredData(uncensored=times[~censored], right=times[censored])
        curve = scipy.stats.ecdf(data).sf
        reached = curve.quantiles[curve.probabilities <= 0.5 + 1e-12]
        observed = set(times[~censored])
        reached = [t for t in reached if t in observed]
        cases.append({"times": times.tolist(), "observed": (~censored).tolist(),
                      "median": min(reached) if reached else None})
    return cases


def main():
    fixture = {"made_with": {"numpy": numpy.__version__, "scipy": scipy.__version__,
                             "scikit-learn": sklearn.__version__},
               "exponentials": exponentials(), "lines": lines(), "ransacs": ransacs(),
               "samples": samples(), "survivals": survivals(),
               "permutations": [
                   {"seed": s, "count": n,
                    "order": numpy.random.RandomState(s).permutation(n).tolist()}
                   for s, n in [(0, 10), (42, 10), (4294967295, 33), (7, 1), (1, 700)]]}
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(fixture, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
