"""Sound but absurd records: they agree with each other and are within all ranges, but no run ever
gave them."""

import json

from forge import COLUMNS, Bundle, GOLDEN, bundled, merged, recorded

GREATEST, LEAST = 1.7976931348623157e308, 5e-324
BASE = GOLDEN / "tiny-addition-adamw.tar.zst"
# The runs are of the base's kind, so that they can predict it.
CONFIG = merged(json.loads(Bundle(BASE).files["data/config.json"]), {"seed": "43"})
# Of the 49 pairs modulo 7, the validation set has 25 and the training set 24.
TRAINING, VALIDATION = 24, 25


def row(loss, norm, right=0, other_loss=None):
    """A row in which `right` examples of each set are right."""
    return [loss, min(right, TRAINING) / TRAINING, loss if other_loss is None else other_loss,
            right / VALIDATION, norm]


def runs():
    """(name, records, checkpoints that are listed but left out, whether a replay is cheap)."""
    def run(changes, rows, initial=1.0, left_out=(), is_cheap=True):
        config = merged(CONFIG, {"checkpoint_interval": 0, **changes})
        return recorded(config, rows, initial), left_out, is_cheap

    def steps(count):
        return {"max_steps": 10 * (count - 1) + 1, "log_interval": 10}

    yield "no rows", *run({"max_steps": 1000}, [])
    yield "one row", *run({"max_steps": 1}, [row(1, 1)])
    yield "one row of the least", *run({"max_steps": 1}, [row(LEAST, LEAST)], LEAST)
    yield "one row of the greatest", *run({"max_steps": 1}, [row(GREATEST, GREATEST)], GREATEST)
    yield "all zero", *run(steps(5), [row(0, 0)] * 5, 0)
    yield "all the least", *run(steps(5), [row(LEAST, LEAST)] * 5, LEAST)
    yield "all the greatest", *run(steps(5), [row(GREATEST, GREATEST)] * 5, GREATEST)
    yield "least and greatest", *run(
        steps(6), [row(LEAST, GREATEST, 0, GREATEST), row(GREATEST, LEAST, VALIDATION, LEAST)] * 3,
        GREATEST)
    yield "1e307 and more", *run(steps(4), [row(1e307, 1e307), row(1.7e308, 1.7e308)] * 2, 1e307)
    yield "neighbours", *run(steps(4), [row(1, 1), row(1 + 2**-52, 1 + 2**-52)] * 2)
    yield "memorised from the start, the norm falls by 10^600", *run(
        steps(8), [row(1, GREATEST, TRAINING), *[row(1, LEAST, TRAINING)] * 6,
                   row(1, LEAST, VALIDATION)], GREATEST)
    yield "grokked at step 0", *run(steps(3), [row(0, 1, VALIDATION)] * 3)
    yield "V before the first update 10^308 times that after", *run(
        steps(3), [row(1, 1)] * 3, 1e308)
    yield "steps to 2^31", *run({"max_steps": 2**31, "log_interval": 2**30}, [row(1, 1)] * 2)
    yield "a log interval of 2^31", *run({"max_steps": 2**31, "log_interval": 2**31}, [row(1, 1)])
    yield "never stops after grokking", *run(
        {"max_steps": 2**31, "log_interval": 2**30, "stop.steps_after_grokking": 2**31},
        [row(1, 1, VALIDATION)] * 2)
    yield "rates at the edge of binary32", *run(
        {**steps(3), "optimizer.learning_rate": 3.4e38, "optimizer.weight_decay": 0,
         "optimizer.epsilon": 1.5e-45},
        [row(1, 1)] * 3)
    yield "a thousand changes on the way", *run(
        {"max_steps": 1001, "log_interval": 1000,
         "at": [{"set": {"batch": 1 + k % 9}, "step": k} for k in range(1000)]},
        [row(1, 1)] * 2)
    yield "a change beyond all numbers", *run(
        {**steps(3), "at": [
            *[{"scale": {"by": 1_000_000, "tensors": "all"}, "step": k} for k in range(1, 8)],
            {"hold": {"squared_norm": GREATEST}, "step": 9, "until": 2**31},
            {"perturb": {"element": 0, "tensor": "head.weight", "ulps": -2**31}, "step": 20}]},
        [row(1, 1)] * 3)
    added = {**steps(3), "log.columns": list(COLUMNS)}
    yield "columns of the greatest and the least", *run(
        added, [row(1, 1) + [value] * 20 + [share] * 2
                for value, share in ((GREATEST, 0), (LEAST, 1), (0, 0.5))])
    yield "columns and no rows", *run({**added, "max_steps": 1000}, [])
    yield "the largest modulus", *run(
        {**steps(1), "task.modulus": 1021, "model.width": 16}, [[1, 0, 1, 0, 1]], is_cheap=False)
    yield "the largest batch", *run({**steps(2), "batch": 65_536}, [row(1, 1)] * 2, is_cheap=False)
    yield "4096 checkpoints left out", *run(
        {"max_steps": 4096, "log_interval": 1, "checkpoint_interval": 1}, [row(1, 1)] * 4096,
        left_out=[f"checkpoints/step-{step:08}.safetensors" for step in range(4096)])
    yield "100 000 rows", *run(
        {"max_steps": 100_000, "log_interval": 1},
        [row(k * 1.7e303 + LEAST, GREATEST / (k + 1), k % VALIDATION) for k in range(100_000)],
        is_cheap=False)


