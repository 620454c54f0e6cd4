#!/usr/bin/env python3
"""Puts the page together.

    assemble.py DIRECTORY PAGE.html     DIRECTORY is what build.sh made
    assemble.py --check PAGE.html       whether the page is of the sources as they are; else 1

The page names the toolchain and a digest of its sources. From the same of both come the same bytes.
"""

import base64
import hashlib
import html
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE.parent
# What is compiled or stands in the page.
MODULES = ["DeterministicNumerics", "Catalogue", "Learning", "Digests", "RunRecords", "Archive",
           "BundleChecks", "Comparison/Records", "Execution", "Replay/Segments", "CZstd"]
# Of what a page has in it, with the files that have their words; Swift's runtime asks for none.
LICENCES = {"zstd": "zstandard-0.25.0/zstd/LICENSE",
            "PyCryptodome, Copyright (c) Helder Eijs": "pycryptodome-3.23.0/LICENSE.rst"}


def digest():
    """SHA-256 over the digests and paths of all sources."""
    files = [f for m in MODULES for f in (SOURCES / m).rglob("*") if f.is_file()]
    files += [f for f in HERE.rglob("*") if f.suffix in (
        ".c", ".h", ".js", ".css", ".html", ".sh", ".py", ".modulemap", ".swift")]
    files += [SOURCES / "ArchiveFiles/FrameDecompressor.swift"]
    lines = [f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(SOURCES)}\n"
             for f in sorted(files)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def source(text):
    """How a policy names what stands between two tags."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def licences(directory):
    texts = {name: (directory / path).read_text() for name, path in LICENCES.items()}
    texts["regrok"] = (SOURCES.parent / "LICENSE").read_text()
    return "".join(f"<h3>{name}</h3><pre>{html.escape(text.strip())}</pre>\n"
                   for name, text in texts.items())


def page(directory):
    def text(name):
        return (HERE / name).read_text()

    programs = [(directory / f"{kind}.wasm").read_bytes() for kind in ("exact", "relaxed")]
    packed = subprocess.run(
        ["zstd", "--ultra", "-22", "--long=24", "--no-check", "-c"], input=b"".join(programs),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    toolchain = subprocess.run(
        ["swiftc", "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    ).stdout.decode().split("\n")[0].strip()
    version = re.search(r'static let version = "(.*)"',
                        (SOURCES / "RunRecords/Software.swift").read_text())[1]
    style = text("picture.css") + text("chart.css") + text("replay.css")
    script = text("chart.js") + text("core.js").replace('"use strict";\n', "") + text("replay.js")
    parts = {
        "policy": f"default-src 'none'; script-src {source(script)} 'wasm-unsafe-eval'; "
                  f"worker-src blob:; style-src {source(style)}; img-src data:; base-uri 'none'; "
                  "form-action 'none'",
        "style": style, "script": script, "worker": text("core.js") + text("worker.js"),
        "unpacker": base64.b64encode((directory / "unpack.wasm").read_bytes()).decode(),
        "programs": base64.b64encode(packed).decode(),
        "sizes": " ".join(str(len(p)) for p in programs),
        "digests": " ".join(hashlib.sha256(p).hexdigest() for p in programs),
        "software": f"regrok {version}", "bundles": "[]",
        "compiler": re.match(r"Swift version \S+", toolchain)[0].replace("version ", ""),
        "licences": licences(directory),
        "origin": f"Made by {toolchain} from sources with the digest {digest()}.",
    }
    # Each place once, in the order of the template, so that nothing in a part is taken for a place.
    made, rest = "", text("replay.html")
    for name in ("policy", "style", "origin", "licences", "unpacker", "sizes", "digests",
                 "software", "compiler", "programs", "bundles", "worker", "script"):
        before, rest = rest.split("{" + name + "}", 1)
        made += before + parts[name]
    return made + rest


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if sys.argv[1] == "--check":
        if f"with the digest {digest()}." not in Path(sys.argv[2]).read_text():
            sys.exit(f"{sys.argv[2]} is of other sources: make page")
    else:
        Path(sys.argv[2]).write_text(page(Path(sys.argv[1])))
