"""Bundles and run directories of programs that no honest writer makes, and program files, configs
and results to adopt.

Written from SPEC.md 2.13 and part 4 alone.
"""

import json
import os

import directories
import texts
from forge import Bundle, ProgramBundle, canonical, sha256

STARTED, ENDED = "2026-11-23T23:59:59.999+00:00", "2026-11-24T02:03:04.005+00:00"
RUN_JSON = canonical({"command": ["regrok", "record"], "ended": ENDED, "host": "h",
                      "started": STARTED}).encode()
OUTCOME = {"found": {"best": 0.5},
           "program": {"interrupted": False, "signal": None, "status": 0, "timeout": False}}
METRICS = "step,loss,note\n0,1.5,\"a\"\n10,NaN,\n20,-Infinity,\"b\"\n"
OBSERVED = "step,seconds\n0,0.5\n10,\n20,2.0\n"
COMPARE = {"columns": {"seconds": "ignore"}, "default": "bits", "files": {"*.png": "ignore"},
           "outcome": {}}
GREATEST, LEAST = "1.7976931348623157e+308", "5e-324"


def tensors(values=b"\0\0\0\x3f"):
    head = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    head += b" " * (-len(head) % 8)
    return len(head).to_bytes(8, "little") + head + values


INPUTS = {"train.sh": b"true\n", ".python-version": b"3.12\n"}
RESULTS = {"out/a.csv": b"x,y\n1,2\n", "out/b.json": b'{"a":[1,2]}', "out/c.png": b"\x89PNG",
           "work/d.txt": b"said\n"}
CHECKPOINTS = {10: tensors()}


def ignored(path, compare):
    """Whether `compare` ignores a path. It knows only what the trials use: patterns without a
    folder that end as the path does."""
    return any(rule == "ignore" and path.endswith(pattern.lstrip("*"))
               for pattern, rule in compare["files"].items())


def records(inputs=None, results=None, checkpoints=None, run=("sh", "train.sh"), spec=None,
            compare=None, outcome=None, metrics=METRICS, observed=OBSERVED, repeats=None,
            environment=None, log=b"said\n", list_=None):
    """The files of a finished run's directory, which all agree, and the paths of its results in
    order."""
    inputs = INPUTS if inputs is None else inputs
    results = RESULTS if results is None else results
    checkpoints = CHECKPOINTS if checkpoints is None else checkpoints
    compare = COMPARE if compare is None else compare
    lines = list_ if list_ is not None else "".join(
        f"{sha256(inputs[p])}  {p}\n" for p in sorted(inputs))
    program = {"kind": "program", "version": 1, "run": list(run), "config": {"lr": 0.5},
               "inputs": sha256(lines.encode()), "compare": compare, "env": [], "metrics": None,
               "outcome": None, **(spec or {})}
    text = canonical(program) if not isinstance(program.get("raw"), str) else program["raw"]
    files = {
        "program.json": text.encode(), "inputs-sha256.txt": lines.encode(),
        "outcome.json": canonical(OUTCOME if outcome is None else outcome).encode(),
        "environment.json": canonical({"variables": {}} if environment is None
                                      else environment).encode(),
        "repeats.json": canonical({"measured": False} if repeats is None else repeats).encode(),
        "trace/metrics.csv": metrics.encode(), "trace/observed.csv": observed.encode(),
        "log.txt": log}
    files |= {"inputs/" + path: inputs[path] for path in sorted(inputs)}
    files |= {"results/" + path: results[path] for path in sorted(results)}
    files |= {f"checkpoints/step-{step:08}.safetensors": checkpoints[step]
              for step in sorted(checkpoints)}
    listed = ["results/" + path for path in sorted(results) if not ignored(path, compare)]
    listed += [f"checkpoints/step-{step:08}.safetensors" for step in sorted(checkpoints)]
    return files, listed


