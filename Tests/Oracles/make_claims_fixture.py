"""Writes Tests/AnalysisTests/Fixtures/claims.json: samples made here, and numpy's and scipy's
values of the statistics that a file of claims can ask for and of the distributions behind its
intervals.

What scipy lacks is written from its definition: between and within groups, the ratio of means, the
jackknife, and Cox's interval (Olsson, J. Stat. Educ. 13, 2005). The order statistics come from
scipy's binomial distribution.
"""

import json
import pathlib

import numpy
import scipy
import scipy.stats

FILE = pathlib.Path(__file__).resolve().parents[1] / "AnalysisTests" / "Fixtures" / "claims.json"
random = numpy.random.default_rng(20261125)


def line(x, y):
    fit = scipy.stats.linregress(x, y)
    return {"slope": fit.slope, "intercept": fit.intercept, "correlation": fit.rvalue,
            "r_squared": fit.rvalue**2}


def statistics(x, y):
    power = scipy.stats.linregress(numpy.log(x), numpy.log(y))
    return {
        "mean": x.mean(), "median": numpy.median(x), "deviation": x.std(),
        "variation": x.std() / x.mean(), "min": x.min(), "max": x.max(),
        "ratio": y.mean() / x.mean(), "exponent": power.slope, **line(x, y)}


def groups(x, y, g):
    """For the groups of g in ascending order: lines through their means, lines through the
    distances from these, and the numbers computed from the means of x."""
    keys = numpy.unique(g)
    mean_x = numpy.array([x[g == key].mean() for key in keys])
    mean_y = numpy.array([y[g == key].mean() for key in keys])
    within_x, within_y = (
        x - mean_x[numpy.searchsorted(keys, g)], y - mean_y[numpy.searchsorted(keys, g)])
    power = scipy.stats.linregress(numpy.log(keys), numpy.log(mean_x))
    fit = scipy.stats.linregress(keys, mean_x)
    return {
        "between": line(mean_x, mean_y), "within": line(within_x, within_y),
        "then": {
            "range": mean_x.max() - mean_x.min(),
            "relative_range": (mean_x.max() - mean_x.min()) / mean_x.mean(),
            "ratio": mean_x[-1] / mean_x[0], "min": mean_x.min(), "max": mean_x.max(),
            "mean": mean_x.mean(), "variation": mean_x.std() / mean_x.mean(),
            "exponent": power.slope, "slope": fit.slope,
            "correlation": fit.rvalue, "r_squared": fit.rvalue**2}}


def student(values):
    """The 95 % interval of a mean."""
    return list(scipy.stats.t.interval(
        0.95, len(values) - 1, loc=values.mean(), scale=scipy.stats.sem(values)))


def cox(values):
    logs, n = numpy.log(values), len(values)
    variance = logs.var(ddof=1)
    half = scipy.stats.t.ppf(0.975, n - 1) * numpy.sqrt(variance / n + variance**2 / (2 * (n - 1)))
    middle = logs.mean() + variance / 2
    return [numpy.exp(middle - half), numpy.exp(middle + half)]


def jackknife(items, figure, into, back):
    """Tukey's jackknife, on the scale that `into` leads to and `back` from."""
    n = len(items[0])
    without = numpy.array([into(figure(*[numpy.delete(item, k) for item in items]))
                           for k in range(n)])
    error = numpy.sqrt((n - 1) / n * ((without - without.mean())**2).sum())
    half = scipy.stats.t.ppf(0.975, n - 1) * error
    middle = into(figure(*items))
    return [back(middle - half), back(middle + half)]


def same(value):
    return value


def order_statistics(n):
    """The largest k for which k values or fewer lie below the median with a chance of at most
    0.025; at least 0."""
    k = 0
    while k + 1 < n // 2 and scipy.stats.binom.cdf(k + 1, n, 0.5) <= 0.025:
        k += 1
    return k


samples = []
for n, count in [(5, 2), (12, 3), (19, 4)]:
    g = numpy.sort(random.choice([53.0, 67.0, 89.0, 97.0][:count], n))
    g[:count] = [53.0, 67.0, 89.0, 97.0][:count]
    x = random.lognormal(6, 0.5, n)
    y = 0.7 * x + random.normal(0, 80, n) + g
    y = numpy.abs(y) + 1
    samples.append({
        "x": x.tolist(), "y": y.tolist(), "group": g.tolist(), "statistics": statistics(x, y),
        "groups": groups(x, y, g), "student": student(x), "cox": cox(x),
        "jackknife": {
            "variation": jackknife([x], lambda x: x.std() / x.mean(), numpy.log, numpy.exp),
            "deviation": jackknife([x], lambda x: x.std(), numpy.log, numpy.exp),
            "ratio": jackknife([x, y], lambda x, y: y.mean() / x.mean(), numpy.log, numpy.exp),
            "slope": jackknife([x, y], lambda x, y: scipy.stats.linregress(x, y).slope, same, same),
            "correlation": jackknife(
                [x, y], lambda x, y: scipy.stats.linregress(x, y).rvalue, numpy.arctanh,
                numpy.tanh)}})

content = {
    "made_with": f"numpy {numpy.__version__}, scipy {scipy.__version__}",
    "samples": samples,
    "student_quantiles": [scipy.stats.t.ppf(0.975, freedom) for freedom in range(1, 201)],
    "normal_tails": [[z, scipy.stats.norm.sf(z)] for z in numpy.arange(0, 8.01, 0.25).tolist()],
    "wilson": [
        [hits, n, *scipy.stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")]
        for n in [5, 10, 18, 60, 293] for hits in sorted({0, 1, n // 3, n - 1, n})],
    "order_statistics": [[n, order_statistics(n)] for n in range(5, 20)]}
content = json.loads(json.dumps(content, default=float))
FILE.write_text(json.dumps(content, indent=1) + "\n")
