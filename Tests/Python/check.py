#!/usr/bin/env python3
"""Compares the Python package with the program: what it reads, refuses and writes.

    check.py REGROK [--data] [--every N]

With --data it also checks what needs numpy, pandas and safetensors. Of the damaged and forged
bundles of Tests/Hostile, the package has to refuse those whose bytes, archive or digests are wrong.
It does not check what only the records say about each other, and says so.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "Sources/python"), str(HERE.parent / "Hostile")]
import bundles  # noqa: E402
import regrok  # noqa: E402

# Reasons that are wrong only in the records of a correctly sealed bundle; the package leaves these
# to the program.
RECORDS = {"json", "config-limit", "trace", "checkpoint", "crate", "signature"}
# Forms that the package does not check: which checkpoints a config keeps, which characters
# bag-info.txt may have, and where frames are cut.
FORMS = {"a checkpoint missing", "agent with ESC", "one frame for all"}

faults = []
checks = 0


def demand(truth, what):
    global checks
    checks += 1
    if not truth:
        faults.append(what)


def native(program, *words, good=(0,)):
    ended = subprocess.run([program, *words, "--json"], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL)
    if ended.returncode not in good:
        raise SystemExit(f"regrok {' '.join(map(str, words))}: status {ended.returncode}")
    return json.loads(ended.stdout.decode().splitlines()[-1])


def read_sound(program, data):
    paths = sorted((ROOT / "bundles/golden").glob("*.tar.zst"))
    paths += sorted((ROOT / "bundles/programs").glob("*/*.tar.zst"))
    demand(len(paths) > 20, f"{len(paths)} bundles to read")
    for path in paths:
        said = native(program, "verify", path)
        with regrok.verify(path) as record:
            demand(record.id == said["run"], f"{path}: run {record.id}")
            demand(record.identity == said["bundle_sha256"], f"{path}: another identity")
            demand(record.result == said["result_sha256"], f"{path}: another result")
            demand(record.is_thin == said["thin"], f"{path}: thin is {record.is_thin}")
            demand(len(record.checkpoints) == said["checkpoints"], f"{path}: checkpoints")
            if data and not record.is_program:
                look_into(program, path, record)


def look_into(program, path, record):
    """Computes the digests of the parameters from the tensors, and compares them with
    hashes.csv."""
    demand(list(record.metrics.index) == list(record.hashes.index), f"{path}: steps")
    for step in record.checkpoints:
        tensors = record.checkpoint(step)
        names = [name for name in tensors if not name.startswith("optimizer.")]
        raw = record.read(f"checkpoints/step-{step:08}.safetensors")
        header = json.loads(raw[8:8 + int.from_bytes(raw[:8], "little")])
        names.sort(key=lambda name: header[name]["data_offsets"][0])
        digest = hashlib.sha256(b"".join(tensors[name].tobytes() for name in names)).hexdigest()
        demand(digest == record.hashes["parameters_sha256"][step], f"{path}: parameters of {step}")
        demand(set(record.checkpoint(step, optimizer=False)) == set(names), f"{path}: names")


def refuse_damaged(program, folder, every):
    refused = missed = 0
    for place, (name, content, _) in list(enumerate(bundles.damaged()))[::every]:
        path = Path(folder) / f"{place}.tar.zst"
        path.write_bytes(content)
        try:
            regrok.verify(path)
            found = None
        except (regrok.Damaged, regrok.Unsupported) as error:
            found = error
        except Exception as error:  # noqa: BLE001 - that is the fault this looks for
            demand(False, f"{name}: {type(error).__name__}: {error}")
            continue
        said = native(program, "verify", path, good=(2, 4))
        if found is None:
            missed += 1
            reason = said.get("reason") or "unsupported"
            demand(reason in RECORDS | {"unsupported"} or name in FORMS,
                   f"{name}: taken, natively {reason}")
        else:
            refused += 1
        path.unlink()
    print(f"{refused} damaged bundles refused, {missed} left to the program")
    demand(refused > 80 // every, f"only {refused} refused")


def every_bit(folder):
    """Flips single bits of a small bundle, some 400 in all; each must be noticed."""
    content = (ROOT / "bundles/golden/tiny-addition-sgd.tar.zst").read_bytes()
    path = Path(folder) / "flipped.tar.zst"
    for bit in range(0, 8 * len(content), 8 * len(content) // 400 | 1):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        try:
            regrok.verify(path)
            demand(False, f"bit {bit} flipped, and not seen")
        except (regrok.Damaged, regrok.Unsupported):
            demand(True, "")


def write(program, folder, data):
    """Records, seals and reads back the rows of a script."""
    script = Path(folder) / "train.py"
    values = ("{'loss': 0.1 + step, 'count': step, 'note': 'a \"b\", c', "
              "'gap': None if step % 2 else 1}")
    script.write_text(
        "import regrok\n"
        "with regrok.Run() as log:\n"
        "    for step in range(4):\n"
        f"        log.row(step, **{values})\n"
        "    log.found(best=0.5, word='yes')\n")
    out = Path(folder) / "run"
    environment = dict(os.environ, PYTHONPATH=str(ROOT / "Sources/python"))
    words = [program, "record", "--quiet", "--input", "train.py", "--env", "PYTHONPATH", "-o", out,
             "--", sys.executable, "train.py"]
    subprocess.run(words, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([program, "pack", out, "-o", f"{out}.tar.zst"], check=True,
                   stdout=subprocess.DEVNULL)
    record = regrok.verify(f"{out}.tar.zst")
    demand(record.outcome["found"] == {"best": 0.5, "word": "yes"}, f"found {record.outcome}")
    names, rows = regrok._table.read(record.read("trace/metrics.csv").decode())
    demand(names == ["step", "loss", "count", "note", "gap"], f"columns {names}")
    expected = [[step, 0.1 + step, step, 'a "b", c', None if step % 2 else 1] for step in range(4)]
    demand(rows == expected, f"rows {rows}")
    if data:
        demand(record.metrics["gap"].isna().tolist() == [False, True, False, True], "gaps")
    with regrok.Run(Path(folder) / "again") as log:
        log.row(3, loss=1)
        for wrong in ((3, {"loss": 1}), (4, {"los": 1}), (4, {"loss": []})):
            try:
                log.row(wrong[0], **wrong[1])
                demand(False, f"{wrong} was taken")
            except (ValueError, TypeError):
                demand(True, "")


def perform(program, folder):
    """`run` and `replay` through the program."""
    regrok._program.program = lambda: Path(program)
    record = regrok.run(preset="tiny", out=Path(folder) / "tiny",
                        set={"max_steps": 60, "log_interval": 10, "seed": 5})
    demand(record.config["seed"] == "5" and record.outcome["last_step"] > 0, "the run is another")
    regrok.run(regrok.open(Path(folder) / "tiny").config, out=Path(folder) / "tiny2")
    same = [Path(folder) / name / "trace/hashes.csv" for name in ("tiny", "tiny2")]
    demand(same[0].read_bytes() == same[1].read_bytes(), "a config from Python gives another run")
    answer = regrok.replay(ROOT / "bundles/golden/tiny-addition-sgd.tar.zst", jobs=1)
    demand(answer["verdict"] == "identical", f"replay says {answer}")
    try:
        regrok.run(preset="tiny", out=Path(folder) / "wrong", set={"sed": 1})
        demand(False, "a wrong key was taken")
    except regrok.Failed as error:
        demand(error.status == 64 and "sed" in str(error), f"{error.status}: {error}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("regrok")
    parser.add_argument("--data", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="of the damaged bundles every Nth")
    options = parser.parse_args()
    program = str(Path(options.regrok).resolve())
    with tempfile.TemporaryDirectory() as folder:
        read_sound(program, options.data)
        refuse_damaged(program, folder, options.every)
        every_bit(folder)
        write(program, folder, options.data)
        perform(program, folder)
    for fault in faults:
        print(f"check.py: {fault}", file=sys.stderr)
    print(f"{checks} checks, {len(faults)} faults")
    sys.exit(bool(faults))


main()
