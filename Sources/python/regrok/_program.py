"""Starts the program `regrok`, if it is installed: with this package, or anywhere on PATH."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Union

from ._bundle import Record, StrPath
from ._bundle import open as open_record

IDENTICAL, DIFFERENT, WITHIN = 0, 1, 5


class Failed(Exception):
    """The program failed. `status` is its exit status (`regrok --help` lists them)."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def program() -> Path:
    """The program that `run` and `replay` start. Raises FileNotFoundError if there is none."""
    own = Path(sysconfig.get_path("scripts")) / "regrok"
    if own.is_file():
        return own
    found = shutil.which("regrok")
    if found is None:
        raise FileNotFoundError(
            "the program regrok is neither in this environment nor on PATH; this package reads "
            "bundles without it, and the wheel for Linux on x86-64 has it"
        )
    return Path(found)


def run(
    config: Union[StrPath, Mapping[str, Any], None] = None,
    *,
    out: StrPath,
    preset: Optional[str] = None,
    set: Optional[Mapping[str, Any]] = None,  # noqa: A002 - as `regrok run --set`
    threads: Optional[int] = None,
    resume: bool = False,
) -> Record:
    """Performs a run of the trainer in the directory `out`, and returns its record.

    `config` is a file, a sealed run whose config is used, or the config itself. `set` changes keys
    of the config, as in {"optimizer.weight_decay": 0.5}. Raises Failed.
    """
    words = ["run", "--output", os.fspath(out), "--quiet"]
    text: Optional[str] = None
    if isinstance(config, Mapping):
        words.append("-")
        text = json.dumps(config)
    elif config is not None:
        words.append(os.fspath(config))
    if preset is not None:
        words += ["--preset", preset]
    for key, value in (set or {}).items():
        words += ["--set", f"{key}={value if isinstance(value, str) else json.dumps(value)}"]
    if threads is not None:
        words += ["--threads", str(threads)]
    if resume:
        words.append("--resume")
    _answers(words, text, good=(0,))
    return open_record(out)


def replay(
    bundle: StrPath,
    *,
    jobs: Optional[int] = None,
    sample: Optional[int] = None,
    execute: bool = False,
) -> Mapping[str, Any]:
    """Replays a sealed run, and returns the answer of `regrok replay --json`.

    Its `verdict` is "identical", "different" or, for a program, "within". `execute` is the consent
    to execute a bundle's program, which may do whatever you may do. Raises Failed if nothing could
    be compared.
    """
    words = ["replay", os.fspath(bundle)]
    if jobs is not None:
        words += ["--jobs", str(jobs)]
    if sample is not None:
        words += ["--sample", str(sample)]
    if execute:
        words.append("--execute")
    return _answers(words, None, good=(IDENTICAL, DIFFERENT, WITHIN))[-1]


def _answers(
    words: Sequence[str], text: Optional[str], good: Sequence[int]
) -> list[Mapping[str, Any]]:
    """The lines of JSON that the program prints."""
    ended = subprocess.run(
        [os.fspath(program()), *words, "--json"],
        input=text if text is not None else "",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    if ended.returncode not in good:
        lines = ended.stderr.strip().splitlines()
        reason = lines[-1] if lines else f"regrok ended with {ended.returncode}"
        raise Failed(ended.returncode, reason[8:] if reason.startswith("regrok: ") else reason)
    return [json.loads(line) for line in ended.stdout.splitlines()]
