#!/usr/bin/env python3
"""Gives every command that reads strangers' files input that no honest writer makes.

    Tests/Hostile/run.py REGROK [PART...]

A part is bundles, absurd, programs, directories, sweeps, texts or surroundings; all by default. In
the environment, ONLY is a regular expression for the names of the trials, and EVERY=N takes every
Nth of them.

Each trial must end by itself, within two seconds of processor time and 256 MiB unless it sets other
limits. Its status must be an expected one (the table of ExitStatus.swift, never 70 and never a
signal). Its output must have no control byte. If it refuses, it must print one line on stderr. It
must leave no file that was not there before.
"""

import collections
import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import absurd
import bundles
import directories
import programs
import sweeps
import texts
from forge import Bundle, GOLDEN

PARTS = ["bundles", "absurd", "programs", "directories", "sweeps", "texts", "surroundings"]
LIMIT = 15
# What a terminal could obey: C0 except tab and line feed, C1, and characters that change the
# direction of writing.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
PAPER = str(GOLDEN.parent / "paper" / "claims.yaml")
BASE, TINY = str(GOLDEN / "base.tar.zst"), str(GOLDEN / "tiny-addition-adamw.tar.zst")
# Every command that reads a bundle, with FILE in its place. The files it writes are called out….
READERS = {
    "verify": ["verify", "FILE"],
    "verify, signed": ["verify", "FILE", "--allowed-signers", "SIGNERS"],
    "extract": ["extract", "FILE", "-o", "out"],
    "extract a member": ["extract", "FILE", "data/outcome.json", "-o", "out"],
    "show": ["show", "FILE"], "show, JSON": ["show", "FILE", "--json"],
    "diff A": ["diff", "FILE", "OTHER"], "diff B": ["diff", "OTHER", "FILE"],
    "diff, page": ["diff", "FILE", "OTHER", "--html", "out.html", "--json"],
    "replay": ["replay", "FILE", "--jobs", "1"],
    "report": ["report", "FILE", "-o", "out.html"], "predict": ["predict", "FILE", "--json"],
    "spectrum": ["spectrum", "FILE", "--jobs", "1", "-o", "out"],
    "distance A": ["distance", "FILE", "OTHER", "--jobs", "1"],
    "distance B": ["distance", "OTHER", "FILE", "--jobs", "1"],
    "list": ["list", "FILE"], "list, JSON": ["list", "FILE", "--json"],
    "list of a folder": ["list", "FOLDER", "--csv"],
    "claims": ["claims", "FOLDER", "--claims", "CLAIMS"],
    "report of a folder": ["report", "FOLDER", "-o", "out.html"],
    "calibrate": ["predict", "OTHER", "--calibrate", "FOLDER", "--json"],
    "pack": ["pack", "FILE", "-o", "out"],
    "pack, thin": ["pack", "FILE", "-o", "out", "--thin", "--license", "MIT"],
    # These take the config of a run, and perform nothing.
    "run": ["run", "FILE", "--set", "seed=x", "-o", "out"],
    "sweep": ["sweep", "FILE", "--dry-run", "--rate", "1", "-o", "out"]}
# Every command that reads a run directory, called d.
DIRECTORY_READERS = {
    "pack": ["pack", "d", "-o", "out.tar.zst"], "show": ["show", "d"],
    "diff A": ["diff", "d", TINY], "diff B": ["diff", TINY, "d"],
    "diff, page": ["diff", "d", TINY, "--html", "out.html"],
    "replay": ["replay", "d", "--jobs", "1"], "distance": ["distance", "d", TINY, "--jobs", "1"],
    "report": ["report", "d", "-o", "out.html"], "predict": ["predict", "d"],
    "list": ["list", "d", "--json"], "resume": ["run", "--resume", "-o", "d", "--quiet"],
    "extract": ["extract", "d", "-o", "out"], "verify": ["verify", "d"]}
WHOLE = ["verify", "verify, signed", "extract", "replay", "spectrum", "distance A", "distance B",
         "pack", "pack, thin"]
FOLDERS = ["claims", "report of a folder", "calibrate", "list of a folder"]
NO_BUNDLES = ["run", "sweep"]


