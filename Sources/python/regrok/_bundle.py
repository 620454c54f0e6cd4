"""Records: sealed bundles, and the directories of runs."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Optional, Union

from . import _table
from ._archive import Archive, Damaged

if TYPE_CHECKING:
    import pandas

__all__ = ["Damaged", "Record", "Unsupported", "open", "verify"]

StrPath = Union[str, "os.PathLike[str]"]

_LISTED = re.compile(r"([0-9a-f]{64})  ([^\n]+)\n")
_TAG_FILES = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")
_TAG_MANIFEST = "tagmanifest-sha256.txt"
_SIGNATURE = _TAG_MANIFEST + ".sig"
_FORMATS = {"1": "config.json", "2": "program.json"}
_CHECKPOINT = re.compile(r"checkpoints/step-(\d{8,})\.safetensors")
# The limits for files that are read as a whole.
_LARGEST_TEXT = 256 << 20
_LARGEST_TENSORS = 8 << 30


class Unsupported(Exception):
    """A bundle in a format that this version does not know."""


def open(path: StrPath) -> Record:  # noqa: A001 - `regrok.open`, as `gzip.open`
    """Opens a sealed bundle, or the directory of a run.

    Of a bundle, this reads only the ends of the file, the headers of the archive and the lists of
    digests. Each other file is compared with the manifest when it is read. `Record.verify` checks
    everything.

    Raises Damaged, Unsupported or OSError.
    """
    where = Path(path)
    return Record(_Directory(where) if where.is_dir() else _Bundle(where), where)


def verify(path: StrPath) -> Record:
    """Opens a bundle and checks its seal and every digest; see `Record.verify`."""
    record = open(path)
    record.verify()
    return record


class Record:
    """The record of one run, of the trainer or of any program."""

    def __init__(self, files: Union[_Bundle, _Directory], path: Path) -> None:
        self._files = files
        self.path = path

    def __repr__(self) -> str:
        return f"<regrok.Record {self.id} {str(self.path)!r}>"

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes a bundle's file."""
        self._files.close()

    # What it is.

    @property
    def is_program(self) -> bool:
        """Whether this is the run of a program, not of the trainer."""
        return self._spec_name == "program.json"

    @property
    def _spec_name(self) -> str:
        return "program.json" if "program.json" in self._files else "config.json"

    @property
    def id(self) -> str:
        """The run id: 16 digits of the digest of what determines the run."""
        return hashlib.sha256(self._files.read(self._spec_name)).hexdigest()[:16]

    @property
    def identity(self) -> Optional[str]:
        """The bundle's identity; None for a directory."""
        return self._files.identity

    @property
    def result(self) -> Optional[str]:
        """The result's identity, which a thin bundle shares with the full one.

        None if it is not recorded, as in the directory of a run.
        """
        if "expected-sha256.txt" not in self._files:
            return None
        return hashlib.sha256(self._files.read("expected-sha256.txt")).hexdigest()

    @property
    def is_thin(self) -> bool:
        """Whether some results of the run are left out."""
        if "expected-sha256.txt" not in self._files:
            return False
        listed = dict(_listed(self._text("expected-sha256.txt"), "expected-sha256.txt"))
        return any(name not in self._files for name in listed)

    @property
    def names(self) -> list[str]:
        """The paths of its files below `data/`."""
        return self._files.names()

    def read(self, name: str) -> bytes:
        """The bytes of one of `names`. In a bundle, their digest is checked with the manifest."""
        return self._files.read(name)

    # What is in it.

    @property
    def config(self) -> Any:
        """What determines a run of the trainer.

        For a program: the config that it was given, or None.
        """
        spec = self._json(self._spec_name)
        return spec["config"] if self.is_program else spec

    @property
    def program(self) -> Mapping[str, Any]:
        """program.json (SPEC.md 2.13): the command that was run, what is compared, and so on."""
        if not self.is_program:
            raise ValueError(f"{self.path}: a run of the trainer, and of no program")
        spec: Mapping[str, Any] = self._json("program.json")
        return spec

    @property
    def outcome(self) -> Mapping[str, Any]:
        """What it found. For a program, it has the keys `found` and `program`."""
        outcome: Mapping[str, Any] = self._json("outcome.json")
        return outcome

    @property
    def environment(self) -> Mapping[str, Any]:
        """What it ran with, as its machine reported it; never a result."""
        environment: Mapping[str, Any] = self._json("environment.json")
        return environment

    @property
    def metrics(self) -> pandas.DataFrame:
        """Its curves by step. A replay compares all of these columns."""
        return _table.frame(self._text("trace/metrics.csv"), floats=not self.is_program)

    @property
    def hashes(self) -> pandas.DataFrame:
        """Digests of the parameters and the optimizer state by step; only for the trainer."""
        if self.is_program:
            raise ValueError(f"{self.path}: a program's run has no hashes of its parameters")
        text = self._text("trace/hashes.csv")
        # Digests are not in quotes, and one that is all digits must not be read as a number.
        head, _, rows = text.partition("\n")
        return _table.frame(
            head + "\n" + re.sub(r",([0-9a-f]{64})", r',"\1"', rows), floats=False
        )

    @property
    def observed(self) -> pandas.DataFrame:
        """The columns of a program that are kept but not compared, such as times."""
        return _table.frame(self._text("trace/observed.csv"), floats=False)

    @property
    def checkpoints(self) -> list[int]:
        """The steps of the checkpoints that are here."""
        found = (_CHECKPOINT.fullmatch(name) for name in self._files.names())
        return sorted(int(match[1]) for match in found if match)

    def checkpoint(
        self, step: int, framework: str = "numpy", *, optimizer: bool = True
    ) -> dict[str, Any]:
        """The tensors by name after the update of a step.

        They are numpy arrays, or PyTorch tensors with framework="torch". Without the optimizer
        state (optimizer=False), this is what `load_state_dict` of the PyTorch model takes.
        """
        names = [name for name in self._files.names() if _step(name) == step]
        if not names:
            there = ", ".join(map(str, self.checkpoints)) or "none"
            raise KeyError(f"{self.path}: no checkpoint of step {step}; there are: {there}")
        content = self._files.read(names[0], most=_LARGEST_TENSORS)
        if framework == "numpy":
            try:
                from safetensors.numpy import load
            except ImportError:
                raise ImportError(
                    "checkpoints take safetensors: pip install 'regrok[data]'") from None
            tensors: dict[str, Any] = load(content)
        elif framework == "torch":
            from safetensors.torch import load as load_torch

            tensors = load_torch(content)
        else:
            raise ValueError(f"framework is {framework!r}; it can be numpy or torch")
        return {
            name: value
            for name, value in tensors.items()
            if optimizer or not name.startswith("optimizer.")
        }

    # Whether it is what was sealed.

    def verify(self) -> None:
        """Checks every byte of a bundle: frames and their checksums, the seal, the archive's form,
        the lists of digests, and every digest in them.

        Raises Damaged; ValueError for a directory. `regrok verify` checks more: that the records
        agree with each other, and who signed.
        """
        self._files.verify()

    def _text(self, name: str) -> str:
        return self._files.read(name).decode("utf-8")

    def _json(self, name: str) -> Any:
        return json.loads(self._text(name))