def bundled(files, listed, left_out=None):
    """The bundle of such a directory. `left_out` has the entries of left-out.json; these results
    are in no folder."""
    left_out = left_out or {}
    bundle = ProgramBundle()
    names = ["program.json", "inputs-sha256.txt", "outcome.json", "trace/metrics.csv"]
    expected = [(sha256(files[path]), path) for path in names]
    expected += [(sha256(files[path]) if path in files else left_out[path]["sha256"], path)
                 for path in listed]
    order = ["README.md", "program.json", "inputs-sha256.txt", "expected-sha256.txt",
             "outcome.json", "environment.json", "repeats.json", "left-out.json",
             "ro-crate-metadata.json", "ro-crate-preview.html", "trace/metrics.csv",
             "trace/observed.csv", "log.txt"]
    own = {"README.md": b"# A run\n", "left-out.json": canonical(left_out).encode(),
           "ro-crate-preview.html": b"<p>A run\n",
           "expected-sha256.txt": "".join(f"{d}  {p}\n" for d, p in expected).encode(),
           "ro-crate-metadata.json": b"{}"}
    for path in [*order, *(path for path in files
                           if path.startswith(("inputs/", "results/", "checkpoints/")))]:
        bundle.files["data/" + path] = own[path] if path in own else files[path]
    head = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": (
            f"Bag-Software-Agent: regrok 0.1.0\nBagging-Date: {ENDED[:10]}\n"
            "External-Identifier: \nPayload-Oxum: \nRegrok-Bundle-Format: 2\n").encode(),
        "manifest-sha256.txt": b"", "tagmanifest-sha256.txt": b""}
    bundle.files = head | bundle.files
    return bundle.relisted()


def curves(columns, rows, cell):
    """A table of the columns x0, x1, …; its cells are `cell(row, column)`."""
    lines = ["step" + "".join(f",x{k}" for k in range(columns))]
    lines += [f"{row}" + "".join("," + cell(row, k) for k in range(columns)) for row in range(rows)]
    return "".join(line + "\n" for line in lines)