def spawn(words, work, stdout, stderr, endless):
    """Runs a command; returns its status, the seconds it took, its processor seconds, and its MiB.

    The system counts the memory of the process that starts a new one as the new one's. So small
    processes start the commands; they exist before any file is read.
    """
    source = subprocess.Popen(["yes"], stdout=subprocess.PIPE) if endless else None
    with open(stdout, "wb") as out, open(stderr, "wb") as err:
        start = time.monotonic()
        process = subprocess.Popen(
            words, cwd=work, env=dict(os.environ, HOME=work, TMPDIR=work),
            stdin=source.stdout if source else subprocess.DEVNULL, stdout=out, stderr=err)
        alarm = threading.Timer(LIMIT, process.kill)
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        alarm.cancel()
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if source:
        source.stdout.close()
        source.kill()
        source.wait()
    return process.returncode, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


class Trial:
    """One command in its own directory, and what is wrong with how it ended.

    - statuses: the expected ones.
    - build: makes `d` in the directory first.
    - reason: what a refusal with status 2 has to name.
    - endless: whether stdin is a pipe that never ends.
    - names: what the output has to name.
    - may_leave: whether a refusal may leave the beginning of something that can be resumed.
    - kept: a file that must exist afterwards, and no other beside it whose name begins alike.
    """

    def __init__(self, name, words, statuses, build=None, reason=None, seconds=2.0, mebibytes=256,
                 lines=1, endless=False, names=(), may_leave=False, kept=None):
        self.name, self.words, self.statuses, self.reason = name, words, statuses, reason
        self.build, self.lines, self.endless, self.names = build, lines, endless, names
        self.may_leave, self.kept = may_leave, kept
        self.limits = (seconds, mebibytes)
        self.fault = None

    def perform(self):
        work = pathlib.Path(tempfile.mkdtemp(prefix="hostile-"))
        os.chmod(work, 0o777)
        stdout, stderr = (work.with_suffix(suffix) for suffix in [".stdout", ".stderr"])
        try:
            if self.build:
                (work / "d").mkdir()
                self.build(work / "d")
            before = self.listing(work)
            self.status, self.wall, self.seconds, self.mebibytes = SPAWNERS.submit(
                spawn, self.words, str(work), str(stdout), str(stderr), self.endless).result()
            self.fault = self.judge(stdout.read_bytes(), stderr.read_bytes(),
                                    self.listing(work) - before)
        finally:
            for file in [stdout, stderr]:
                file.unlink(missing_ok=True)
            shutil.rmtree(work)
        return self

    @staticmethod
    def listing(work):
        return {os.path.relpath(os.path.join(folder, name), work)
                for folder, folders, files in os.walk(work) for name in folders + files}

    def judge(self, stdout, stderr, left):
        said, answer = stderr.decode(errors="replace"), stdout.decode(errors="replace")
        if self.wall >= LIMIT:
            return f"it does not end within {LIMIT} s"
        if self.status not in self.statuses:
            return f"status {self.status}, not {sorted(self.statuses)}: {said[:300]!r}"
        if self.kept and [path.name for path in self.kept.parent.glob(self.kept.name + "*")] != [
                self.kept.name]:
            return "what lies outside was touched"
        if CONTROL.search(answer + said):
            return f"it prints control bytes: {CONTROL.search(answer + said).group()!r}"
        if self.seconds > self.limits[0] or self.mebibytes > self.limits[1]:
            return f"it takes {self.seconds:.2f} s and {self.mebibytes:.0f} MiB"
        for name in self.names:
            if name not in said + answer:
                return f"it does not name {name}"
        # That nothing can be compared is an answer, too.
        is_answer = self.status in (0, 1) or self.status == 4 and answer and not said
        if is_answer or self.may_leave:
            left = {name for name in left if not name.startswith(("out", "d/"))}
        if is_answer:
            pass
        elif (len(said.splitlines()) not in range(1, self.lines + 1) or not said.endswith("\n")
              or not said.splitlines()[-1].startswith("regrok: ")):
            return f"not one line: {said[:300]!r}"
        elif self.status == 2 and self.reason and not re.search(rf": ({self.reason}): ", said):
            return f"not for {self.reason}: {said[:300]!r}"
        return f"it leaves {sorted(left)[:5]}" if left else None


