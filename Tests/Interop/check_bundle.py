#!/usr/bin/env python3
"""Reads bundles with other people's tools, as a bundle's own README.md describes.

    Tests/Interop/check_bundle.py BUNDLE.tar.zst...

Needs GNU tar, zstd, sha256sum, ssh-keygen and, if it is installed, bsdtar. On the first run bagit,
safetensors, numpy, pandas and the RO-Crate validator (and what statements.py needs) are installed
into .build-venv/interop below the repository's root; later runs need no network. Prints what it did
for each bundle; the exit status is 1 if a tool refuses one.
"""

import hashlib
import importlib.resources
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / ".build-venv" / "interop"
# rocrate is needed for one file: the JSON-LD context of RO-Crate 1.1 in its release 0.9.0.
PACKAGES = [
    "bagit==1.9.0", "safetensors", "numpy", "pandas", "roc-validator==0.13.0", "rocrate==0.9.0",
    "in-toto-attestation==0.9.3"]
CONTEXT = "https://w3id.org/ro/crate/1.1/context"


def inside_venv():
    """Runs this script again in the environment with the packages it needs."""
    python = VENV / "bin" / "python"
    if pathlib.Path(sys.prefix) == VENV:
        return
    done = VENV / ".complete"
    wanted = " ".join(PACKAGES)
    if not done.exists() or done.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        done.write_text(wanted)
    os.execv(python, [str(python), *sys.argv])


def run(*command, cwd=None, stdin=None):
    """Runs a tool and returns its output; if the tool fails, raises an error with the tool's
    words."""
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, stdin=stdin, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)
    if result.returncode != 0:
        words = (result.stdout + result.stderr).decode(errors="replace").strip()
        raise RuntimeError(f"{' '.join(map(str, command))}: status {result.returncode}: {words}")
    return result.stdout


def tree_of(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*")) if path.is_file()
    }


def unpack_in_every_way(bundle, scratch):
    """Unpacks the tree with each tool; all must give the same tree. Returns the tools' names."""
    trees = []

    def attempt(name, *command):
        directory = scratch / name
        directory.mkdir()
        run(*command, cwd=directory)
        trees.append((name, tree_of(directory)))

    attempt("tar", "tar", "--zstd", "-xf", bundle)
    plain = scratch / "plain.tar"
    run("zstd", "--quiet", "-d", bundle, "-o", plain)
    attempt("zstd-then-tar", "tar", "-xf", plain)
    if shutil.which("bsdtar"):
        attempt("bsdtar", "bsdtar", "-xf", bundle)
    for name, tree in trees[1:]:
        assert tree == trees[0][1], f"{name} unpacks another tree than {trees[0][0]}"
    return [name for name, _ in trees]


def check_checkpoints(root):
    """Every checkpoint loads, and its digests are those of its row in trace/hashes.csv."""
    import pandas
    from safetensors import safe_open
    import safetensors.numpy

    rows = pandas.read_csv(root / "data/trace/hashes.csv").set_index("step")
    count = 0
    for path in sorted((root / "data").glob("checkpoints/*.safetensors")):
        tensors = safetensors.numpy.load_file(path)
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata()
        step = int(metadata["regrok.step"])
        assert metadata["format"] == "pt" and metadata["regrok.run"] == root.name, metadata
        assert path.name == f"step-{step:08d}.safetensors"
        content = path.read_bytes()
        (length,) = struct.unpack("<Q", content[:8])
        header = json.loads(content[8:8 + length])
        assert length % 8 == 0
        header.pop("__metadata__")
        names = sorted(header, key=lambda name: header[name]["data_offsets"])
        for prefix, column in [(False, "parameters_sha256"), (True, "optimizer_sha256")]:
            digest = hashlib.sha256()
            for name in names:
                if name.startswith("optimizer.") == prefix:
                    digest.update(tensors[name].astype("<f4").tobytes())
            assert digest.hexdigest() == rows.loc[step, column], f"{path.name}: {column}"
        count += 1
    return count