def sound():
    """(name, bundle, whether it is large) of bundles whose records agree, however absurd."""
    def made(name, is_large=False, left_out=None, more=(), **changes):
        files, listed = records(**changes)
        return name, bundled(files, [*listed, *more], left_out), is_large

    empty = dict(inputs={}, results={}, checkpoints={}, metrics="step\n", observed="step\n",
                 log=b"")
    yield made("usual")
    yield made("nothing at all", **empty)
    yield made("no rows", metrics="step,loss\n", observed="step\n")
    yield made("one row of gaps", metrics="step,loss\n0,\n", observed="step\n")
    yield made("the greatest and the least",
               metrics=f"step,a,b\n0,{GREATEST},-{GREATEST}\n1,{LEAST},-{LEAST}\n2,-0.0,0.0\n")
    yield made("all NaN", metrics="step,a\n" + "".join(f"{k},NaN\n" for k in range(20)))
    yield made("infinities alone", metrics="step,a\n0,Infinity\n1,-Infinity\n2,Infinity\n")
    yield made("integers at their ends", metrics=f"step,a\n0,{2**63 - 1}\n1,{-2**63}\n{2**53},0\n")
    yield made("steps to 2^53", metrics=f"step,a\n{2**53 - 1},1\n{2**53},2\n")
    yield made("names that obey the terminal", metrics="step,\u202ea,<b>&\n0,1,2\n1,2,1\n",
               outcome={**OUTCOME, "found": {"\u202ek\u001b[2J": "\u001b]0;x\u0007\u202e<script>"}},
               spec={"config": {"\u001b[2J": "\u202e</title>", "lr": 1}},
               run=("\u001b[2J", "\u202e", "a\nb", "<b>"),
               repeats={"measured": True, "count": 2, "steps": None, "same_steps": True,
                        "varied": [],
                        "columns": {"\u202ea": {"first": 0, "largest": "0.5", "rows": 1},
                                    "<b>&": None},
                        "files": {"\u001b[2J": "differs"}, "outcome": {"\u202e": "differs"},
                        "ending": "identical"},
               log=b"\x1b[2J\x1b]0;x\x07\xff\xfe")
    yield made("texts as long as they may be",
               metrics="step,a\n" + "".join(f'{k},"{"x" * 1000}"\n' for k in range(50)))
    yield made("names as long as they may be", metrics="step," + "n" * 200 + "\n0,1\n",
               results={"out/" + "d" * 107 + "/" + "f" * 100: b"1", "out/" + "f" * 99: b"2"},
               inputs={"d" * 109 + "/" + "f" * 100: b"1", "#!&'()+,;=@[]^`{}~$": b"2",
                       "a b/c d": b"3"})
    yield made("100 000 rows", True, metrics=curves(2, 100_000, lambda row, k: repr(row + 0.5)))
    yield made("10 000 columns", True, metrics=curves(10_000, 3, lambda row, k: str(row * k)))
    # With more files, `extract` takes as long as the file system does, which may have to pass over
    # those that a trial just removed.
    yield made("3 000 files", True, results={f"out/{k % 100}/{k}": b"%d" % k for k in range(3_000)})
    yield made("10 000 inputs", True, inputs={f"{k % 100}/{k}": b"%d" % k for k in range(10_000)})
    yield made("a file of 8 MiB", True, results={"out/a": os.urandom(1 << 20) * 8},
               log=b"x" * (16 << 20))
    yield made("20 000 checkpoints left out", True, checkpoints={}, left_out={
        f"checkpoints/step-{k:08}.safetensors": {
            "bytes": 1, "reason": "thin", "sha256": sha256(b"%d" % k)}
        for k in range(20_000)},
        more=[f"checkpoints/step-{k:08}.safetensors" for k in range(20_000)])
    yield made("files that are not what they say", results={
        "out/a.json": b"[" * (1 << 19), "out/b.csv": b'"' * (1 << 19),
        "out/c.safetensors": b"\xff" * 4096,
        "out/d.txt": b"\n" * (1 << 19), "out/e.csv": b"," * (1 << 19),
        "out/f.json": b'{"a":1e999}'},
        checkpoints={1: b"\xff\xff\xff\xff\xff\xff\xff\x7f{}", 2: b""})
    yield made("found what is large",
               outcome={**OUTCOME, "found": {f"k{k:05}": "x" * 50 for k in range(10_000)}})
    yield made("rules for all", compare={
        "columns": {"seconds": "ignore"}, "default": {"absolute": 1e308}, "outcome": {},
        "files": {"*" * (k + 1): {"relative": 5e-324} for k in range(100)}})
    yield made("a config of depth 60", spec={"config": json.loads('{"a":' * 60 + "1" + "}" * 60)})
    yield made("a program of 100 000 words", run=["a"] * 100_000)
    yield made("an adopted run that names no results", **empty, spec={"run": [], "adopted": sha256(
        f"{sha256(canonical(UNKNOWN).encode())}  outcome.json\n"
        f"{sha256(b'step' + bytes([10]))}  trace/metrics.csv\n".encode())}, outcome=UNKNOWN)


UNKNOWN = {"found": {}, "program": {"interrupted": False, "signal": None, "status": None,
                                    "timeout": False}}


