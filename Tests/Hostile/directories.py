"""Run directories that no run leaves behind. Each is made again for the command that reads it."""

import json
import os
import shutil

from forge import canonical, sha256

SPARSE = 64 << 30
FILES = ["config.json", "outcome.json", "environment.json", "run.json", "trace/metrics.csv",
         "trace/hashes.csv", "checkpoints/step-00000000.safetensors"]
# Without these there is no readable record.
NEEDED = {"config.json", "trace/metrics.csv", "trace/hashes.csv"}
RUN_JSON = canonical({
    "command": ["regrok", "run"], "ended": "2026-11-24T02:03:04.005+00:00", "host": "h",
    "started": "2026-11-23T23:59:59.999+00:00"}).encode()


def write(place, files):
    for path, content in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)


def sparse(path):
    with open(path, "wb") as file:
        file.truncate(SPARSE)


def loop(path):
    path.symlink_to(path.name)


# What can be in the place of a file.
KINDS = {
    "a pipe": os.mkfifo, "a directory": os.mkdir, "a link to itself": loop,
    "64 GiB of nothing": sparse,
    "a device that never ends": lambda path: path.symlink_to("/dev/zero"),
    "empty": lambda path: path.write_bytes(b""), "not there": lambda path: None,
    "no text": lambda path: path.write_bytes(b"\xff\x00\x1b[2J\n" * 100),
    "an endless line": lambda path: path.write_bytes(b"[" * (2 << 20))}


def cases(good, absurd):
    """(name, builder of the directory, how commands must take it) of each.

    It is "good"; "refused"; "any", which is read or refused; or, for records that are absurd,
    "absurd" if a replay is cheap and "dear" if not. `good` has the files of a whole run directory;
    `absurd` yields (name, records, whether a replay is cheap).
    """
    def built(change=lambda place: None, files=good):
        def build(place):
            write(place, files)
            change(place)
        return build

    def replaced(path, kind):
        def change(place):
            file = place / path
            file.unlink()
            kind(file)
        return built(change)

    def with_file(path, content):
        return built(files={**good, path: content})

    yield "as it was", built(), "good"
    for path in FILES:
        for name, kind in KINDS.items():
            yield f"{path}: {name}", replaced(path, kind), "refused" if path in NEEDED else "any"
    for folder in ["trace", "checkpoints", "resume"]:
        def change(place, folder=folder, kind=None):
            shutil.rmtree(place / folder, ignore_errors=True)
            kind(place / folder)
        for name in ["a pipe", "a link to itself", "empty", "64 GiB of nothing"]:
            yield (f"{folder}/: {name}",
                   built(lambda place, f=folder, k=KINDS[name]: change(place, f, k)),
                   "refused" if folder == "trace" else "any")
    for step in ["9223372036854775807", "18446744073709551616", "00000001", "99999999", "-1",
                 "\x1b[2J"]:
        for folder in ["checkpoints", "resume"]:
            yield (f"{folder}/step-{step!r}", with_file(f"{folder}/step-{step}.safetensors", b"no"),
                   "any")
    for name, content in [("a pipe", os.mkfifo), ("64 GiB of nothing", sparse)]:
        yield f"lock: {name}", built(lambda place, c=content: c(place / "lock")), "any"
    config = json.loads(good["config.json"])
    steps = good["trace/metrics.csv"].decode().splitlines()
    late = "\n".join([*steps[:2], steps[2].replace("10,", "9223372036854775807,", 1), ""]).encode()
    hashes = good["trace/hashes.csv"].decode().splitlines()
    late_hashes = "\n".join([*hashes[:2], hashes[2].replace("10,", "9223372036854775807,", 1),
                             ""]).encode()
    yield "a row of step 2^63 - 1", built(
        files={**good, "trace/metrics.csv": late, "trace/hashes.csv": late_hashes}), "refused"
    for key, value in [("numerics", 2), ("max_steps", 10**12), ("log_interval", 0),
                       ("batch", 1e300), ("seed", "x" * 60_000), ("seed", "\x1b[2J")]:
        changed = canonical({**config, key: value}).encode()
        # The curves of a run by another version can be shown.
        how = "any" if key == "numerics" else "refused"
        yield f"config.json: {key} {str(value)[:12]!r}", with_file("config.json", changed), how
    run = json.loads(RUN_JSON)
    for key, value in [("command", ["\x1b[2J" + "x" * 60_000]), ("host", "\x1b[2J"),
                       ("ended", "\x1b[2J"), ("started", "9999-99-99T99:99:99.999+00:00"),
                       ("command", {"a": {"b": []}})]:
        yield (f"run.json: {key} {str(value)[:12]!r}",
               with_file("run.json", canonical({**run, key: value}).encode()), "any")
    outcome = json.loads(good["outcome.json"])
    for key, value in [("t_mem", 2**53), ("t_grok", -(2**53)), ("delay", 1e308),
                       ("v_initial", 1.7e308), ("stop_reason", "\x1b[2J"), ("last_step", 10**15)]:
        yield (f"outcome.json: {key} {str(value)[:12]!r}",
               with_file("outcome.json", canonical({**outcome, key: value}).encode()), "any")
    environment = {"environment.json": good["environment.json"], "run.json": RUN_JSON}
    for name, records, is_cheap in absurd:
        yield (f"absurd: {name}", built(files={**records, **environment}),
               "absurd" if is_cheap else "dear")