def check_trace(root):
    """pandas reads every number back with the same bits."""
    import pandas

    text = (root / "data/trace/metrics.csv").read_text()
    # Newer releases of pandas warn that this is their default now; older ones need it.
    warnings.simplefilter("ignore")
    frame = pandas.read_csv(root / "data/trace/metrics.csv", float_precision="round_trip")
    lines = text.splitlines()[1:]
    assert len(frame) == len(lines)
    for line, row in zip(lines, frame.itertuples(index=False)):
        for field, value in zip(line.split(","), row):
            assert float(field).hex() == float(value).hex(), (field, value)
    return len(lines)


class LocalContext:
    """The answer of the network for RO-Crate's context."""

    status_code = 200
    headers = {"Content-Type": "application/ld+json"}
    url = CONTEXT

    def __init__(self):
        self.text = (importlib.resources.files("rocrate") / "data/ro-crate.jsonld").read_text()
        assert json.loads(self.text)["@id"] == CONTEXT
        self.content = self.text.encode()

    def json(self):
        return json.loads(self.text)


def check_crate(root):
    """The crate passes everything that RO-Crate 1.1 and Process Run Crate 0.5 require, and all that
    they recommend but one thing: that the program's id begins with http. The program has no
    address; its id is a urn."""
    from rocrate_validator import models, services
    from rocrate_validator.utils.http import HttpRequester

    context = LocalContext()

    def get(self, url, **_):
        assert url == CONTEXT, f"the crate leads the validator to {url}"
        return context

    HttpRequester.get = get
    severity = models.Severity.RECOMMENDED
    result = services.validate({
        "rocrate_uri": str(root / "data"), "profile_identifier": "process-run-crate",
        "requirement_severity": severity})
    assert result.passed(models.Severity.REQUIRED)
    issues = [
        f"{issue.check.identifier}: {issue.message}" for issue in result.get_issues()
        if issue.message != "The SoftwareApplication id SHOULD be an absolute URI"]
    assert not issues, "; ".join(issues)
    graph = json.loads((root / "data/ro-crate-metadata.json").read_text())["@graph"]
    for entity in graph:
        if entity["@type"] == "File":
            content = (root / "data" / entity["@id"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == entity["sha256"], entity["@id"]


def check_preview(root):
    """The page loads nothing and runs nothing, and its drawings are well-formed XML."""
    import xml.etree.ElementTree

    page = (root / "data/ro-crate-preview.html").read_text()
    for word in ["<script", "http:", "https:", "url(", "src=", "@import", " on"]:
        assert word not in page.replace("http-equiv", "").replace("default-src", "").replace(
            " on ", " "), word
    drawings = page.split("<svg")[1:]
    for drawing in drawings:
        xml.etree.ElementTree.fromstring("<svg" + drawing.split("</svg>")[0] + "</svg>")
    return len(drawings)


def check_signature(root):
    """ssh-keygen can check the signature; who signed is not checked here."""
    signature = root / "tagmanifest-sha256.txt.sig"
    if not signature.exists():
        return "not signed"
    with open(root / "tagmanifest-sha256.txt", "rb") as message:
        run("ssh-keygen", "-Y", "check-novalidate", "-n", "regrok", "-s", signature, stdin=message)
    return "signed"


def check_program_checkpoints(root):
    """Every checkpoint of a program loads, whatever the types of its tensors."""
    from safetensors import safe_open

    count = 0
    for path in sorted((root / "data").glob("checkpoints/*.safetensors")):
        with safe_open(path, framework="numpy") as file:
            assert file.keys()
            for name in file.keys():
                file.get_slice(name).get_shape()
        count += 1
    return count


def check_program_trace(root):
    """pandas reads a program's curves back: numbers with the same bits, gaps, NaN and texts."""
    import csv
    import pandas

    # Newer releases of pandas warn that this is their default now; older ones need it.
    warnings.simplefilter("ignore")
    rows = 0
    for name in ["metrics", "observed"]:
        path = root / f"data/trace/{name}.csv"
        with open(path, newline="") as file:
            header, *lines = csv.reader(file)
        frame = pandas.read_csv(
            path, float_precision="round_trip", keep_default_na=False, na_values=[""])
        assert list(frame.columns) == header, header
        assert len(frame) == len(lines)
        for column, cells in zip(header, zip(*lines)):
            for cell, value in zip(cells, frame[column]):
                if not cell:
                    assert pandas.isna(value), (column, cell, value)
                elif isinstance(value, str):
                    assert cell == value, (column, cell, value)
                else:
                    assert float(cell).hex() == float(value).hex(), (column, cell, value)
        rows += len(lines) if name == "metrics" else 0
    return rows


def check_left_out(root):
    """Every file that is left out is listed with its digest and the reason, and is not there."""
    left = json.loads((root / "data/left-out.json").read_text())
    for path, entry in left.items():
        assert not (root / "data" / path).exists(), path
        assert len(entry["sha256"]) == 64 and entry["bytes"] >= 0 and entry["reason"], path
    return left


def check_program(root):
    """A program's run, format 2: its inputs, results and records."""
    identity = (root / "data/program.json").read_bytes()
    assert hashlib.sha256(identity).hexdigest()[:16] == root.name, "the root is not the run's id"
    assert json.loads(identity)["kind"] == "program"
    for name in ["outcome", "environment", "repeats"]:
        json.loads((root / f"data/{name}.json").read_text())
    listed = (root / "data/inputs-sha256.txt").read_bytes()
    assert hashlib.sha256(listed).hexdigest() == json.loads(identity)["inputs"]
    left = check_left_out(root)
    if listed and (root / "data/inputs").exists():
        run("sha256sum", "--strict", "--ignore-missing", "-c", "../inputs-sha256.txt",
            cwd=root / "data/inputs")
    expected = (root / "data/expected-sha256.txt").read_text().splitlines()
    missing = [line[66:] for line in expected if not (root / "data" / line[66:]).exists()]
    assert set(missing) <= set(left), missing
    return check_program_checkpoints(root), len(left), check_program_trace(root)


def check_training(root):
    """A run of regrok's own trainer, format 1."""
    expected = (root / "data/expected-sha256.txt").read_text().splitlines()
    missing = [line for line in expected if not (root / "data" / line[66:]).exists()]
    config = (root / "data/config.json").read_bytes()
    assert hashlib.sha256(config).hexdigest()[:16] == root.name, "the root is not the run's id"
    for name in ["config", "outcome", "environment"]:
        json.loads((root / f"data/{name}.json").read_text())
    checkpoints = check_checkpoints(root)
    assert checkpoints == 0 or not missing
    return checkpoints, len(missing), check_trace(root)


FORMATS = {"1": check_training, "2": check_program}


def check(bundle):
    with tempfile.TemporaryDirectory() as temporary:
        scratch = pathlib.Path(temporary)
        tools = unpack_in_every_way(bundle, scratch)
        (root,) = (scratch / "tar").iterdir()
        run("sha256sum", "--strict", "-c", "manifest-sha256.txt", cwd=root)
        run("sha256sum", "--strict", "-c", "tagmanifest-sha256.txt", cwd=root)
        run("sha256sum", "--strict", "--ignore-missing", "-c", "expected-sha256.txt",
            cwd=root / "data")
        run(VENV / "bin" / "bagit.py", "--validate", ".", cwd=root)
        check_crate(root)
        check_preview(root)
        signed = check_signature(root)
        (form,) = re.findall(
            r"^Regrok-Bundle-Format: (.*)$", (root / "bag-info.txt").read_text(), re.M)
        checkpoints, missing, rows = FORMATS[form](root)
        print(f"{bundle}: format {form}, {', '.join(tools)}, sha256sum, bagit, safetensors "
              f"({checkpoints} checkpoints, {missing} files left out), pandas ({rows} rows), "
              f"rocrate-validator agree; {signed}")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    inside_venv()
    failed = False
    for argument in sys.argv[1:]:
        try:
            check(pathlib.Path(argument).resolve())
        except (AssertionError, RuntimeError, ValueError, KeyError, OSError) as error:
            print(f"{argument}: {type(error).__name__}: {error}", file=sys.stderr)
            failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