def refused():
    """(name, bundle, reason) of bundles that lie."""
    def made(name, reason, change=None, left_out=None, more=(), **changes):
        files, listed = records(**changes)
        bundle = bundled(files, [*listed, *more], left_out)
        if change:
            change(bundle)
            bundle.relisted()
        return name, bundle, reason

    for key in ["trust", "execute", "sandbox", "not_secret", "allowed_signers", "inputs_dir"]:
        yield made(f"program.json: {key}", "config-limit", spec={key: True})
    for key, value in [("run", []), ("run", "rm -rf /"), ("run", [1]), ("kind", "trainer"),
                       ("env", ["A", "A"]), ("outcome", "../x"),
                       ("metrics", {"file": "/etc/passwd", "step": "s"}), ("config", []),
                       ("here", False), ("adopted", "x"), ("compare", {}), ("run", ["a\0b"])]:
        yield made(f"program.json: {key} {str(value)[:20]!r}", "config-limit", spec={key: value})
    yield made("a tolerance that trusts", "config-limit", compare={**COMPARE, "trust": True})
    yield made("everything is ignored", "config-limit", compare={
        "columns": {}, "default": "ignore", "files": {}, "outcome": {}})
    yield made("a status of 256", "json",
               outcome={**OUTCOME, "program": {**OUTCOME["program"], "status": 256}})
    yield made("found what is ignored", "json", compare={**COMPARE, "outcome": {"best": "ignore"}})
    for name, text in [("no header", ""), ("a row of text", "step,a\n0,x\n"),
                       ("a step that falls", "step,a\n1,1\n0,1\n"),
                       ("a step twice", "step,a\n1,1\n1,1\n"), ("1.50", "step,a\n0,1.50\n"),
                       ("a gap more", "step,a\n0,,\n"),
                       ("a column twice", "step,a,a\n0,1,1\n"),
                       ("10 001 columns", curves(10_001, 1, lambda r, k: "1")),
                       ("an open quote", 'step,a\n0,"x\n'),
                       ("ESC in a name", "step,\x1b[2J\n0,1\n"),
                       ("ESC in a text", 'step,a\n0,"\x1b[2J"\n'),
                       ("an ignored column", "step,seconds\n0,1\n"),
                       ("CRLF", "step,a\r\n0,1\r\n"),
                       ("a mebibyte of commas", "step" + "," * (1 << 20) + "\n")]:
        yield made(f"metrics.csv: {name}", "trace", metrics=text)
    yield made("observed.csv: a compared column", "trace", observed="step,hours\n0,1\n")
    for path in ["../x", "../../etc/passwd", "/etc/passwd", "a/../../x", ".git/hooks/pre-commit",
                 ".GIT/config", "a//b", "a/./b", "a\\b", "C:", "a.", " a", "nul|", "\x1b[2J",
                 "a\nb", "\u202ea", "%2e%2e"]:
        shown = path.encode("unicode_escape").decode()
        yield made(f"a result {shown}", "name|manifest", results={"out/" + path: b"1"})
        yield made(f"an input {shown}", "name|manifest", inputs={path: b"1"})
    yield made("results that fold to one", "duplicate", results={"out/a": b"1", "out/A": b"2"})
    yield made("a file that is a folder", "duplicate", results={"out/a": b"1", "out/a/b": b"2"})
    yield made("inputs that fold to one", "manifest|duplicate", inputs={"a": b"1", "A": b"2"})
    yield made("an input that no list has", "manifest", list_="")
    yield made("a list of other inputs", "manifest",
               list_="".join(f"{'0' * 64}  {p}\n" for p in sorted(INPUTS)))
    yield made("a result that no list has", "manifest",
               lambda b: b.drop_line("data/expected-sha256.txt", "out/a.csv"))
    yield made("an ignored result in the list", "manifest", more=["results/out/c.png"])
    yield made("left out and here", "manifest", left_out={
        "results/out/a.csv": {"bytes": 8, "reason": "excluded after the run",
                              "sha256": sha256(RESULTS["out/a.csv"])}})
    for path, reason in [("inputs/more", "thin"), ("results/out/more", "thin"),
                         ("../x", "large input"), ("log.txt", "thin"),
                         ("results/out/more", "excluded after the run")]:
        yield made(f"{path} left out: {reason}", "manifest",
                   left_out={path: {"bytes": 1, "reason": reason, "sha256": "0" * 64}})
    yield made("left out for no reason", "json",
               left_out={"results/x": {"bytes": 1, "reason": "x", "sha256": "0" * 64}})
    yield made("an adopted run of other results", "manifest", spec={"adopted": "0" * 64},
               outcome=UNKNOWN)
    yield made("an adopted run that ended", "json|manifest", spec={"run": [], "adopted": "0" * 64})
    for member, content in [("data/config.json", b"{}"), ("data/trace/hashes.csv", b"step\n"),
                            ("data/execute", b"")]:
        def more(bundle, member=member, content=content):
            bundle.files[member] = content
        yield made(f"a member {member}", "name", more)
    yield made("repeats of a million kinds", "json", repeats={
        "measured": True, "count": 2, "steps": None, "same_steps": True, "varied": [],
        "columns": {}, "files": {f"{k}": "x" for k in range(100_000)}, "outcome": {},
        "ending": None})


