#!/usr/bin/env python3
"""Removes each check of the readers, of replay and of recovery in turn, and asks whether a test
notices.

    Tests/Mutants/run.py [--jobs N] [--verbose] [--only NUMBERS | --list]

A copy of the sources is built once. In it the environment variable MUTANT can switch off every
condition of a `guard`, every condition that throws, and every term of a predicate. Then the tests
run once for each. A check whose absence no test notices is an error, unless redundant.txt lists it
with the reason why another check sees the same.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREE = ROOT / ".build-mutants" / "tree"
BUILD = ROOT / ".build-mutants" / "build"
REDUNDANT = pathlib.Path(__file__).with_name("redundant.txt")

# The files by name; the names are unique.
FILES = [
    "NumberBounds", "ModularTask", "SparseParityTask", "TransformerSpec", "Pairing",
    "CanonicalJSON+Reading", "Safetensors", "Trace", "Digest", "Outcome", "RunSpec+JSON",
    "RunSpec+Config", "RunSpec+Interventions", "Schedule", "RunCourse",
    "RecordObject", "ProgramSpec", "ProgramOutcome", "ComparePolicy", "Tolerance", "Distance",
    "PathPattern", "Repeats", "InputList", "LeftOutFiles", "SealedName", "TraceTable",
    "TraceTable+Text",
    "BundleReader", "BundleFile", "FrameHeader", "FrameStore", "FrameWalk", "LibarchiveReader",
    "MemberName", "SeekTable", "TarHeader", "TarReader", "FrameDecompressor", "Seal",
    "SignatureArmor", "ReplayStatement", "StatementFile", "Witnesses",
    "BundleChecker", "BundleChecker+Head", "CheckpointCheck", "Verification", "ArchiveReading",
    "Bag", "CrateCheck", "Manifest", "RunConsistency", "FinishedRun", "RunDirectoryReader",
    "UnpackedBundle", "UnsealableFile",
    "BundleContents", "TrainerContents", "ProgramContents", "ProgramDirectoryReader",
    "FinishedProgram", "RecordedProgram", "RecordedProgram+Opening",
    "Recovery", "RunDirectory", "RunDirectory+Succession", "ForkPoint", "RunPerformer",
    "RunSession", "MemoryRun", "CheckpointMending", "RunTrainer",
    "Replay", "ReplayPlan", "ReplayExtent", "RunDiff", "TraceDifference", "CheckpointDifference",
    "KeyDifference", "RecordedRun", "RecordedRun+Opening"]

# In these modules conditions decide what is compared and resumed, so each `if` is a check.
DECIDING = {"Execution", "Training", "Replay", "Comparison"}

# The tests run in stages. A mutant that one stage misses goes to the next: first the quick tests
# that are most likely to notice something in a module, then the quick tests of all its users, then
# the tests of both that train or read a lot. OTHER lists tests that notice nothing else and are
# skipped: golden runs, files changed at random or by single bits, members of megabytes.
OTHER = ("GoldenTests|RandomMutation|everyFlippedBit|aHundredThousand|largeMembers|filesOfAllSizes|"
         "threeThousand|ShortestDecimal")
LONG = "ResumeTests|TrainerReplay|SampleTests|RoundTrip"
ARCHIVE = ("ArchiveTests|HostileArchive|HostileReading|HostileRecord|CrateTests|RunDirectoryReader|"
           "RecordForm|HostileProgram|ProgramDirectoryReader|OpenedRun")
NEAREST = {
    "Catalogue": "CatalogueTests|RunRecordsTests|ConfigsTests",
    "RunRecords": "RunRecordsTests|ConfigsTests", "Digests": "DigestsTests|RunRecordsTests",
    "Archive": ARCHIVE, "ArchiveFiles": ARCHIVE, "BundleChecks": ARCHIVE, "Bundles": ARCHIVE,
    "Comparison": "ComparisonTests", "Execution": "TrainingTests", "Training": "TrainingTests",
    "Replay": "ReplayTests"}
BUNDLES = ("BundlesTests|ReplayTests", "TrainerReplay|SampleTests|RoundTrip")
RECORDS = ("TrainingTests|BundlesTests|ReplayTests", LONG)
USERS = {
    "Catalogue": RECORDS, "RunRecords": RECORDS, "Digests": RECORDS,
    "Archive": BUNDLES, "ArchiveFiles": BUNDLES, "BundleChecks": BUNDLES, "Bundles": BUNDLES,
    "Comparison": ("BundlesTests|ReplayTests", "TrainerReplay|SampleTests"),
    "Execution": ("ReplayTests", "ResumeTests|TrainerReplay"),
    "Training": ("ReplayTests", "ResumeTests|TrainerReplay"),
    "Replay": (None, "TrainerReplay|SampleTests")}
# The modules whose tests are built.
TESTED = ["Archive", "Bundles", "Catalogue", "Comparison", "Configs", "Digests", "Replay",
          "RunRecords", "Training"]


def stages(module):
    """The selections of tests for a module, in order."""
    nearest, (users, long) = NEAREST[module], USERS[module]
    found = [(nearest, f"{OTHER}|{LONG}"), (users, f"{OTHER}|{LONG}|{nearest}"), (long, OTHER)]
    return [("--filter", names, "--skip", left_out) for names, left_out in found if names]


class Mutant:
    def __init__(self, file, line, text):
        self.file, self.line, self.text = file, line, " ".join(text.split())

    @property
    def key(self):
        return f"{self.file}: {self.text}"


def blanked(source):
    """The source with comments and strings replaced by spaces, of the same length."""
    pattern = re.compile(r'//[^\n]*|"""[\s\S]*?"""|"(?:\\\((?:[^()]|\([^()]*\))*\)|\\.|[^"\\\n])*"')
    return pattern.sub(lambda m: re.sub(r"[^\n]", "_", m.group()), source)


def matching(text, start):
    """The place after the bracket that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] in "([{":
            depth += 1
        elif text[place] in ")]}":
            depth -= 1
            if depth == 0:
                return place + 1
    raise ValueError("no closing bracket")


