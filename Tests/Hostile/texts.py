"""Configs, plans, files of claims, lists of signers and files of spectra that strangers send."""

BOMB = "".join(
    [f"{name}: &{name} [{', '.join([f'*{last}'] * 9) if last else ', '.join('0' * 9)}]\n"
     for last, name in zip([None, *"abcdefghijk"], "abcdefghijkl")])
CONFIG = ("task: {name: modular-addition, modulus: 7}\n"
          "model: {width: 16, heads: 2, feedforward: 32}\n"
          "batch: 16\nmax_steps: 3\nlog_interval: 1\n")
PLAN = ("preset: tiny\nset: {max_steps: 3, log_interval: 1, checkpoint_interval: 0}\n"
        "experiments:\n  - name: a\n")


def yaml():
    """(name, bytes) of texts that are neither a config nor a plan."""
    yield "bomb in a key", (BOMB + "? *l\n: 1\n").encode()
    yield "bomb in a key, anchors inside", b"? [&a [0,0], &b [*a,*a], &c [*b,*b], *c]\n: 1\n"
    yield "bomb in a value", (BOMB + "z: *l\n").encode()
    yield "an anchor that holds itself", b"a: &a [*a]\n"
    yield "merge", b"a: &a {b: 1}\n<<: *a\n"
    yield "30 000 keys that are lists", b"? [a]\n: 1\n" * 6_000
    yield "64 KiB of [", b"[" * 65_000
    yield "64 KiB of {", b"{" * 65_000
    yield "64 KiB of ?", b"? " * 32_000
    yield "64 KiB of -", b"- " * 32_000
    yield "64 KiB of nested keys", b"".join(b" " * k + b"a:\n" for k in range(340))
    yield "64 KiB of '", b"'" * 65_000
    yield "64 KiB of #", b"#" * 65_000
    yield "64 KiB of documents", b"---\n" * 16_000
    yield "64 KiB of tags", b"!a " * 21_000
    yield "a tag", b"batch: !!str 16\n"
    yield "a tag on a key", b"!!int batch: 16\n"
    yield "a tag of another", b"batch: !<tag:yaml.org,2002:str> 16\n"
    yield "a directive", b"%YAML 9.9\n---\nbatch: 16\n"
    yield "a tag directive", b"%TAG ! tag:x,2000:\n---\n!x {batch: 16}\n"
    yield "a key twice", b"batch: 16\nbatch: 17\n"
    yield "null", b"~\n"
    yield "a list", b"[batch]\n"
    yield "NUL", b"batch: 16\n\0\n"
    yield "ESC", b"\x1b[2J: 1\n"
    yield "ESC in a text", b'seed: "\\e[2J"\n'
    yield "C1", b"\xc2\x9b2J: 1\n"
    yield "bidi", "\u202ebatch: 16\n".encode()
    yield "no-break space", "batch:\u00a016\n".encode()
    yield "not UTF-8", b"batch: \xff\n"
    yield "UTF-16", "batch: 16\n".encode("utf-16")
    yield "a number of 60 000 digits", b"batch: " + b"9" * 60_000 + b"\n"
    yield "an exponent of 60 000 digits", b"optimizer: {learning_rate: 1e" + b"9" * 60_000 + b"}\n"
    yield "a key of 60 000 letters", b"a" * 60_000 + b": 1\n"
    yield "70 000 bytes", b"#" * 70_000
    yield "a mebibyte", b"batch: 16\n" * 100_000


def configs():
    """(name, bytes, statuses) of configs."""
    yield "good", CONFIG.encode(), {0}
    yield "a byte order mark", b"\xef\xbb\xbf" + CONFIG.encode(), {0}
    for name, text in yaml():
        yield name, text, {64}
    for key, value in [
            ("seed", -1), ("seed", 2**64), ("batch", 0), ("max_steps", 2**31 + 1),
            ("max_steps", "1e300"), ("log_interval", 0), ("checkpoint_interval", -1),
            ("stop.memorized", ".nan"), ("task.modulus", 10**18), ("task.train_fraction", 1e-300),
            ("model.width", 2**62), ("model.heads", 0), ("optimizer.epsilon", 0),
            ("optimizer.beta1", 1), ("optimizer.learning_rate", "1e400"),
            ("stop.steps_after_grokking", 2**63)]:
        section, _, last = key.rpartition(".")
        yield (f"{key} {value}",
               (f"{section}: {{{last}: {value}}}\n" if section else f"{key}: {value}\n").encode(),
               {64})
    # It is valid, and diverges before the first row; that is not a bug.
    yield ("a rate that diverges",
           (CONFIG + "optimizer: {name: sgd, decay_convention: lambda, learning_rate: 1e38}\n"
            ).encode(), {0})
    for version in [0, 2, 2**31 - 1]:
        yield f"numerics {version}", f"numerics: {version}\n".encode(), {4, 64}