def deleting(mark):
    """A bundle, and the files of a run directory, whose program would delete what lies outside."""
    words = ("sh", "-c", f"rm -rf '{mark}'; touch '{mark}.executed'")
    files, listed = records(run=words, inputs={"train.sh": f"rm -rf '{mark}'\n".encode()})
    return bundled(files, listed), {**files, "run.json": RUN_JSON}


# MARK: Run directories

FILES = ["program.json", "inputs-sha256.txt", "outcome.json", "environment.json", "repeats.json",
         "trace/metrics.csv", "trace/observed.csv", "log.txt", "run.json", "inputs/train.sh",
         "results/out/a.csv", "checkpoints/step-00000010.safetensors"]
# Without these there is no readable record.
NEEDED = {"inputs-sha256.txt", "environment.json", "repeats.json", "trace/metrics.csv",
          "trace/observed.csv"}


def run_directories():
    """(name, builder, how commands must take it): "good", "refused", or "any"."""
    good, _ = records()
    good["run.json"] = RUN_JSON

    def built(change=lambda place: None, files=good):
        def build(place):
            directories.write(place, files)
            change(place)
        return build

    def replaced(path, kind):
        def change(place):
            (place / path).unlink()
            kind(place / path)
        return built(change)

    yield "as it was", built(), "good"
    for path in FILES:
        for name, kind in directories.KINDS.items():
            yield f"{path}: {name}", replaced(path, kind), "refused" if path in NEEDED else "any"
    for folder in ["trace", "inputs", "results", "checkpoints", "results/out"]:
        for name in ["a pipe", "a link to itself", "empty", "a device that never ends"]:
            def change(place, folder=folder, kind=directories.KINDS[name]):
                os.system(f"rm -rf '{place / folder}'")
                kind(place / folder)
            # An empty file of that name is a result like any other.
            yield (f"{folder}/: {name}", built(change),
                   "any" if (folder, name) == ("results/out", "empty") else "refused")

    def outside(place):
        (place / "results" / "out" / "passwd").symlink_to("/etc/passwd")

    def deep(place):
        here = place / "results" / "out"
        for _ in range(400):
            here = here / "d"
            os.mkdir(here)

    yield "a result that is a link", built(outside), "refused"
    yield "folders 400 deep", built(deep), "refused"
    for path in ["inputs/more", "checkpoints/x"]:
        yield f"a file {path}", built(files={**good, path: b"1"}), "refused"
    # These are kept, but not sealed.
    for path in ["results/out/a:b", "results/out/.git/x", "results/out/A.CSV", "results/out/a\nb",
                 "results/out/\u202ea", "results/out/\x1b[2J"]:
        shown = path.encode("unicode_escape").decode()
        yield f"a file {shown}", built(files={**good, path: b"1"}), "any"
    for key in ["trust", "execute"]:
        spec = json.loads(good["program.json"])
        yield (f"program.json: {key}", built(files={
            **good, "program.json": canonical({**spec, key: True}).encode()}), "refused")
    for key, value in [("ended", "\x1b[2J"), ("host", "\x1b[2J"), ("started", None)]:
        yield (f"run.json: {key} {value!r}", built(
            files={**good, "run.json": canonical({**json.loads(RUN_JSON), key: value}).encode()}),
            "any")


