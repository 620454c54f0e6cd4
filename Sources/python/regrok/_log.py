"""Writes the results of a training script in the form that `regrok record` reads."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Mapping, Optional, TextIO, Type, Union

StrPath = Union[str, "os.PathLike[str]"]
Number = Union[int, float, str, None]


class Run:
    """The record of a run while it is performed: rows of metrics.csv, checkpoints, outcome.

        with regrok.Run() as log:
            for step in range(steps):
                log.row(step, loss=loss.item())
            log.checkpoint(step, model.state_dict())
            log.found(best_accuracy=best)

    `out` is the directory of the record. By default it is the one that `regrok record` made for
    the results (the variable RUN_OUTPUT), or else the current directory.
    """

    def __init__(self, out: Optional[StrPath] = None) -> None:
        self.out = Path(out if out is not None else os.environ.get("RUN_OUTPUT", "."))
        self.out.mkdir(parents=True, exist_ok=True)
        # A second run in one place would mix its rows with the first one's.
        self._table: TextIO = (self.out / "metrics.csv").open("x", encoding="utf-8", newline="")
        self._columns: list[str] = []
        self._step = -1

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the table. Each row is in the file as soon as it is written."""
        self._table.close()

    def row(self, step: int, **values: Any) -> None:
        """Writes the values of one step: numbers, texts, or objects whose `item()` gives one.

        Steps must rise. The first row decides which columns there are. A column that a later row
        lacks is a gap in that row.
        """
        if step <= self._step:
            raise ValueError(f"step {step} comes after step {self._step}; steps have to rise")
        if not self._columns:
            if "step" in values or not values:
                raise ValueError("a row has columns, and none of them is called step")
            self._columns = list(values)
            self._write(["step", *self._columns])
        unknown = [name for name in values if name not in self._columns]
        if unknown:
            raise ValueError(f"column {unknown[0]} was not in the first row, which has all of them")
        cells = [_cell(_scalar(values.get(name), name)) for name in self._columns]
        self._step = step
        self._write([str(step), *cells])

    def checkpoint(self, step: int, tensors: Mapping[str, Any]) -> Path:
        """Writes numpy arrays or PyTorch tensors, by name, to checkpoints/step-N.safetensors."""
        folder = self.out / "checkpoints"
        folder.mkdir(exist_ok=True)
        path = folder / f"step-{step:08}.safetensors"
        partial = folder / f".step-{step:08}.partial"
        if all(type(value).__module__.split(".")[0] == "torch" for value in tensors.values()):
            from safetensors.torch import save_file

            # safetensors refuses tensors that share memory, as tied weights do.
            save_file({name: value.detach().clone() for name, value in tensors.items()}, partial)
        else:
            from safetensors.numpy import save_file as save_arrays

            save_arrays(dict(tensors), partial)
        partial.rename(path)
        return path

    def found(self, **values: Any) -> None:
        """Writes outcome.json: what the run found, by name."""
        content = {name: _scalar(value, name) for name, value in values.items()}
        text = json.dumps(content, indent=1, allow_nan=False) + "\n"
        (self.out / "outcome.json").write_text(text, encoding="utf-8")

    def _write(self, cells: list[str]) -> None:
        self._table.write(",".join(cells) + "\n")
        self._table.flush()


def _scalar(value: Any, name: str) -> Number:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return int(value)
    if value is None or isinstance(value, (int, float, str)):
        return value
    raise TypeError(f"{name}: {type(value).__name__} is neither a number nor a text")


def _cell(value: Number) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    return repr(value)
