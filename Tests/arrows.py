#!/usr/bin/env python3
"""Every dependency between modules is used: a module that is declared as a dependency is imported
by a source file.

    swift package dump-package | Tests/arrows.py

The compiler checks that nothing undeclared is imported
(--explicit-target-dependency-import-check).
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
# A product whose module has another name; and a dependency that a test needs built, not imported.
MODULES = {"Yams": "CYaml"}
BUILT = {"CommandTests": {"regrok"}}
IMPORT = re.compile(
    r"^\s*(?:@\w+\s+)*(?:public |package |internal |fileprivate |private )?"
    r"import (?:\w+ )?(\w+)", re.M)


def main():
    package = json.load(sys.stdin)
    unused = []
    for target in package["targets"]:
        if target["type"] not in ("regular", "executable", "test"):
            continue
        kind = "Tests" if target["type"] == "test" else "Sources"
        folder = ROOT / (target.get("path") or f"{kind}/{target['name']}")
        imported = set()
        for source in folder.rglob("*.swift"):
            imported |= set(IMPORT.findall(source.read_text()))
        if not list(folder.rglob("*.swift")):
            sys.exit(f"arrows: {target['name']} is not at {folder}")
        for dependency in target["dependencies"]:
            name = (dependency.get("byName") or dependency.get("product")
                    or dependency.get("target"))[0]
            if (MODULES.get(name, name) not in imported
                    and name not in BUILT.get(target["name"], ())):
                unused.append(f"{target['name']} → {name}")
    if unused:
        sys.exit("arrows: declared and never imported: " + ", ".join(unused))
    print(f"arrows: all dependencies of {len(package['targets'])} targets are used")


main()