# MARK: What people record

def program_files():
    """(name, bytes) of texts that are not valid program files."""
    for name, text in texts.yaml():
        # A program file may have a mebibyte, but this one has unknown keys.
        yield name, text
    good = "run: [sh, -c, 'true']\ninputs: []\n"
    for name, more in [
            ("trust", "trust: true\n"), ("execute", "execute: true\n"),
            ("a shell", "shell: true\n"),
            ("an infinite tolerance", "compare: {default: {absolute: .inf}}\n"),
            ("NaN", "compare: {default: {absolute: .nan}}\n"),
            ("a negative tolerance", "compare: {columns: {a: {absolute: -1}}}\n"),
            ("all ignored", "compare: {default: ignore}\n"),
            ("101 patterns",
             "compare: {files: {" + ", ".join(f"'{k}': ignore" for k in range(101)) + "}}\n"),
            ("a limit of nothing", "limits: {files: 0}\n"),
            ("a limit of 2^200", f"limits: {{files: {2**200}}}\n"),
            ("a negative time", "limits: {time: -1 h}\n"),
            ("an output of -1", "limits: {output: -1}\n"),
            ("metrics outside", "metrics: {file: ../m.csv}\n"),
            ("an outcome outside", "outcome: /etc/passwd\n"),
            ("metrics of ESC", 'metrics: {file: "\\e[2J"}\n'),
            ("a variable with =", "env: [A=B]\n"),
            ("a config of a list", "config: [a]\n"),
            ("a config that is not there", "config: none.yaml\n"),
            ("a config that never ends", "config: /dev/zero\n"),
            ("a config of a pipe", "config: fifo\n"),
            ("a config of a directory", "config: /\n"), ("a config of NUL", 'config: "a\\0b"\n')]:
        yield name, (good + more).encode()
    yield "no words", b"run: []\n"
    yield "a word that is a list", b"run: [[sh]]\n"
    yield "an unknown key in a word", b"run: [sh, '{config.none}']\ninputs: []\n"
    yield "a mebibyte and more", (good + "#" * (1 << 20)).encode()


def configs():
    """(name, bytes) of texts that are not valid configs of programs."""
    refusing = {"NUL", "not UTF-8", "UTF-16", "a list", "64 KiB of [", "64 KiB of {", "64 KiB of ?",
                "64 KiB of -", "a tag", "a tag on a key", "a tag of another", "a directive",
                "a tag directive", "a key twice", "merge", "bomb in a key", "bomb in a value",
                "an anchor that holds itself", "64 KiB of nested keys", "64 KiB of '",
                "64 KiB of documents", "64 KiB of tags", "bomb in a key, anchors inside"}
    for name, text in texts.yaml():
        if name in refusing:
            yield name, text
    yield "2^53 + 1", b"a: 9007199254740993\n"
    yield "more than a mebibyte", b"a: " + b"x" * (1 << 20) + b"\n"