def plans():
    """(name, bytes, statuses) of plans, for `sweep --dry-run`."""
    yield "good", PLAN.encode(), {0}
    yield "a byte order mark", b"\xef\xbb\xbf" + PLAN.encode(), {0}
    for name, text in yaml():
        yield name, text, {64}
    many = ", ".join(["0..19999"] * 7_000)
    yield "7 000 ranges of 20 000 seeds", (PLAN + f"    seeds: [{many}]\n").encode(), {64}
    yield ("500 ranges of 20 000 seeds",
           (PLAN + f"    seeds: [{', '.join(['0..19999'] * 500)}]\n").encode(), {64})
    yield "2^64 seeds", (PLAN + "    seeds: 0..18446744073709551615\n").encode(), {64}
    yield "seeds that fall", (PLAN + "    seeds: 10..1\n").encode(), {64}
    values = "[" + ", ".join(str(1 + k) for k in range(199)) + "]"
    keys = ["batch", "log_interval", "max_steps", "task.modulus", "model.width", "model.heads",
            "stop.grokked", "checkpoint_interval"]
    grid = "".join(f"      {key}: {values}\n" for key in keys)
    yield "a grid of 199^8", (PLAN + "    grid:\n" + grid).encode(), {64}
    yield "1500 values by 20 000 seeds", (
        PLAN + "    seeds: 0..19999\n    grid: {batch: ["
        + ", ".join(str(1 + k) for k in range(1500)) + "]}\n").encode(), {64}
    where = "".join("      - {if: {batch: 1}, set: {max_steps: 2}}\n" for _ in range(1000))
    yield ("1000 alternatives by 10 000 seeds",
           (PLAN + "    grid: {batch: [1, 2]}\n    seeds: 0..9999\n    where:\n" + where).encode(),
           {0, 64})
    names = "".join(f"  - {{name: n{k}, seeds: 0..19999}}\n" for k in range(1500))
    yield ("1500 experiments of 20 000 seeds",
           ("preset: tiny\nexperiments:\n" + names).encode(), {64})
    yield ("a name that obeys the terminal",
           'preset: tiny\nexperiments:\n  - {name: "\\e[2J\\u202e", seeds: [1, 1]}\n'.encode(),
           {0, 64})
    yield ("a name of 60 000 letters",
           ("preset: tiny\nexperiments:\n  - {name: " + "x" * 60_000 + "}\n").encode(), {0, 64})
    # Divergence while it is timed is not a bug.
    yield "rates that diverge", (
        "preset: tiny\nset: {checkpoint_interval: 0, optimizer.learning_rate: 1e30}\n"
        "experiments:\n  - name: a\n").encode(), {0}


PROGRAM = 'run: [sh, -c, "exit 0", "{config.lr}"]\nconfig: {lr: 1, seed: 0}\ninputs: []\n'