class Trials:
    """All trials, with the files that they need in one folder."""

    def __init__(self, regrok, folder):
        self.regrok, self.folder, self.all, self.count = regrok, folder, [], 0
        self.signers = folder / "signers"
        self.signers.write_text("ada ssh-ed25519 AAAA\n")
        self.claims = folder / "claims.yaml"
        self.claims.write_text(texts.CLAIMS)

    def add(self, name, words, statuses, **options):
        self.all.append(Trial(name, [self.regrok, *words], statuses, **options))

    def readers(self, name, path, statuses, other=BASE, **options):
        """All commands on one file, which also lies in a folder by itself. It is compared with
        `other`."""
        self.count += 1
        home = self.folder / f"folder-{self.count}"
        home.mkdir()
        os.link(path, home / "x.tar.zst", follow_symlinks=False)
        for command, words in READERS.items():
            meant = statuses(command)
            if meant is None:
                continue
            places = {"FILE": str(path), "FOLDER": str(home), "SIGNERS": str(self.signers),
                      "OTHER": other, "CLAIMS": str(self.claims)}
            is_whole = command in ["verify", "extract"]
            self.add(f"{name}: {command}", [places.get(word, word) for word in words], meant,
                     **{**options, "reason": options.get("reason") if is_whole else None,
                        "lines": 3 if command in [
                            *FOLDERS, "replay", "spectrum", "distance A", "distance B"] else 1})

    # MARK: The parts

    def bundles(self):
        """Commands that read all of a damaged or forged bundle refuse it; others may not notice."""
        folder = self.folder / "all"
        folder.mkdir()

        def damaged(command):
            if command == "spectrum":
                # A task without a modulus has no spectrum, whatever else is wrong.
                return {2, 64}
            if command in WHOLE:
                return {2}
            if command in NO_BUNDLES:
                return {2, 4, 64, 74}
            return {0, 1, 2, 4}

        refused = []
        # For commands that read no bundle these are just senseless files; a few of them are enough.
        def few(command):
            return None if command in NO_BUNDLES else damaged(command)

        cases = itertools.chain(bundles.damaged(),
                                ((*case, "trace|json") for case in absurd.beyond()))
        for number, (name, content, reason) in enumerate(cases):
            path = self.folder / f"{number}.tar.zst"
            path.write_bytes(content)
            # A list of 24 MB, which is allowed, and a crate with as many keys as fit take about two
            # seconds.
            options = {"seconds": 5} if re.search("330 000 lines|340 000 keys", name) else {}
            meant = few if number % 10 else damaged
            if reason == bundles.UNKNOWN:
                def meant(command):
                    return {4} if command in WHOLE else damaged(command) | {4}
            self.readers(name, path, meant, reason=reason, **options)
            os.link(path, folder / f"{number}.tar.zst")
            if "show" in READERS and reason in [
                    "not-zstd", "too-short", "trailing-data", "not-tar", "magic"]:
                refused.append(f"{number}.tar.zst")
        shutil.copy(BASE, folder / "good.tar.zst")
        # One bad file does not hide the good ones, and it is named.
        for command in FOLDERS:
            words = [{"FOLDER": str(folder), "OTHER": BASE, "CLAIMS": str(self.claims)}.get(
                word, word) for word in READERS[command]]
            self.add(f"all of them and a good one: {command}", words, {0, 4}, seconds=20,
                     mebibytes=512, lines=1000, names=refused)
        os.mkfifo(self.folder / "fifo")
        (self.folder / "directory").mkdir()
        (self.folder / "link").symlink_to(BASE)
        devices = [(name, self.folder / name) for name in ["fifo", "directory", "link", "none"]]
        devices += [(device, pathlib.Path(device))
                    for device in ["/dev/zero", "/dev/null", "/proc/self/mem"]]
        for name, path in devices:
            for command, words in READERS.items():
                # One of these says of itself that it is a regular file of no bytes.
                meant = {2, 64, 74} if (
                    name.startswith("/proc") or command in NO_BUNDLES + FOLDERS) else {64, 74}
                if (name == "directory" and command == "report of a folder"
                        or name == "link" and command in FOLDERS):
                    meant = meant | {0}
                places = {"FILE": str(path), "FOLDER": str(path), "SIGNERS": str(self.signers),
                          "OTHER": BASE, "CLAIMS": str(self.claims)}
                self.add(f"{name}: {command}", [places.get(word, word) for word in words], meant)

    def absurd(self):
        """All commands read sound bundles; only the trainer finds that nobody performed them."""
        for number, (name, content, _, is_cheap) in enumerate(absurd.bundles()):
            path = self.folder / f"absurd-{number}.tar.zst"
            path.write_bytes(content)

            def sound(command):
                if command in ["replay", "spectrum"]:
                    return {1} if is_cheap else None
                if command.startswith("distance"):
                    # There is no distance to a run of another model.
                    return {1, 64} if is_cheap else None
                if command in NO_BUNDLES:
                    return {2, 64, 74}
                return {"diff A": {1}, "diff B": {1}, "diff, page": {1}, "predict": {0, 4},
                        "calibrate": {0, 4}, "verify, signed": {3}}.get(command, {0})

            is_large = (len(content) > 1 << 17 or "60 000" in name or "MB" in name
                        or "400 000" in name)
            self.readers(f"absurd: {name}", path, sound, TINY,
                         **({"seconds": 8, "mebibytes": 1024} if is_large else {}))

        folder = self.folder / "paper"
        folder.mkdir()
        # The paper's claims also look at these folders.
        for name in ["beyond", "law"]:
            (self.folder / name).mkdir()
            shutil.copy(TINY, self.folder / name)
        for number, content in enumerate(absurd.paper()):
            (folder / f"{number}.tar.zst").write_bytes(content)
        for name, words in {
                "claims": ["claims", str(folder), "--claims", PAPER, "-o", "out.html", "-o",
                           "out.md", "-o", "out.svg"],
                "claims, JSON": ["claims", str(folder), "--claims", PAPER, "--json"],
                "other claims": ["claims", str(folder), "--claims", str(self.claims), "-o",
                                 "out.html", "-o", "out.md", "-o", "out.svg"],
                "other claims, JSON": ["claims", str(folder), "--claims", str(self.claims),
                                       "--json"],
                "why": ["claims", str(folder), "--claims", str(self.claims), "--why", "1"],
                "report": ["report", str(folder), "-o", "out.html", "--json"],
                "calibrate": ["predict", BASE, "--calibrate", str(folder), "--json"],
                "calibrate, text": ["predict", BASE, "--calibrate", str(folder)],
                "predict": ["predict", str(folder / "0.tar.zst"), "--calibrate", str(folder),
                            "--json"],
                "verify": ["verify", *map(str, sorted(folder.iterdir()))]}.items():
            self.add(f"absurd runs of the paper: {name}", words,
                     {0, 4} if "predict" in words else {0}, seconds=10)

    def programs(self):
        """Runs of programs: bundles, directories, and what is recorded and adopted. Nothing of
        these is executed unasked."""
        # A program's run has no spectrum and no prediction, and it is not a config. It may have no
        # column in common with the trainer's run here. The option --jobs does not apply to a
        # program's replay.
        answers = {"verify, signed": {3}, "distance A": {4}, "distance B": {4}, "diff A": {1, 4},
                   "diff B": {1, 4}, "diff, page": {1, 4}, "replay": {64},
                   "predict": {2, 4, 64}, "spectrum": {2, 4, 64}, "claims": {0, 2, 4},
                   "calibrate": {0, 2, 4}, "run": {4}, "sweep": {64}}
        for number, (name, bundle, is_large) in enumerate(programs.sound()):
            path = self.folder / f"program-{number}.tar.zst"
            path.write_bytes(bundle.archived())
            self.readers(f"program: {name}", path, lambda command: answers.get(command, {0}), TINY,
                         **({"seconds": 15, "mebibytes": 1024} if is_large else {}))
            self.add(f"program: {name}: replay unasked", ["replay", str(path)], {4}, lines=2,
                     **({"seconds": 15, "mebibytes": 1024} if is_large else {}))
            # Compared with itself, and with another program's run.
            self.add(f"program: {name}: diff with itself",
                     ["diff", str(path), str(path), "--html", "out.html"], {0, 4},
                     **({"seconds": 15, "mebibytes": 1024} if is_large else {}))
            self.add(f"program: {name}: diff with another",
                     ["diff", str(path), str(self.folder / "program-0.tar.zst"), "--json"],
                     {0, 1}, **({"seconds": 15, "mebibytes": 1024} if is_large else {}))
        refused = {"verify": {2}, "extract": {2}, "replay": {2, 64}}
        for number, (name, bundle, reason) in enumerate(programs.refused()):
            path = self.folder / f"bad-program-{number}.tar.zst"
            path.write_bytes(bundle.archived())
            # The other commands read no more of it than these.
            few = ["verify", "extract", "show", "diff A", "report", "replay"] + (
                FOLDERS if number % 10 == 0 else [])
            self.readers(
                f"bad program: {name}", path,
                lambda command: refused.get(command, {0, 1, 2, 4, 64}) if command in few else None,
                reason=reason)
        self.deleting()
        meant = {"good": {"replay": {64}, "diff A": {1, 4}, "diff B": {1, 4}, "diff, page": {1, 4}},
                 "refused": {"pack": {2, 64, 74}}}
        default = {"good": {0}, "refused": {2, 64, 74}, "any": {0, 1, 2, 4, 64, 74}}
        for name, build, how in programs.run_directories():
            for command, words in DIRECTORY_READERS.items():
                statuses = meant.get(how, {}).get(command, default[how])
                if command in ["extract", "verify", "resume", "predict", "distance"]:
                    statuses = {2, 4, 64, 74}
                self.add(f"program's directory: {name}: {command}", words, statuses, build=build,
                         lines=2, may_leave=command == "resume")
        self.recorded()

    def deleting(self):
        """All commands read a bundle whose program would delete a file outside; the file stays."""
        mark = self.folder / "kept" / "mark"
        mark.parent.mkdir()
        mark.write_text("kept")
        bundle, directory = programs.deleting(mark)
        path = self.folder / "deleting.tar.zst"
        path.write_bytes(bundle.archived())
        home = self.folder / "deleting"
        home.mkdir()
        shutil.copy(path, home)
        words = {**READERS, "replay, to be kept": ["replay", "FILE", "--keep", "out"],
                 "replay, unasked": ["replay", "FILE"],
                 "replay, in a sandbox": ["replay", "FILE", "--sandbox"],
                 "replay, signed": ["replay", "FILE", "--allowed-signers", "SIGNERS"],
                 "replay, inputs": ["replay", "FILE", "--inputs", "/"]}
        places = {"FILE": str(path), "FOLDER": str(home), "SIGNERS": str(self.signers),
                  "OTHER": str(self.folder / "program-0.tar.zst"), "CLAIMS": str(self.claims)}
        meant = {"replay": {64}, "replay, unasked": {4}, "verify": {0}, "show": {0},
                 "show, JSON": {0}, "report": {0}, "extract": {0}, "diff A": {1}, "diff B": {1},
                 "report of a folder": {0}}
        for command, those in words.items():
            self.add(f"a program that deletes: {command}",
                     [places.get(word, word) for word in those],
                     meant.get(command, {0, 1, 2, 3, 4, 64, 74}), kept=mark, lines=3)
        for command, those in DIRECTORY_READERS.items():
            self.add(f"the directory of a program that deletes: {command}", those,
                     {0, 1, 4, 64, 74}, kept=mark, lines=2,
                     build=lambda place: directories.write(place, directory), may_leave=True)

    def recorded(self):
        """Program files, configs and results of strangers, given to `record`."""
        for number, (name, content) in enumerate(programs.program_files()):
            path = self.folder / f"program-file-{number}.yaml"
            path.write_bytes(content)
            for command, more in {"dry": ["--dry-run"], "record": ["--quiet"]}.items():
                self.add(f"program file: {name}: {command}",
                         ["record", "-f", str(path), "-o", "out", *more], {64, 74}, lines=2,
                         build=lambda place: os.mkfifo(place.parent / "fifo"))
        for number, (name, content) in enumerate(programs.configs()):
            path = self.folder / f"program-config-{number}.yaml"
            path.write_bytes(content)
            file = self.folder / f"program-with-config-{number}.yaml"
            file.write_text(f'run: [sh, -c, "true"]\ninputs: []\nconfig: {path}\n')
            self.add(f"program's config: {name}",
                     ["record", "-f", str(file), "-o", "out", "--dry-run"], {64}, lines=2)
        for name, build, statuses in programs.adopted():
            words = ["record", "--adopt", "d", "--no-input", "-o", "out"]
            large = {"seconds": 15, "mebibytes": 1024} if re.search(
                "50 000|5000|10 001|open quote", name) else {}
            self.add(f"adopted: {name}", words, statuses, build=build, lines=3, **large)

    def directories(self):
        tiny = Bundle(TINY)
        good = {path.removeprefix("data/"): content for path, content in tiny.files.items()
                if path.removeprefix("data/") in directories.FILES or "/checkpoints/" in path}
        good["run.json"] = directories.RUN_JSON
        meant = {
            "good": {"pack": {0}, "show": {0}, "report": {0}, "list": {0}, "replay": {0},
                     "predict": {0, 4}, "resume": {0}},
            "absurd": {"pack": {0}, "show": {0}, "report": {0}, "list": {0}, "replay": {1},
                       "predict": {0, 4}, "resume": {0, 2}},
            "refused": {"pack": {2, 4, 64, 74}, "predict": {2, 4, 74}, "resume": {0, 2, 4, 64, 74}},
            "any": {}}
        meant["dear"] = {**meant["absurd"], "replay": None, "resume": None}
        runs = [(name, records, is_cheap) for name, records, left_out, is_cheap in absurd.runs()
                if not left_out]
        default = {"good": {0, 1}, "absurd": {1}, "dear": {1}, "refused": {2, 4, 74},
                   "any": {0, 1, 2, 4, 64, 74}}
        for name, build, how in directories.cases(good, runs):
            for command, words in DIRECTORY_READERS.items():
                statuses = {64, 74} if command in ["extract", "verify"] else meant[how].get(
                    command, default[how])
                if name == "config.json: not there" and command != "resume":
                    # It is not a run directory, so this is a wrong usage.
                    statuses = {64, 74}
                if command == "distance":
                    # There is no distance to a run of another model, or between states that are too
                    # large for any memory.
                    statuses = None if how == "dear" else statuses | {64}
                if statuses is None:
                    continue
                self.add(f"directory: {name}: {command}", words, statuses, build=build, lines=2,
                         may_leave=command == "resume",
                         **({"seconds": 8, "mebibytes": 1024} if how == "dear" else {}))

    def sweeps(self):
        """Directories of sweeps in which one cell of three steps must be computed."""
        plan = self.folder / "sweep.yaml"
        plan.write_text(texts.PLAN)
        place = self.folder / "swept"
        subprocess.run([self.regrok, "sweep", plan, "-o", place], check=True, capture_output=True)
        bundle = next(place.glob("*.tar.zst"))
        config = json.loads(Bundle(bundle).files["data/config.json"])
        for name, build, is_taken in sweeps.cases(config, bundle.name.removesuffix(".tar.zst")):
            commands = {"status": ["--status"], "clean": ["--clean"],
                        "status as JSON": ["--status", "--json"]}
            if not is_taken:
                # Otherwise the sweep would wait for it.
                commands["sweep"] = ["--worker"]
            for command, words in commands.items():
                self.add(f"sweep: {name}: {command}", ["sweep", str(plan), "-o", "d", *words],
                         {0, 2, 4, 64, 74}, build=build, lines=3, may_leave=True, seconds=4)

    def texts(self):
        def file(content):
            self.count += 1
            path = self.folder / f"text-{self.count}"
            path.write_bytes(content)
            return str(path)

        for name, content, statuses in texts.configs():
            self.add(f"config: {name}: run", ["run", file(content), "-o", "out", "--quiet"],
                     statuses)
        for name, content, statuses in texts.plans():
            self.add(f"plan: {name}: sweep",
                     ["sweep", file(content), "--dry-run", "--rate", "1", "-o", "out"], statuses)
        self.add("plan: rates that diverge, timed: sweep",
                 ["sweep", file(list(texts.plans())[-1][1]), "--dry-run", "-o", "out"], {0},
                 seconds=4)
        for number, (name, plan, program, statuses) in enumerate(texts.programs()):
            place = self.folder / f"program-{number}"
            place.mkdir()
            os.mkfifo(place / "fifo")
            (place / "plan.yaml").write_text(plan)
            if program is not None:
                (place / "p.yaml").write_bytes(
                    program if isinstance(program, bytes) else program.encode())
            self.add(f"plan: program: {name}: sweep",
                     ["sweep", str(place / "plan.yaml"), "--dry-run", "--rate", "1", "-o", "out"],
                     statuses, lines=2)
        folder = self.folder / "texts"
        folder.mkdir()
        directories.sparse(folder / "sparse")
        os.mkfifo(folder / "fifo")
        for name in ["/dev/zero", "/dev/null", "/dev/stdin", "-", str(folder),
                     str(folder / "sparse"), str(folder / "fifo"), str(folder / "none"),
                     "/proc/self/mem"]:
            for command, words in {
                    "run": ["run", name, "-o", "out"],
                    "sweep": ["sweep", name, "--dry-run", "--rate", "1", "-o", "out"],
                    "signers": ["verify", self.signed, "--allowed-signers", name]}.items():
                self.add(f"{pathlib.Path(name).name}: {command}", words,
                         {2, 3, 64, 74} if command == "signers" else {64, 74},
                         endless=name in ["/dev/stdin", "-"])
        for name, content, statuses in texts.signers(self.key):
            self.add(f"signers: {name}: verify",
                     ["verify", self.signed, "--allowed-signers", file(content)], statuses)
        for name, content in texts.spectra():
            place = self.spectra_folder()
            (place / "spectra" / "x.csv").write_bytes(content)
            self.add(f"spectra: {name}: claims",
                     ["claims", str(place), "--claims", str(self.claims)], {0, 2, 74}, lines=3)
        for name in ["a pipe", "a link to itself", "64 GiB of nothing", "a device that never ends",
                     "a directory"]:
            place = self.spectra_folder()
            directories.KINDS[name](place / "spectra" / "x.csv")
            self.add(f"spectra: {name}: claims",
                     ["claims", str(place), "--claims", str(self.claims)], {0, 2, 74}, lines=3)
        self.claims_files(file, folder)

    def claims_files(self, file, places):
        """Files of claims, in the folder of the runs and elsewhere, and before a sweep."""
        home = self.folder / "claimed"
        home.mkdir()
        shutil.copy(TINY, home)
        os.mkfifo(home / "fifo")
        for count in [10_000, 10_001]:
            (home / f"p{count}.yaml").write_text(texts.PLAN + f"    seeds: 1..{count}\n")
        plan = file(texts.PLAN.encode())
        for number, (name, content, statuses) in enumerate(texts.claims()):
            path = home / f"c{number}.yaml"
            path.write_bytes(content)
            # The folder of these files has the plans and one run.
            self.add(f"claims: {name}",
                     ["claims", str(home), "--claims", str(path), "-o", "out.html", "-o", "out.md",
                      "-o", "out.svg"], statuses)
            self.add(f"claims: {name}: why",
                     ["claims", str(home), "--claims", str(path), "--why", "1", "--json"], statuses)
            # A sweep does not look at the folders of runs.
            self.add(f"claims: {name}: sweep",
                     ["sweep", plan, "--claims", str(path), "--dry-run", "--rate", "1", "-o",
                      "out"], statuses | {0} if "folder" in name else statuses)
            if number % 10 == 0:
                own = self.folder / f"own-{number}"
                own.mkdir()
                shutil.copy(TINY, own)
                (own / "claims.yaml").write_bytes(content)
                self.add(f"claims: {name}: own", ["claims", str(own)], statuses)
        large = home / "large.yaml"
        large.write_bytes(texts.folders_that_are_large())
        self.add("claims: the folder above all", ["claims", str(home), "--claims", str(large)],
                 {0, 2, 74}, lines=100_000, seconds=10, mebibytes=512)
        for name in ["/dev/zero", "/dev/null", "/dev/stdin", str(places), str(places / "sparse"),
                     str(places / "fifo"), str(places / "none"), "/proc/self/mem"]:
            last = pathlib.Path(name).name
            endless = name == "/dev/stdin"
            self.add(f"{last}: claims", ["claims", str(home), "--claims", name], {64, 74},
                     endless=endless)
            self.add(f"{last}: sweep, claims",
                     ["sweep", plan, "--claims", name, "--dry-run", "--rate", "1", "-o", "out"],
                     {64, 74}, endless=endless)

    def spectra_folder(self):
        self.count += 1
        place = self.folder / f"spectra-{self.count}"
        (place / "spectra").mkdir(parents=True)
        shutil.copy(TINY, place)
        return place

    def surroundings(self):
        """Too little memory, no thread, and no permission."""
        config = self.folder / "large.yaml"
        config.write_text(texts.CONFIG.replace("width: 16", "width: 2048").replace(
            "feedforward: 32", "feedforward: 4096"))
        whole = {"verify": ["verify", TINY], "extract": ["extract", TINY, "-o", "out"],
                 "show": ["show", TINY], "replay": ["replay", TINY],
                 "spectrum": ["spectrum", TINY, "-o", "out"],
                 "pack": ["pack", "d", "-o", "out.tar.zst"],
                 "report": ["report", TINY, "-o", "out.html"]}
        tiny = Bundle(TINY)
        files = {path.removeprefix("data/"): content for path, content in tiny.files.items()
                 if path.startswith("data/")}
        for path in ["README.md", "ro-crate-metadata.json", "ro-crate-preview.html",
                     "expected-sha256.txt"]:
            del files[path]
        files["run.json"] = directories.RUN_JSON
        plan = self.folder / "plan.yaml"
        plan.write_text(texts.PLAN)
        (self.folder / "small.yaml").write_text(texts.CONFIG)

        def build(place):
            directories.write(place, files)

        self.all.append(Trial(
            "400 MB of memory: run",
            ["prlimit", "--as=400000000", self.regrok, "run", str(config), "-o", "out"],
            {71}, seconds=5, mebibytes=512))
        for command, words in whole.items():
            # Lines on missing threads and on the estimate may come first.
            self.all.append(Trial(
                f"200 MB of memory: {command}",
                ["prlimit", "--as=200000000", self.regrok, *words],
                {0, 71, 74}, build=build, seconds=5, lines=3))
        # The limit on processes does not apply to root, so root becomes nobody.
        if os.getuid() != 0 or not shutil.which("setpriv"):
            print("hostile: not root: nothing was tried without threads or permission",
                  file=sys.stderr)
            return
        os.chmod(self.folder, 0o755)
        whole["run"] = ["run", str(self.folder / "small.yaml"), "-o", "out", "--threads", "4"]
        whole["sweep"] = ["sweep", str(plan), "-o", "out", "--jobs", "4"]
        program = str(self.folder / "regrok")
        os.symlink(self.regrok, program)
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "prlimit",
                  "--nproc=1"]
        for command, words in whole.items():
            self.all.append(Trial(
                f"no thread to be had: {command}", [*nobody, program, *words], {0, 71, 74},
                build=build, lines=3, may_leave=command in ["run", "sweep"]))

        def forbidden(place):
            build(place)
            os.chmod(place / "trace", 0)

        for command in ["pack", "show", "diff A", "replay", "report", "predict", "resume"]:
            self.all.append(Trial(
                f"a trace that may not be read: {command}",
                [*nobody[:4], program, *DIRECTORY_READERS[command]], {2, 74}, build=forbidden,
                lines=2))

    # MARK: What the trials need

    def prepare(self):
        """Makes a signed bundle, and the public half of its key."""
        key, place = self.folder / "key", self.folder / "run"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key],
                       check=True)
        tiny = Bundle(TINY)
        directories.write(place, {
            path.removeprefix("data/"): content for path, content in tiny.files.items()
            if path.removeprefix("data/") in directories.FILES or "/checkpoints/" in path})
        (place / "run.json").write_bytes(directories.RUN_JSON)
        self.signed = str(self.folder / "signed.tar.zst")
        subprocess.run([self.regrok, "pack", place, "-o", self.signed, "--sign", key], check=True,
                       stdout=subprocess.DEVNULL)
        self.key = key.with_suffix(".pub").read_text().strip()


