#!/usr/bin/env python3
"""Reads bundles with tools that this project did not write, as a bundle's own README.md says.

    Tests/Interop/check_bundle.py BUNDLE.tar.zst...

Needs GNU tar, zstd, sha256sum and, where it is there, bsdtar. bagit, safetensors, numpy and pandas
are installed into .build-venv/interop beside this repository's Package.swift, on the first run.
Says what it did for each bundle; the exit status is 1 when any tool refuses one.
"""

import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import warnings

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENV = ROOT / ".build-venv" / "interop"
PACKAGES = ["bagit==1.9.0", "safetensors", "numpy", "pandas"]


def inside_venv():
    """Runs this script again with the packages it needs."""
    python = VENV / "bin" / "python"
    if pathlib.Path(sys.prefix) == VENV:
        return
    done = VENV / ".complete"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        done.touch()
    os.execv(python, [str(python), __file__, *sys.argv[1:]])


def run(*command, cwd=None, stdin=None):
    """Runs a tool; its output when it succeeds, an error with its own words when it does not."""
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
    """The tree, from every tool the same."""
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
    """Every checkpoint loads, and hashes to its row; digests as trace/hashes.csv defines them."""
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
    """pandas reads the bits back: what it writes in shortest decimals are the same numbers."""
    import pandas

    text = (root / "data/trace/metrics.csv").read_text()
    # Newer releases of pandas say that this is their default now; older ones need it.
    warnings.simplefilter("ignore")
    frame = pandas.read_csv(root / "data/trace/metrics.csv", float_precision="round_trip")
    lines = text.splitlines()[1:]
    assert len(frame) == len(lines)
    for line, row in zip(lines, frame.itertuples(index=False)):
        for field, value in zip(line.split(","), row):
            assert float(field).hex() == float(value).hex(), (field, value)
    return len(lines)


def check(bundle):
    with tempfile.TemporaryDirectory() as temporary:
        scratch = pathlib.Path(temporary)
        tools = unpack_in_every_way(bundle, scratch)
        (root,) = (scratch / "tar").iterdir()
        run("sha256sum", "--strict", "-c", "manifest-sha256.txt", cwd=root)
        run("sha256sum", "--strict", "-c", "tagmanifest-sha256.txt", cwd=root)
        expected = (root / "data/expected-sha256.txt").read_text().splitlines()
        missing = [line for line in expected if not (root / "data" / line[66:]).exists()]
        run("sha256sum", "--strict", "--ignore-missing", "-c", "expected-sha256.txt",
            cwd=root / "data")
        run(VENV / "bin" / "bagit.py", "--validate", ".", cwd=root)
        config = (root / "data/config.json").read_bytes()
        assert hashlib.sha256(config).hexdigest()[:16] == root.name, "the root is not the run's id"
        for name in ["config", "outcome", "environment"]:
            json.loads((root / f"data/{name}.json").read_text())
        checkpoints = check_checkpoints(root)
        assert checkpoints == 0 or not missing
        rows = check_trace(root)
        print(f"{bundle}: {', '.join(tools)}, sha256sum, bagit, safetensors ({checkpoints} "
              f"checkpoints, {len(missing)} left out), pandas ({rows} rows) agree")


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