def programs():
    """(name, plan, content of p.yaml or None, statuses) of plans that name a program file, for
    `sweep --dry-run`. A FIFO lies beside the plan."""
    one = "program: p.yaml\nexperiments:\n  - name: a\n"
    yield "good", one + "    seeds: 1..3\n", PROGRAM, {0}
    yield "no file", one, None, {64}
    for place in ["fifo", "/dev/zero", "/dev/null", "/dev/stdin", "-", ".", "/proc/self/mem",
                  "plan.yaml", "a\\0b", "\\e[2J", "x" * 5000]:
        yield (f"the file {place[:20]}",
               f'program: "{place}"\nexperiments: [{{name: a}}]\n', PROGRAM, {64})
        # The plan has keys, so it can be a config; an empty file is a config without keys.
        yield (f"the config {place[:20]}", one, f'run: [sh]\nconfig: "{place}"\ninputs: []\n',
               {0} if place in ["plan.yaml", "/dev/null", "/dev/stdin"] else {64})
    yield ("its own config", one + "    set: {config: 1}\n",
           "run: [sh]\nconfig: p.yaml\ninputs: []\n", {0})
    yield "20 001 runs", one + "    seeds: 0..20000\n", PROGRAM, {64}
    yield "5 000 runs", one + "    seeds: 1..5000\n", PROGRAM, {0}
    large = "run: [sh]\ninputs: []\nconfig:\n  seed: 0\n" + "".join(
        f"  k{k}: 0\n" for k in range(90_000))
    yield "20 000 configs of a megabyte", one + "    seeds: 0..19999\n", large, {64}
    yield "a megabyte, and a key that is none", one + "    set: {kk: 0}\n", large, {64}
    dots = "a" + ".a" * 20_000
    yield ("a key of 20 000 dots", one + f"    set: {{{dots}: 0}}\n",
           "run: [sh]\nconfig: " + "{a: " * 15 + "1" + "}" * 15 + "\ninputs: []\n", {64})
    many = "".join(f"  - {{name: n{k}, program: ./{'./' * k}p.yaml}}\n" for k in range(150))
    yield "150 files", "experiments:\n" + many, PROGRAM, {64}
    yield ("a file that obeys the terminal", one,
           'run: ["\\e[2J\\u202e"]\nconfig: {"\\e[2J": 1}\ninputs: []\n', {0})
    yield "a key that obeys the terminal", one + '    set: {"\\e[2J\\u202e": 1}\n', PROGRAM, {64}
    yield "an input outside", one, "run: [sh]\ninputs: [../..]\n", {64}
    yield "a pipe as input", one, "run: [sh]\ninputs: [fifo]\n", {0}
    yield "no program", one, "inputs: []\n", {64}
    yield "a plan as program", one, PLAN, {64}
    yield ("a word of a key that is none", one,
           'run: [sh, "{config.rl}"]\nconfig: {lr: 1}\ninputs: []\n', {64})
    for name, text in yaml():
        yield f"as program: {name}", one, text, {64}


def signers(key):
    """(name, bytes, statuses) of files of allowed signers, for a bundle signed with `key` (its
    public half)."""
    yield "good", f"ada {key}\n".encode(), {0}
    yield "a name that obeys the terminal", f'"\x1b[2J\u202eada" {key}\n'.encode(), {0, 2, 3, 64}
    yield "a name of 60 000 letters", ("a" * 60_000 + f" {key}\n").encode(), {0, 3, 64}
    for name, content in [
            ("empty", b""), ("the key itself", key.encode() + b"\n"),
            ("an option that is none", f"ada bogus {key}\n".encode()),
            ("expired", f'ada valid-before="20200101" {key}\n'.encode()),
            ("NUL", b"ada \0\n" * 1000), ("no text", b"\xff\xfe" * 10_000),
            ("a line of a mebibyte", b"a" * (1 << 20)),
            ("no line end", b"ada ssh-ed25519 AAAA")]:
        yield name, content, {2, 3, 64}


def spectra():
    """(name, bytes) of files below `spectra` that are not spectra."""
    header = "result_sha256,step,parameters_sha256,n_b,n_c,power_0\n"
    yield "empty", b""
    yield "a header", header.encode()
    yield "no text", b"\xff" * 1000
    yield "of no bundle", (header + "0" * 64 + ",0," + "0" * 64 + ",1,1,1\n").encode()
    yield ("a step of 2^64",
           (header + "0" * 64 + ",18446744073709551616," + "0" * 64 + ",1,1,1\n").encode())
    yield "a mebibyte of commas", header.encode() + b"," * (1 << 20)