def beyond():
    """(name, bytes) of bundles whose records agree with each other, with values that no run can
    have."""
    base = Bundle(BASE)
    config = merged(CONFIG, {"checkpoint_interval": 0, "max_steps": 11})
    usual = row(1, 1, 12)
    for column, name in enumerate(["train loss", "train accuracy", "validation loss",
                                   "validation accuracy", "norm"]):
        accuracies = (
            [1e6, 1e20, GREATEST, 1 + 2**-52, 0.123456789, LEAST] if "accuracy" in name else [])
        for value in [-LEAST, -1, -1.7e308, *accuracies]:
            changed = [value if place == column else number for place, number in enumerate(usual)]
            yield f"{name} of {value}", bundled(base, recorded(config, [usual, changed])).archived()
    added = merged(config, {"log.columns": ["batch_gradient", "zero_loss"]})
    for place, values in enumerate([[-1, 0], [-LEAST, 0], [0, -0.5], [0, 1.5], [0, 0.51],
                                    [0, 1e300]]):
        yield f"added columns of {values}", bundled(
            base, recorded(added, [usual + [1, 0.5], usual + values])).archived()
    plain = recorded(added, [usual + [1, 0.5]] * 2)
    for name, old, new in (
            ("an added column that is not there", b",zero_loss\n", b"\n"),
            ("added columns in another order", b"batch_gradient_squared_norm,zero_loss",
             b"zero_loss,batch_gradient_squared_norm"),
            ("an added column of another name", b",zero_loss\n", b",zero_losses\n"),
            ("an added column twice", b",zero_loss\n", b",batch_gradient_squared_norm\n")):
        changed = {**plain, "trace/metrics.csv": plain["trace/metrics.csv"].replace(old, new)}
        yield name, bundled(base, changed).archived()
    changed = {**recorded(config, [usual] * 2), "trace/metrics.csv": plain["trace/metrics.csv"]}
    yield "columns that the config does not add", bundled(base, changed).archived()
    yield "norms of -1.7e308 and 1.7e308", bundled(
        base, recorded(config, [row(1, -1.7e308), row(1, 1.7e308)])).archived()
    yield "V before the first update of -1", bundled(
        base, recorded(config, [usual] * 2, -1)).archived()


def paper():
    """Bundles of one cell of the paper over many seeds: memorised, grokked, and with values at the
    ends of all ranges."""
    base = Bundle(GOLDEN / "base.tar.zst")
    config = json.loads(base.files["data/config.json"])
    values = [GREATEST, LEAST, 1, 0, 1e307, 1e-300]
    for seed in range(42, 54):
        grokked = 4 + seed % 3
        rows = []
        # The stop rule ends a run at the first row more than 2000 steps after it has grokked.
        for place in range(grokked + 12):
            loss, norm = (values[(place * factor + seed) % len(values)] for factor in (1, seed))
            rows.append([loss, float(place >= 2), loss, float(place >= grokked), norm])
        changed = merged(config, {"seed": str(seed), "checkpoint_interval": 0})
        yield bundled(base, recorded(changed, rows, GREATEST, "grokked")).archived()


def bundles():
    """(name, bytes, records, whether a replay is cheap) of each."""
    base = Bundle(BASE)
    plain = recorded(merged(CONFIG, {"checkpoint_interval": 0, "max_steps": 11}), [row(1, 1)] * 2)
    for name, records, left_out, is_cheap in runs():
        yield name, bundled(base, records, left_out).archived(), records, is_cheap

    # Texts that are as long and as many as allowed. They are not results; regrok says of them only
    # that they differ.
    def told(name, path, content):
        other = base.copy()
        other.files[path] = content.encode()
        return name, bundled(other, plain).archived(), plain, False

    environment = "data/environment.json"
    yield told("a README of 1 MiB", "data/README.md", "x" * ((1 << 20) - 1) + "\n")
    yield told("an environment of one name of 1 MB", environment, '{"' + "x" * 1_000_000 + '":"y"}')
    yield told("an environment of one text of 1 MB", environment,
               '{"cpu":"' + "<" * 1_000_000 + '"}')
    yield told("an environment that obeys the terminal", environment,
               '{"cpu":"\\u001b[2J\\u001b]0;x\\u0007\\n\\r","\u009b2J":"\u202e"}')
    yield told("an environment of 60 000 keys", environment,
               "{" + ",".join(f'"{key:06}":1' for key in range(60_000)) + "}")
    yield told("an environment of a list of 400 000", environment,
               '{"cpu":[' + "1," * 400_000 + "1]}")
