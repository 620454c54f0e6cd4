"""What may lie in a sweep's directory to which somebody else has written, for `sweep`, `--status`
and `--clean`."""

import hashlib
import json
import os

from directories import KINDS
from forge import canonical

# The identity in a claim.
ID = "0123456789abcdef"


def key(config):
    """The key of the trajectory of a config (SPEC.md 2.8)."""
    common = {**config, "max_steps": 1, "log_interval": 1, "checkpoint_interval": 0,
              "stop": {"memorized": 1, "grokked": 1, "steps_after_grokking": 0}}
    return hashlib.sha256(canonical(common).encode()).hexdigest()[:16]


def note(**changes):
    """The content of a claim as another host might have written it."""
    fields = {"beats": 1, "boot": "elsewhere", "end": 100, "first_step": 0, "host": "elsewhere",
              "id": ID, "locked": False, "process": 1, "seconds": 1, "state": "running", "step": 10}
    return canonical({**fields, **changes}).encode().ljust(1024)


def cases(config, run):
    """(name, builder of the directory, whether somebody seems to hold the work) of each."""
    own = key(config)

    def built(path, make):
        def build(place):
            target = place / ".work" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            make(target)
        return build

    def content(data):
        return lambda target: target.write_bytes(data)

    for path in ["claims", "sealing", "failed", "stop", ".gitignore", own, f"{own}/{ID}",
                 f"failed/{run}", "logs"]:
        for name, kind in KINDS.items():
            yield f".work/{path}: {name}", built(path, kind), False
    for path in ["config.json", "trace", "trace/metrics.csv", "resume", "outcome.json",
                 "checkpoints"]:
        for name, kind in KINDS.items():
            yield (f"a predecessor's {path}: {name}", built(f"{own}/{ID}/every-1/{path}", kind),
                   False)
    for name, kind in KINDS.items():
        yield f"a claim: {name}", built(f"claims/{own}.1", kind), name not in ["not there"]
    for name, data in {
            "a living one": note(),
            "huge numbers": note(
                step=2**53, first_step=-2**53, end=2**53, beats=2**53, seconds=1e308),
            "negative seconds": note(seconds=-1e308),
            "a name that a terminal obeys": note(host="\x1b[2J\u202e"),
            "an id that leads away": note(id="../../../../tmp/xx"), "a list": b"[]".ljust(1024),
            "a mebibyte": b" " * (1 << 20), "no JSON": b"\xff" * 1024}.items():
        yield f"a claim: {name}", built(f"claims/{own}.1", content(data)), True
    yield ("a claim that was released",
           built(f"claims/{own}.1", content(note(state="released"))), False)
    for name in [f"{own}.9223372036854775807", f"{own}.1073741825", f"{own}.0", f"{own}.-1", ".1",
                 "x" * 200 + ".1", "\x1b[2J.1"]:
        yield f"a claim called {name[:30]!r}", built(f"claims/{name}", content(note())), False
    def many(target):
        target.mkdir()
        for number in range(20_000):
            os.close(os.open(target / f"{number:016x}.1", os.O_CREAT | os.O_WRONLY))
    yield "20 000 claims", built("claims", many), False
    def away(target):
        target.parent.rmdir()
        target.parent.symlink_to("/proc")
    yield ".work leads away", built("x", away), False
