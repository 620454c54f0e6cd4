"""The tables of a run: CSV in the forms of SPEC.md 2.13 and 3.5, where quotes tell texts from
numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    import pandas

Value = Union[int, float, str, None]

_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))([,\n])')


def read(text: str) -> tuple[list[str], list[list[Value]]]:
    """The names of the columns, and the rows. Quoted cells are texts; a gap is None."""
    rows: list[list[Value]] = []
    names: list[str] = []
    row: list[Value] = []
    place = 0
    while place < len(text):
        cell = _CELL.match(text, place)
        if cell is None:
            raise ValueError(f"the table is malformed at character {place}")
        quoted, plain, end = cell.groups()
        if not names:
            row.append(quoted.replace('""', '"') if quoted is not None else plain)
        elif quoted is not None:
            row.append(quoted.replace('""', '"'))
        else:
            row.append(_number(plain))
        if end == "\n":
            if not names:
                names = [str(name) for name in row]
            elif len(row) != len(names):
                raise ValueError(f"row {len(rows) + 1} has {len(row)} cells, not {len(names)}")
            else:
                rows.append(row)
            row = []
        place = cell.end()
    if row or not names:
        raise ValueError("the table does not end with a line")
    return names, rows


def _number(text: str) -> Value:
    if text == "":
        return None
    try:
        return int(text)
    except ValueError:
        return float(text)


def frame(text: str, *, floats: bool) -> pandas.DataFrame:
    """The table with its steps as index. Integers with gaps become pandas' Int64.

    `floats`: whether every number except the step is binary64, even if it is written without a
    point, as the trainer writes it.
    """
    try:
        import pandas
    except ImportError:
        raise ImportError(
            "tables are given as pandas has them: pip install 'regrok[data]'") from None
    names, rows = read(text)
    columns: dict[str, Any] = {}
    for place, name in enumerate(names):
        values = [row[place] for row in rows]
        kinds = {type(value) for value in values if value is not None}
        if floats and place > 0 and kinds == {int}:
            kinds = {float}
        if float in kinds:
            columns[name] = pandas.Series(
                [float("nan") if value is None else value for value in values], dtype="float64"
            )
        elif kinds == {int} and None in values:
            columns[name] = pandas.Series(values, dtype="Int64")
        else:
            columns[name] = pandas.Series(values, dtype=None if kinds else "Int64")
    return pandas.DataFrame(columns).set_index(names[0])