# Claims that ask for all there is on any runs: figures, fits, spectra, predictors, every statistic.
CLAIMS = """title: Of whatever is there
define: {x: last(squared_norm), y: last(validation_loss), g: optimizer.name, d: t_grok - t_mem}
experiments: {all: {where: true, spectra: low}}
claims:
  - says: Something holds
    headline: {name: h, runs: all, mean: x, paper: 3e2, \
band: {within: 15 %, source: ours}, scale: logarithmic}
    published:
      - {name: '{s}', runs: all, each: {s: [mean, median, deviation, variation]}, \
mean: '{s}_x', band: {above: 1, source: ours}}
      - {name: line, runs: all, slope: {x: x, y: y}, band: {above: 1, source: ours}}
      - {name: law, runs: all, exponent: {x: x, y: y}, band: {below: 1e300, source: ours}}
      - {name: counted, runs: all, count: has(t_grok), band: {exactly: 0, source: ours}}
      - {name: shared, runs: all, share: has(t_grok), band: {at_most: 0.1, source: ours}}
    beside:
      - {name: m, runs: all, median: x}
      - {name: v, runs: all, variation: y * x}
      - {name: f, runs: all, mean: fit.rate + fit.gamma * fit.floor}
      - {name: p, runs: all, mean: abs(predicted.fitted - d) / d}
      - {name: q, runs: all, mean: predicted.first_passage + predicted.mean_delay}
      - {name: r, runs: all, r_squared: {x: x, y: y, within: g}}
      - {name: o, runs: all, ratio: {of: x, to: y}}
      - {name: k, runs: all, censored_median: \
{time: 'otherwise(t_grok, last_step)', observed: has(t_grok)}}
      - {name: s, runs: all, gap_regression: {give: slope}}
      - {name: u, runs: all, gap_regression: {give: ransac_median, outside: own}}
      - {name: w, runs: all, mean: average(spectrum.outside) + most(spectrum.bins)}
      - {name: b, runs: all, mean: x, by: g, then: relative_range}
      - {name: e, runs: all, mean: exp(x) ^ x + most(train_loss) * 1e300}
  - {says: Nothing is known, not_testable: it is so}
figures:
  - title: all
    headline: true
    x: {name: x, scale: logarithmic}
    y: {name: y, scale: logarithmic}
    series:
      - {points: p, runs: all, x: x, y: y, hollow: has(t_grok), color: ramp}
      - {curves: c, runs: all, x: step, y: squared_norm, color: 0}
      - {fits: f, runs: all, color: 1}
      - {law: l, runs: all, x: x, y: y}
      - {line: n, runs: all, x: x, y: y}
      - {means: m, runs: all, by: g, x: x, y: y}
      - {medians: k, runs: all, x: x, time: last_step, observed: has(t_grok)}
      - {gap: g, runs: all}
      - {diagonal: d}
""".replace(
    "define: {x:",
    "define: {mean_x: 1, median_x: x, deviation_x: x * x, variation_x: 1 / (x - x), x:")


def claim(quantity, rest="", define="{}"):
    """A file of claims with one quantity, which decides nothing."""
    return (f"title: t\ndefine: {define}\nexperiments: {{A: {{where: true, spectra: low}}}}\n"
            "claims: [{says: s, not_testable: r, "
            f"beside: {{name: q, runs: A, {quantity}}}}}]\n{rest}").encode()


