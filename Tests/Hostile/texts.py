"""Configs, plans, lists of signers and files of spectra of strangers."""

BOMB = "".join(
    [f"{name}: &{name} [{', '.join([f'*{last}'] * 9) if last else ', '.join('0' * 9)}]\n"
     for last, name in zip([None, *"abcdefghijk"], "abcdefghijkl")])
CONFIG = ("task: {name: modular-addition, modulus: 7}\nmodel: {width: 16, heads: 2, feedforward: 32}\n"
          "batch: 16\nmax_steps: 3\nlog_interval: 1\n")
PLAN = "preset: tiny\nset: {max_steps: 3, log_interval: 1, checkpoint_interval: 0}\nexperiments:\n  - name: a\n"


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
            ("seed", -1), ("seed", 2**64), ("batch", 0), ("max_steps", 2**31 + 1), ("max_steps", "1e300"),
            ("log_interval", 0), ("checkpoint_interval", -1), ("stop.memorized", ".nan"),
            ("task.modulus", 10**18), ("task.train_fraction", 1e-300), ("model.width", 2**62), ("model.heads", 0),
            ("optimizer.epsilon", 0), ("optimizer.beta1", 1), ("optimizer.learning_rate", "1e400"),
            ("stop.steps_after_grokking", 2**63)]:
        section, _, last = key.rpartition(".")
        yield f"{key} {value}", (f"{section}: {{{last}: {value}}}\n" if section else f"{key}: {value}\n").encode(), {64}
    # Sound, and over before the first row: nothing of it is a bug.
    yield "a rate that diverges", (CONFIG + "optimizer: {name: sgd, decay_convention: lambda, learning_rate: 1e38}\n"
                                   ).encode(), {0}
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
    yield "500 ranges of 20 000 seeds", (PLAN + f"    seeds: [{', '.join(['0..19999'] * 500)}]\n").encode(), {64}
    yield "2^64 seeds", (PLAN + "    seeds: 0..18446744073709551615\n").encode(), {64}
    yield "seeds that fall", (PLAN + "    seeds: 10..1\n").encode(), {64}
    values = "[" + ", ".join(str(1 + k) for k in range(199)) + "]"
    keys = ["batch", "log_interval", "max_steps", "task.modulus", "model.width", "model.heads", "stop.grokked",
            "checkpoint_interval"]
    grid = "".join(f"      {key}: {values}\n" for key in keys)
    yield "a grid of 199^8", (PLAN + "    grid:\n" + grid).encode(), {64}
    yield "1500 values by 20 000 seeds", (
        PLAN + "    seeds: 0..19999\n    grid: {batch: [" + ", ".join(str(1 + k) for k in range(1500)) + "]}\n"
    ).encode(), {64}
    where = "".join("      - {if: {batch: 1}, set: {max_steps: 2}}\n" for _ in range(1000))
    yield "1000 alternatives by 10 000 seeds", (
        PLAN + "    grid: {batch: [1, 2]}\n    seeds: 0..9999\n    where:\n" + where).encode(), {0, 64}
    names = "".join(f"  - {{name: n{k}, seeds: 0..19999}}\n" for k in range(1500))
    yield "1500 experiments of 20 000 seeds", ("preset: tiny\nexperiments:\n" + names).encode(), {64}
    yield "a name that obeys the terminal", (
        'preset: tiny\nexperiments:\n  - {name: "\\e[2J\\u202e", seeds: [1, 1]}\n').encode(), {0, 64}
    yield "a name of 60 000 letters", ("preset: tiny\nexperiments:\n  - {name: " + "x" * 60_000 + "}\n").encode(), {0, 64}
    # What diverges while it is timed is no bug.
    yield "rates that diverge", (
        "preset: tiny\nset: {checkpoint_interval: 0, optimizer.learning_rate: 1e30}\nexperiments:\n  - name: a\n"
    ).encode(), {0}


def signers(key):
    """(name, bytes, statuses) of files of allowed signers, for a bundle signed with `key` (its public half)."""
    yield "good", f"ada {key}\n".encode(), {0}
    yield "a name that obeys the terminal", f'"\x1b[2J\u202eada" {key}\n'.encode(), {0, 2, 3, 64}
    yield "a name of 60 000 letters", ("a" * 60_000 + f" {key}\n").encode(), {0, 3, 64}
    for name, content in [
            ("empty", b""), ("the key itself", key.encode() + b"\n"), ("an option that is none", f"ada bogus {key}\n".encode()),
            ("expired", f'ada valid-before="20200101" {key}\n'.encode()), ("NUL", b"ada \0\n" * 1000),
            ("no text", b"\xff\xfe" * 10_000), ("a line of a mebibyte", b"a" * (1 << 20)),
            ("no line end", b"ada ssh-ed25519 AAAA")]:
        yield name, content, {2, 3, 64}


def spectra():
    """(name, bytes) of files below `spectra` that are none."""
    header = "result_sha256,step,parameters_sha256,n_b,n_c,power_0\n"
    yield "empty", b""
    yield "a header", header.encode()
    yield "no text", b"\xff" * 1000
    yield "of no bundle", (header + "0" * 64 + ",0," + "0" * 64 + ",1,1,1\n").encode()
    yield "a step of 2^64", (header + "0" * 64 + ",18446744073709551616," + "0" * 64 + ",1,1,1\n").encode()
    yield "a mebibyte of commas", header.encode() + b"," * (1 << 20)