def pieces(text, start, end, separator):
    """The ranges between separators that are not inside brackets."""
    depth, begin, found = 0, start, []
    place = start
    while place < end:
        if text[place] in "([{":
            depth += 1
        elif text[place] in ")]}":
            depth -= 1
        elif depth == 0 and text.startswith(separator, place):
            found.append((begin, place))
            place += len(separator)
            begin = place
            continue
        place += 1
    return found + [(begin, end)]


def terms(text, start, end):
    """The terms of a condition, each trimmed. A condition that binds a value has none."""
    for begin, stop in pieces(text, start, end, ","):
        if re.match(r"\s*(unsafe\s+)?(let|var|case)\b", text[begin:stop]):
            continue
        parts = pieces(text, begin, stop, "&&")
        if len(pieces(text, begin, stop, "||")) > 1 or len(pieces(text, begin, stop, "?")) > 1:
            parts = [(begin, stop)]
        for first, last in parts:
            trimmed = text[first:last]
            first += len(trimmed) - len(trimmed.lstrip())
            last -= len(trimmed) - len(trimmed.rstrip())
            yield first, last


def behind(text, start, word):
    """The first place of `word` after `start` that is not inside brackets."""
    depth = 0
    for place in range(start, len(text)):
        if depth == 0 and re.match(word, text[place:]):
            return place
        if text[place] in "([{":
            depth += 1
        elif text[place] in ")]}":
            depth -= 1
    raise ValueError(f"no {word}")


REFUSES = re.compile(r"\{\s*(throw|return (\.\w|nil|false|error|\"))")


def checks(text, every_if=False):
    """The ranges of conditions, each with the value that makes it pass; and the ranges of
    statements to leave out, with None.

    - every_if: whether an `if` counts that refuses nothing. It does in modules that compare and
      decide.
    """
    for match in re.finditer(r"\bguard\b", text):
        end = behind(text, match.end(), r"\belse\b")
        for first, last in terms(text, match.end(), end):
            yield first, last, "true"
    for match in re.finditer(r"(?<!#)\b(if|where)\b", text):
        if not every_if and text[:match.start()].endswith("else "):
            continue
        line = text[text.rfind("\n", 0, match.start()) + 1:match.start()]
        if match.group() == "where" and not re.search(
                r"\bfor\b", line + text[match.start() - 200:match.start()]):
            continue
        try:
            end = behind(text, match.end(), r"\{\s")
        except ValueError:
            continue
        if "\n\n" in text[match.end():end] or not (every_if or REFUSES.match(text[end:])):
            continue
        found = list(terms(text, match.end(), end))
        if found:
            for first, last in found[:1]:
                yield first, last, "false"
            continue
        stop = matching(text, end)
        if "throw" in text[end:end + 60] or every_if and not re.match(r"\s*else\b", text[stop:]):
            yield end + 1, stop - 1, None
    for match in re.finditer(r"\bdefault: throw ", text):
        yield match.start() + 9, behind(text, match.start() + 9, r"\n"), None
    for match in re.finditer(r"-> Bool \{", text):
        start, end = match.end(), matching(text, match.end() - 1) - 1
        body = text[start:end]
        if "guard" in body or "let " in body:
            result = body.rfind("\n    return ")
            if result < 0:
                continue
            start += result + len("\n    return ")
        if re.match(r"\s*(if|switch|for)\b", text[start:end]):
            continue
        found = list(terms(text, start, end))
        for first, last in found:
            if text[first:last] != "true":
                yield first, last, "true"