def claims():
    """(name, bytes, statuses) of files of claims."""
    yield "good", CLAIMS.encode(), {0}
    for name, text in yaml():
        yield name, text, {64}
    # Bounds.
    yield "two mebibytes", claim("mean: seed") + b"#" * (2 << 20), {64}
    yield "a mebibyte less a byte", claim("mean: seed") + b"#" * (
        (1 << 20) - len(claim("mean: seed")) - 1), {0}
    many = ", ".join(f"{{name: q{k}, runs: A, mean: seed}}" for k in range(2001))
    yield "2001 quantities", (
        "title: t\nexperiments: {A: {where: true}}\nclaims: [{says: s, not_testable: r, "
        f"beside: [{many}]}}]\n").encode(), {64}
    yield "20 000 claims", ("title: t\nexperiments: {A: {where: true}}\nclaims:\n"
                            + "- {says: s, not_testable: r}\n" * 20_000).encode(), {64}
    yield "a quantity of lists", claim("mean: [" + "[" * 12 + "]" * 12 + "]"), {64}
    # Expressions.
    yield "2000 bytes of a sum", claim("mean: " + "1+" * 999 + "1"), {0}
    yield "2001 bytes", claim("mean: " + "1+" * 1000 + "1"), {64}
    yield "60 000 bytes of parentheses", claim("mean: '" + "(" * 60_000 + "'"), {64}
    yield "62 parentheses", claim("mean: " + "(" * 62 + "1" + ")" * 62), {64}
    yield "62 signs", claim("mean: '" + "-" * 62 + "1'"), {64}
    yield ("58 conditions in each other",
           claim("mean: " + "'" + "if(1<2," * 58 + "1" + ",2)" * 58 + "'"), {0})
    powers = ", ".join([f"a{k}: " + "+".join([f"a{k - 1}"] * 9) for k in range(1, 60)])
    yield "definitions that multiply", claim("mean: a59", define="{a0: 1, " + powers + "}"), {64}
    wide = ", ".join(f"b{k}: {'+'.join(['a'] * 900)}" for k in range(400))
    yield "definitions of 400 000 terms", claim("mean: b1", define="{a: 1, " + wide + "}"), {64}
    spaces = ", ".join(f"b{k}: '{'+'.join(['a'] * 990)}'" for k in range(60))
    yield ("a name of 1990 spaces, 60 000 times",
           claim("mean: a", define="{a: '1" + " " * 1990 + "', " + spaces + "}"), {0})
    yield "a definition of itself", claim("mean: a", define="{a: a + 1}"), {64}
    ring = ", ".join(f"a{k}: a{(k + 1) % 50}" for k in range(50))
    yield "a ring of 50 definitions", claim("mean: a0", define="{" + ring + "}"), {64}
    yield "a chain of 300 definitions", claim(
        "mean: a0",
        define="{" + ", ".join(f"a{k}: a{k + 1}" for k in range(300)) + ", a300: 1}"), {64}
    chain = ", ".join(f"a{k}: a{k - 1}{'+1' * 590}" for k in range(1, 5))
    yield "a sum of 2360", claim("mean: a4", define="{a0: 1, " + chain + "}"), {0}
    for text in ["1/0", "0/0", "log(0)", "sqrt(-1)", "10^400", "(-2)^0.5", "exp(1e300)",
                 "1e308*1e308", "1e308+1e308-1e308", "seed/(seed-seed)",
                 "first(squared_norm)^1e9", "last(step, step > 1e300)", "least(1/(step-step))"]:
        yield f"mean of {text}", claim(f"mean: '{text}'"), {0}
        yield f"slope of {text}", claim(f"slope: {{x: seed, y: '{text}'}}"), {0}
        yield f"groups of {text}", claim(f"mean: seed, by: '{text}', then: ratio"), {0}
    for text in ["1e999", "1" * 400, "0x10", "nan", "inf", "t_grok(", "first(first(step))",
                 "seed = 1", "'\\e[2J'", "a\u202eb"]:
        yield f"an expression {text[:20]}", claim("mean: \"" + text.replace('"', "") + "\""), {64}
    yield "a name of 60 000 letters", claim("mean: " + "x" * 60_000), {64}
    yield ("a definition of 60 000 letters",
           claim("mean: 1", define="{" + "x" * 60_000 + ": 1}"), {64})
    # Statistics of nothing, and of values that are not numbers.
    for text in ["mean: t_grok", "median: t_grok", "deviation: t_grok", "variation: seed - seed",
                 "min: t_grok", "max: t_grok", "count: t_grok > 0", "share: t_grok > 0",
                 "distinct: t_grok", "ratio: {of: seed, to: seed - seed}",
                 "exponent: {x: -seed, y: seed}", "correlation: {x: 1, y: 2}",
                 "censored_median: {time: t_grok, observed: false}",
                 "gap_regression: {give: ransac_most}", "mean: fit.rate",
                 "mean: joined(seed), join: {runs: A, by: 1 / 0}", "mean: predicted.fitted"]:
        yield f"{text} of nothing", claim(text), {0}
    yield "joined without a join", claim("mean: joined(seed)"), {64}
    yield "a band from nowhere", CLAIMS.replace("source: ours", "source: s").encode(), {64}
    # Bands.
    for band in ["{above: .nan, source: ours}", "{above: nan, source: ours}",
                 "{from: -inf, to: inf, source: ours}", "{within: inf, of: 1, source: ours}",
                 "{within: 1e999 %, of: 1, source: ours}", "{within: -5 %, of: 1, source: ours}",
                 "{from: 2, to: 1, source: ours}", "{exactly: 1, source: ours}", "[]", "1", "{}"]:
        yield f"a band {band}", CLAIMS.replace("{within: 15 %, source: ours}", band).encode(), {64}
    for band in ["{above: 1e308, source: ours}", "{within: 1e308, of: 1e308, source: ours}",
                 "{within: 1e300 %, of: 1e300, source: ours}",
                 "{from: -1e308, to: 1e308, source: ours}",
                 "{within: 5e-324, of: 0, source: ours}"]:
        yield f"a band {band}", CLAIMS.replace("{within: 15 %, source: ours}", band).encode(), {0}
    # Texts, lists and sets that multiply.
    names = "[" + ", ".join(map(str, range(200))) + "]"
    text = "[" + ", ".join(["x" * 2000] * 200) + "]"
    yield "each of 200 by a mebibyte", claim(
        f"mean: 1, note: '{'{a}' * 10_000}', each: {{a: {text}}}"), {64}
    yield "each in each", claim(
        f"mean: 1, note: '{{a}}', each: {{a: {names}, b: {names}, each: {names}}}"), {64}
    doubling = "".join(f", A{k}: [A{k - 1}, A{k - 1}, A{k - 1}]" for k in range(1, 150))
    yield ("sets that multiply",
           f"title: t\nexperiments: {{A0: {{where: true}}{doubling}}}\nclaims: []\n".encode(), {64})
    sets = "".join(f", B{k}: {{where: true}}" for k in range(198))
    yield "199 experiments of all runs", (
        f"title: t\nexperiments: {{A: {{where: true}}{sets}}}\n"
        "claims: [{says: s, not_testable: r}]\n").encode(), {0}
    # Plans.
    for plan in ["none.yaml", "fifo", ".", "..", "/dev/zero", "/proc/self/mem", "a\\0b", "x" * 5000,
                 "claims.yaml", "\\e[2J"]:
        yield f"the plan {plan[:20]}", (
            f'title: t\nexperiments: {{A: {{plan: "{plan}", experiment: a}}}}\n'
            "claims: [{says: s, not_testable: r}]\n").encode(), {64}
    # 10 000 runs, and one more.
    for size, statuses in [("p10000.yaml", {0}), ("p10001.yaml", {64})]:
        yield f"the plan {size}", (
            f"title: t\nexperiments: {{A: {{plan: {size}, experiment: a, seeds: any}}}}\n"
            "claims: [{says: s, not_testable: r, beside: {name: q, runs: A, mean: seed}}]\n"
        ).encode(), statuses
    twenty = ", ".join(f"A{k}: {{plan: {'./' * k}p10000.yaml, experiment: a}}" for k in range(100))
    yield "100 plans", f"title: t\nexperiments: {{{twenty}}}\nclaims: []\n".encode(), {64}
    # Folders.
    for folders in ["/", "[/, /etc]", "[" + ", ".join(["."] * 100) + "]", "[[.]]", "{a: b}", "''"]:
        yield (f"the folders {folders[:20]}",
               f"title: t\nruns: {folders}\nexperiments: {{}}\nclaims: []\n".encode(), {64})
    for folder in ["none", "fifo", "a\\0b", "claims.yaml/x", "x" * 5000]:
        yield (f"the folder {folder[:20]}",
               (f'title: t\nruns: "{folder}"\n'.encode()
                + claim("mean: seed").replace(b"title: t\n", b"")), {2, 64, 74})
    # Words that a terminal or a page would obey, wherever text is printed; an escape is refused.
    for bad, statuses in [('"\\e[2J"', {64}), ('"\\u202e|\\u0600<b>\\u0301&\\n"', {0})]:
        yield f"words that obey {bad}", (
            f"title: {bad}\nsource: {bad}\nabout: {bad}\nexperiments: {{A: {{where: true}}}}\n"
            f"claims:\n  - {{says: {bad}, notes: {bad}, "
            f"headline: {{name: {bad}, runs: A, mean: seed, note: {bad}, "
            f"band: {{above: 1, source: {bad.replace(chr(34), chr(34) + 'ours;', 1)}}}}}}}\n"
            f"changes: [{{date: {bad}, claim: 1, what: {bad}, reason: {bad}}}]\n"
        ).encode(), statuses
    yield ("an id of 2^63",
           b"title: t\nexperiments: {A: {where: true}}\n"
           b"claims: [{says: s, not_testable: r, id: 9223372036854775808}]\n", {64})
    yield ("published of no kind",
           claim("mean: seed", rest="published: {files: [{file: ../x, experiment: A}]}\n"), {64})


def folders_that_are_large():
    """A file of claims whose folder of runs lies above all others."""
    return ("title: t\nruns: " + "../" * 30 + "\n").encode() + claim("mean: seed").replace(
        b"title: t\n", b"")
