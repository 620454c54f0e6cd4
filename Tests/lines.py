#!/usr/bin/env python3
"""No line of source, comment or Markdown is longer than 100 columns.

    Tests/lines.py

Left out: rows of tables, links and fenced blocks in Markdown, lines that are one word (an address),
what is generated (bundles), and what tests read as data (Fixtures).
"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
COLUMNS = 100
FOLDERS = ["Sources", "Tests", ".ci"]
# What has lines of its own form: JSON, and the values that fixtures and other programs give.
DATA = {".json", ".jsonl", ".csv", ".safetensors"}


def main():
    files = [path for path in ROOT.iterdir() if path.is_file()]
    files += [path for name in FOLDERS for path in (ROOT / name).rglob("*") if path.is_file()]
    long = []
    for path in sorted(files):
        if path.suffix in DATA or {"Fixtures", "__pycache__"} & set(path.parts):
            continue
        long += [f"{path.relative_to(ROOT)}:{number}: {length} columns"
                 for number, length in beyond(path)]
    if long:
        sys.exit("\n".join(long + [f"lines: {len(long)} are longer than {COLUMNS} columns"]))


def beyond(path):
    """The lines of a file that are too long: their numbers from 1, and their lengths in columns."""
    is_fenced = False
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if path.suffix == ".md":
            if line.lstrip().startswith("```"):
                is_fenced = not is_fenced
            if is_fenced or line.lstrip().startswith("|") or "](" in line:
                continue
        if len(line) > COLUMNS and " " in line.strip():
            yield number, len(line)


if __name__ == "__main__":
    main()