def adopted():
    """(name, builder of the directory, statuses) of results to adopt."""
    def built(files, change=lambda place: None):
        def build(place):
            directories.write(place, files)
            change(place)
        return build

    yield "good", built({"metrics.csv": b"step,a\n0,1\n", "outcome.json": b'{"a": 1}',
                         "b.txt": b"x"}), {0}
    yield "empty", built({}), {0}
    for name, content in [
            ("50 000 rows", b"step,a\n" + b"".join(b"%d,1\n" % k for k in range(50_000))),
            ("10 001 columns", ("step" + "".join(f",x{k}" for k in range(10_001)) + "\n").encode()),
            ("a mebibyte of commas", b"step" + b"," * (1 << 20) + b"\n"),
            ("an endless line", b"step,a\n0," + b"9" * (8 << 20)),
            ("an open quote", b'step,a\n0,"' + b"x\n" * (4 << 20)), ("quotes", b'"' * (1 << 20)),
            ("no text", b"\xff" * 4096),
            ("NUL", b"step,a\n0,\0\n"), ("ESC", b"step,\x1b[2J\n0,\x1b[2J\n"),
            ("bidi", "step,\u202ea\n0,1\n".encode()),
            ("a step of 2^64", b"step,a\n18446744073709551616,1\n"),
            ("steps that fall", b"step,a\n2,1\n1,1\n"),
            ("a step twice", b"step,a\n1,1\n1,2\n"), ("1e999", b"step,a\n0,1e999\n"),
            ("no header", b""),
            ("a formula", b"step,a\n0,=cmd|'/c calc'!A0\n"),
            ("UTF-16", "step,a\n0,1\n".encode("utf-16")),
            ("a text of 10 000 bytes", b"step,a\n0," + b"x" * 10_000 + b"\n"),
            ("no end", b"step,a\n0,1")]:
        yield f"metrics.csv: {name}", built({"metrics.csv": content}), {0, 2, 64}
    for name, content in [
            ("depth", b'{"step":' + b"[" * 100_000),
            ("depth, closed", b'{"step":0,"a":' + b"[" * 5000 + b"]" * 5000 + b"}\n"),
            ("an endless line", b'{"step":0,"a":"' + b"x" * (8 << 20)),
            ("a key twice", b'{"step":0,"a":1,"a":2}\n'),
            ("20 000 keys", ("{" + ",".join(f'"k{k}":1' for k in range(20_000))
                             + ',"step":0}\n').encode()),
            ("lines of {}", b"{}\n" * 100_000), ("no JSON", b"\xff\xfe\n"),
            ("1e999", b'{"step":0,"a":1e999}\n')]:
        yield f"metrics.jsonl: {name}", built({"metrics.jsonl": content}), {0, 2, 64}
    for name, content in [
            ("depth", b"[" * 100_000), ("nested", b'{"a":{"b":1}}'),
            ("a text of 10 000 bytes", b'{"a":"' + b"x" * 10_000 + b'"}'),
            ("two mebibytes", b'{"a":"' + b"x" * (2 << 20) + b'"}'), ("no text", b"\xff"),
            ("a list", b"[]"), ("empty", b""),
            ("a key of ESC", b'{"\\u001b[2J":"\\u001b[2J"}'), ("a key twice", b'{"a":1,"a":2}'),
            ("1e999", b'{"a":1e999}')]:
        yield f"outcome.json: {name}", built({"outcome.json": content}), {0, 2, 64}
    for name, kind in directories.KINDS.items():
        for path in ["metrics.csv", "outcome.json", "a.bin", "step-1.safetensors",
                     "checkpoints/step-1.safetensors"]:
            if name == "64 GiB of nothing":
                # It is within no limit, and record says so.
                continue

            def change(place, path=path, kind=kind):
                (place / path).parent.mkdir(exist_ok=True)
                kind(place / path)
            yield f"{path}: {name}", built({}, change), {0, 2, 64, 74}

    def links(place):
        (place / "outside").symlink_to("/etc/passwd")
        (place / "up").symlink_to("..")
        (place / "root").symlink_to("/")

    yield "links that lead outside", built({"a": b"1"}, links), {0, 2, 64, 74}
    for path in [".git/config", "a:b", "a\\b", "\x1b[2J", "a\nb", "\u202e", " ", "nul."]:
        yield (f"a file {path.encode('unicode_escape').decode()}", built({path: b"1"}),
               {0, 2, 64, 74})
    yield ("a file of bytes",
           built({"a": b"1"},
                 lambda place: open(os.fsencode(place) + b"/\xff\xfe", "wb").close()),
           {0, 2, 64, 74})
    yield "names that fold to one", built({"a": b"1", "A": b"2"}), {0, 2, 64, 74}
    yield "5000 files", built({f"{k % 10}/{k}": b"1" for k in range(5000)}), {0}