def main():
    if len(sys.argv) < 2 or any(part not in PARTS for part in sys.argv[2:]):
        sys.exit(__doc__)
    regrok = str(pathlib.Path(sys.argv[1]).resolve())
    if not os.access(regrok, os.X_OK):
        sys.exit(f"hostile: no program at {regrok}")
    # A limit, so that nothing fills the machine. The trials measure the memory that is used.
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    global SPAWNERS
    SPAWNERS = concurrent.futures.ProcessPoolExecutor(os.cpu_count())
    list(SPAWNERS.map(time.sleep, [0.1] * os.cpu_count()))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="hostile-files-"))
    start = time.monotonic()
    faults = 0
    try:
        trials = Trials(regrok, folder)
        trials.prepare()
        for part in sys.argv[2:] or PARTS:
            getattr(trials, part)()
        trials.all = [trial for trial in trials.all
                      if re.search(os.environ.get("ONLY", ""), trial.name)]
        trials.all = trials.all[::int(os.environ.get("EVERY", "1"))]
        if not trials.all:
            sys.exit("hostile: no trial has such a name")
        with concurrent.futures.ThreadPoolExecutor(2 * os.cpu_count()) as pool:
            for trial in pool.map(Trial.perform, trials.all):
                if trial.fault:
                    faults += 1
                    print(f"hostile: {trial.name}: {trial.fault}", file=sys.stderr, flush=True)
    finally:
        shutil.rmtree(folder)
    statuses = sorted(collections.Counter(trial.status for trial in trials.all).items())
    slowest = max(trials.all, key=lambda trial: trial.seconds)
    largest = max(trials.all, key=lambda trial: trial.mebibytes)
    print("hostile: statuses " + ", ".join(f"{status}: {count}" for status, count in statuses))
    print(
        f"hostile: {len(trials.all)} commands in {time.monotonic() - start:.0f} s; "
        f"at most {slowest.seconds:.2f} s of processor time ({slowest.name}) "
        f"and {largest.mebibytes:.0f} MiB ({largest.name}); {faults} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
