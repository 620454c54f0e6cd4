#!/usr/bin/env python3
"""No line of source, comment or Markdown is longer than 100 columns.

    Tests/lines.py

Rows of tables, links and fenced blocks in Markdown are left out, and so are lines of one word (such
as an address), generated files (bundles) and data that tests read (Fixtures).
"""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
COLUMNS = 100
FOLDERS = ["Sources", "Tests", ".ci"]
# Data whose lines have their own form: JSON, and values from fixtures and other programs.
DATA = {".json", ".jsonl", ".csv", ".txt", ".safetensors"}


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
    """The lines of a file that are too long, as line number and length in columns."""
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