def _step(name: str) -> Optional[int]:
    match = _CHECKPOINT.fullmatch(name)
    return int(match[1]) if match else None


def _listed(text: str, name: str) -> Iterator[tuple[str, str]]:
    """The paths in a list of the form that sha256sum writes, with their digests."""
    place = 0
    while place < len(text):
        line = _LISTED.match(text, place)
        if line is None:
            reason = "tag-manifest" if name == _TAG_MANIFEST else "manifest"
            raise Damaged(reason, f"{name}: a line that is no digest and path")
        yield line[2], line[1]
        place = line.end()


class _Bundle:
    """The files below `data/` of a sealed bundle."""

    def __init__(self, path: Path) -> None:
        self._archive = Archive(path)
        try:
            self._read_lists()
        except BaseException:
            self._archive.close()
            raise

    def _read_lists(self) -> None:
        for name in (*_TAG_FILES, _TAG_MANIFEST):
            if name not in self._archive.members:
                raise Damaged("order", f"{name} is missing")
        self._tags = {name: self._member(name, 24 << 20) for name in (*_TAG_FILES, _TAG_MANIFEST)}
        try:
            texts = {name: content.decode("ascii") for name, content in self._tags.items()}
        except UnicodeDecodeError:
            raise Damaged("bag", "a list is not ASCII") from None
        information = dict(
            line.split(": ", 1) for line in texts["bag-info.txt"].splitlines() if ": " in line
        )
        found = information.get("Regrok-Bundle-Format", "")
        if found not in _FORMATS:
            if re.fullmatch("[1-9][0-9]{0,17}", found):
                raise Unsupported(f"bundle format {found}; this version knows 1 and 2")
            raise Damaged("bag", "bag-info.txt does not say the bundle's format")
        listed = list(_listed(texts["manifest-sha256.txt"], "manifest-sha256.txt"))
        self._manifest = dict(listed)
        tags = list(_listed(texts[_TAG_MANIFEST], _TAG_MANIFEST))
        if tags != [(name, _digest(self._tags[name])) for name in _TAG_FILES]:
            raise Damaged("tag-manifest", f"{_TAG_MANIFEST} is not that of members 1 to 3")
        head = list(self._archive.members)[: len(self._tags)]
        if head != [*_TAG_FILES, _TAG_MANIFEST]:
            raise Damaged("order", "the lists of digests are not the first members")
        members = [
            name
            for name in self._archive.members
            if name not in self._tags and name != _SIGNATURE
        ]
        if members != [name for name, _ in listed]:
            raise Damaged("manifest", "manifest-sha256.txt does not list the members")
        payload = sum(self._archive.members[name][1] for name in members)
        if information.get("Payload-Oxum") != f"{payload}.{len(members)}":
            raise Damaged("bag", "bag-info.txt: its Payload-Oxum is wrong")
        if any(not name.startswith("data/") for name in members):
            raise Damaged("name", "a member that lies beside data/")
        if "data/" + _FORMATS[found] not in members:
            raise Damaged("order", f"data/{_FORMATS[found]} is missing")
        if "data/expected-sha256.txt" not in members:
            raise Damaged("order", "data/expected-sha256.txt is missing")
        self.identity: Optional[str] = _digest(self._tags[_TAG_MANIFEST])
        spec = self.read(_FORMATS[found])
        if _digest(spec)[:16] != self._archive.root:
            raise Damaged("name", "the root is not the run's id")

    def __contains__(self, name: str) -> bool:
        return "data/" + name in self._archive.members

    def names(self) -> list[str]:
        return [name[5:] for name in self._archive.members if name.startswith("data/")]

    def read(self, name: str, *, most: int = _LARGEST_TEXT) -> bytes:
        path = "data/" + name
        if path not in self._archive.members:
            raise KeyError(f"no file {name} in this bundle")
        content = self._member(path, most)
        if _digest(content) != self._manifest[path]:
            raise Damaged("manifest", f"{path} has not the digest of the manifest")
        return content

    def verify(self) -> None:
        self._archive.check_seal()
        # In the archive's order, so that each frame is unpacked once.
        for path in self._archive.members:
            hasher = hashlib.sha256()
            for piece in self._archive.pieces(path):
                hasher.update(piece)
            if hasher.hexdigest() != self._manifest.get(path, hasher.hexdigest()):
                raise Damaged("manifest", f"{path} has not the digest of the manifest")
            self._archive.check_padding(path)
        for path, digest in _listed(self.read("expected-sha256.txt").decode(),
                                    "expected-sha256.txt"):
            if self._manifest.get("data/" + path, digest) != digest:
                raise Damaged("manifest", f"the list of results has another digest of {path}")

    def close(self) -> None:
        self._archive.close()

    def _member(self, name: str, most: int) -> bytes:
        if self._archive.members[name][1] > most:
            raise Damaged("size", f"{name} is larger than {most} bytes")
        return b"".join(self._archive.pieces(name))


class _Directory:
    """The directory of a run, or an unpacked bundle."""

    identity: Optional[str] = None

    def __init__(self, path: Path) -> None:
        self._root = path / "data" if (path / "data").is_dir() else path
        if not any((self._root / name).is_file() for name in _FORMATS.values()):
            raise FileNotFoundError(f"{path}: no run is here: neither config.json nor program.json")

    def __contains__(self, name: str) -> bool:
        return (self._root / name).is_file()

    def names(self) -> list[str]:
        return sorted(
            path.relative_to(self._root).as_posix()
            for path in self._root.rglob("*")
            if path.is_file() and not path.is_symlink()
        )

    def read(self, name: str, *, most: int = _LARGEST_TEXT) -> bytes:
        path = self._root / name
        if path.stat().st_size > most:
            raise ValueError(f"{path}: larger than {most} bytes")
        return path.read_bytes()

    def verify(self) -> None:
        raise ValueError(f"{self._root}: a directory is not sealed, so there is nothing to verify")

    def close(self) -> None:
        pass


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