def rewritten(name, source, first_number):
    text = blanked(source)
    edits, mutants = [], []
    every_if = name.split("/")[0] in DECIDING
    for first, last, passes in sorted(set(checks(text, every_if)), key=lambda check: check[:2]):
        if any(first < stop and begin < last for begin, stop, _ in edits):
            continue
        number = first_number + len(mutants)
        condition = source[first:last]
        new = (
            f" if Mutant.active != {number} {{ {condition} }} " if passes is None
            else f"(({condition}) || Mutant.active == {number})" if passes == "true"
            else f"(({condition}) && Mutant.active != {number})")
        edits.append((first, last, new))
        mutants.append(Mutant(name, source.count("\n", 0, first) + 1, condition))
    for first, last, new in reversed(edits):
        source = source[:first] + new + source[last:]
    return source, mutants


# Examples of the forms that a check has, with the conditions that must be found.
EXAMPLES = {
    "guard a < b, c else { return nil }": ["a < b", "c"],
    "guard let a = f(b, c), a > 1, let d = a.d else { throw x }": ["a > 1"],
    "guard let a, case .b(let c) = a else { return }": [],
    "if let a, a.b { throw x }": ["a.b"],
    "if let a = f({ $0 }), a.isEmpty, b { return nil }": ["a.isEmpty"],
    "if case .a(let b)? = c, b > 1 { return false }": ["b > 1"],
    "if let a { throw x }": [" throw x "],
    "if a || b { throw x }": ["a || b"],
    "if a && b { return .damaged }": ["a"],
    "if a { b() }": [],
    "#if canImport(A)\n  if a { throw x }": ["a"],
    "guard a.allSatisfy({ $0 > b }) else { return }": ["a.allSatisfy({ $0 > b })"],
    "for a in b where a.c { throw x }": ["a.c"],
    "static func f() -> Bool { a == b && c }": ["a == b", "c"],
    "func f() -> Bool {\n    guard a else { return false }\n    return true\n  }": ["a"],
}


def check_examples():
    for example, expected in EXAMPLES.items():
        text = blanked(example)
        found = [example[first:last] for first, last, _ in sorted(
            set(checks(text)), key=lambda check: check[:2])]
        assert found == expected, f"{example!r}: {found}, not {expected}"


SWITCH = """private import Foundation

enum Mutant {
  static let active = Int(ProcessInfo.processInfo.environment["MUTANT"] ?? "") ?? 0
}
"""


def source_files():
    """The sources to change, in the order of FILES."""
    found = {}
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        if path.stem in FILES:
            assert path.stem not in found, f"two files are called {path.name}"
            found[path.stem] = path.relative_to(ROOT / "Sources")
    missing = [name for name in FILES if name not in found]
    if missing:
        sys.exit(f"mutants: no file is called {', '.join(missing)}; "
                 "name those that have taken their place")
    return [found[name] for name in FILES]


def package():
    """Package.swift with the tests of these modules only, and without warnings as errors."""
    text = re.sub(r"\n  \.treatAllWarnings[^\n]*", "", (ROOT / "Package.swift").read_text())
    start = text.index("let tests: [Target] = [")
    end = text.index("\n]\n", start)
    kept = {}
    for match in re.finditer(r"testTarget\(\s*\"(\w+)\"", text[start:end]):
        if match.group(1) in TESTED:
            begin = start + match.start()
            kept[match.group(1)] = (
                "  " + text[begin:matching(text, begin + len("testTarget"))] + ",")
    assert sorted(kept) == TESTED, f"Package.swift has tests of {sorted(kept)}"
    lines = ["let tests: [Target] = [", "  testSupport,", *kept.values()]
    return text[:start] + "\n".join(lines) + text[end:]


def make_tree():
    TREE.mkdir(parents=True, exist_ok=True)
    new = {}
    for folder in ["Sources", "Tests/TestSupport", *(f"Tests/{module}Tests" for module in TESTED),
                   "bundles/golden"]:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file():
                new[path.relative_to(ROOT)] = path.read_bytes()
    new[pathlib.Path("Package.swift")] = package().encode()
    for path in [ROOT / "SPEC.md", *sorted(ROOT.glob("bundles/*/*.yaml"))]:
        new[path.relative_to(ROOT)] = path.read_bytes()
    if (ROOT / "Package.resolved").exists():
        new[pathlib.Path("Package.resolved")] = (ROOT / "Package.resolved").read_bytes()
    mutants = []
    for name in source_files():
        path = pathlib.Path("Sources") / name
        source, found = rewritten(str(name.with_suffix("")) + ".swift", new[path].decode(),
                                  len(mutants) + 1)
        new[path] = source.encode()
        mutants += found
    for module in NEAREST:
        new[pathlib.Path("Sources") / module / "Mutant.swift"] = SWITCH.encode()
    for path in [path for path in TREE.rglob("*")
                 if path.is_file() and path.relative_to(TREE) not in new]:
        path.unlink()
    for path, content in new.items():
        place = TREE / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists() or place.read_bytes() != content:
            place.write_bytes(content)
    return mutants


def build():
    command = [
        os.environ.get("SWIFT", "swift"), "build", "--scratch-path", str(BUILD), "--product",
        "regrokPackageTests"]
    subprocess.run(command, cwd=TREE, check=True)
    return BUILD / "debug" / "regrokPackageTests.xctest"


def noticed(program, number, selection, limit=None):
    """How a test notices that check `number` is gone; None if no test does. A crash and a test that
    never ends count as noticed.

    The process ends at the first issue. Each has its own directory for temporary files, because a
    crash leaves them behind.
    """
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        environment = dict(os.environ, MUTANT=str(number), SWIFT_BACKTRACE="enable=no",
                           TMPDIR=folder)
        command = [str(program), "--testing-library", "swift-testing", *selection]
        with subprocess.Popen(
                command, cwd=TREE, env=environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                errors="replace") as process:
            timer = threading.Timer(limit or 3600, process.kill)
            timer.start()
            issue = next((line for line in process.stdout if "recorded an issue" in line), None)
            late = not timer.is_alive()
            timer.cancel()
            if issue:
                process.kill()
            status = process.wait()
    if issue:
        return re.sub(r".*?Test (?:case [^\n]* to )?(\w+).*", r"\1", issue.strip())
    return "no end" if late else f"exit status {status}" if status else None


def read_redundant():
    """The checks that no test can miss: lines "FILE: CONDITION", each with an indented reason
    below."""
    lines = REDUNDANT.read_text().splitlines() if REDUNDANT.exists() else []
    return {line for line in lines if line and not line[0].isspace() and not line.startswith("#")}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="tell which test notices")
    options = parser.parse_args()
    check_examples()
    mutants = make_tree()
    if options.list:
        for number, mutant in enumerate(mutants, 1):
            print(f"{number:4} {mutant.file}:{mutant.line}: {mutant.text}")
        return
    redundant = read_redundant()
    for key in sorted(redundant - {mutant.key for mutant in mutants}):
        sys.exit(f"mutants: redundant.txt names what is no check: {key}")
    program = build()
    start = time.monotonic()
    numbers = [int(word) for word in options.only.split(",") if word] or range(1, len(mutants) + 1)
    modules = {mutants[number - 1].file.split("/")[0] for number in numbers}
    # Tests that take six times as long as with the unchanged sources count as never ending.
    limits = {}
    for selection in sorted({selection for module in modules for selection in stages(module)}):
        begun = time.monotonic()
        if issue := noticed(program, 0, selection):
            sys.exit(f"mutants: the tests fail on the sources as they are: {issue}")
        limits[selection] = 30 + 6 * (time.monotonic() - begun)

    def judge(number):
        mutant = mutants[number - 1]
        found = stages(mutant.file.split("/")[0])
        # For a check listed as redundant only the nearest tests run, to see that it still is.
        if mutant.key in redundant:
            del found[1:]
        return number, next(filter(None, (
            noticed(program, number, selection, limits[selection]) for selection in found)), None)

    survivors, unseen = [], []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for number, issue in pool.map(judge, numbers):
            mutant = mutants[number - 1]
            if options.verbose:
                print(f"{issue}: {number} {mutant.key}", flush=True)
            if issue:
                continue
            unseen.append(mutant.key)
            if mutant.key not in redundant:
                survivors.append(mutant)
                print(f"missed: {number} {mutant.file}:{mutant.line}: {mutant.text}", flush=True)
    stale = sorted(redundant.difference(unseen)) if len(numbers) == len(mutants) else []
    for key in stale:
        print(f"listed as redundant, but a test fails without it: {key}")
    print(
        f"mutants: {len(numbers)} checks, killed {len(numbers) - len(unseen)}, "
        f"redundant {len(unseen) - len(survivors)}, missed {len(survivors)} "
        f"({time.monotonic() - start:.0f} s)")
    if survivors or stale:
        sys.exit(1)


if __name__ == "__main__":
    main()
