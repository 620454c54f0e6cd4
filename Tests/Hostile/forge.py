"""Bundles that no honest writer makes. The tar, seal and seek table of SPEC.md are written here
from that text alone.

BundleForge.swift does the same for the unit tests, with the program's own code. There are two on
purpose: one does not have the mistakes of the other.
"""

import hashlib
import json
import pathlib
import struct
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "bundles" / "golden"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def compressed(data, *options):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return subprocess.run(
            ["zstd", "-q", "-c", "-3", "--check", *options, file.name], check=True,
            stdout=subprocess.PIPE).stdout


def header(name, size, **fields):
    """A tar header. `fields` replace bytes at the offsets "at100" and so on, before the checksum is
    taken."""
    block = bytearray(512)
    name = name if isinstance(name, bytes) else name.encode()
    block[:len(name)] = name
    for offset, text in [(100, "0000644"), (108, "0" * 7), (116, "0" * 7), (124, f"{size:011o}"),
                         (136, "0" * 11), (156, "0"), (257, "ustar\x0000"), (329, "0" * 7),
                         (337, "0" * 7)]:
        block[offset:offset + len(text)] = text.encode()
    for key, value in fields.items():
        block[int(key[2:]):int(key[2:]) + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def long_header(name, size):
    """The header of a name. If the name has more than 100 bytes, it is split at the leftmost slash
    that fits, and its first part becomes the prefix."""
    name = name.encode()
    if len(name) <= 100:
        return header(name, size)
    slash = next((place for place, byte in enumerate(name)
                  if byte == ord("/") and 0 < place <= 155
                  and 1 <= len(name) - place - 1 <= 100), None)
    # A name that fits nowhere is cut, and becomes another name.
    return header(name[:100], size) if slash is None else header(
        name[slash + 1:], size, at345=name[:slash])


def padded(data):
    return data + bytes(-len(data) % 512)


def begins_frame(path):
    return path.startswith(("data/trace/", "data/checkpoints/"))


def sealed(frames, table=None, seal=None):
    """A file of these (frame, size of content), sealed, with a seek table."""
    body = b"".join(frame for frame, _ in frames)
    entries = [(len(frame), size) for frame, size in frames] + [(48, 0)]
    seal = seal or b"\x50\x2a\x4d\x18\x28\0\0\0rgk-seal" + hashlib.sha256(body).digest()
    table = table or (
        b"\x5e\x2a\x4d\x18" + struct.pack("<I", 8 * len(entries) + 9)
        + b"".join(struct.pack("<II", *entry) for entry in entries)
        + struct.pack("<I", len(entries)) + b"\0\xb1\xea\x92\x8f")
    return body + seal + table


class Bundle:
    """The files of a bundle by their paths below the root, in order."""

    def __init__(self, path=None):
        self.files, self.root = {}, ""
        if path:
            data = subprocess.run(["zstd", "-d", "-q", "-c", path], check=True,
                                  stdout=subprocess.PIPE).stdout
            while data[0]:
                name = data[:100].rstrip(b"\0").decode()
                size = int(data[124:135], 8)
                self.root, member = name.split("/", 1)
                self.files[member] = data[512:512 + size]
                data = data[512 + size + -size % 512:]

    # The file whose digest names the run.
    record = "data/config.json"

    def copy(self):
        other = type(self)()
        other.files, other.root = dict(self.files), self.root
        return other

    def with_file(self, path, content):
        """The bundle with other content of one file, and with all lists of digests corrected."""
        other = self.copy()
        other.files[path] = content if isinstance(content, bytes) else content.encode()
        return other.relisted()

    def edited(self, path, old, new):
        text = self.files[path]
        assert old.encode() in text, (path, old)
        return self.with_file(path, text.replace(old.encode(), new.encode()))

    def relisted(self):
        files = self.files
        self.root = sha256(files[self.record])[:16]
        lines = []
        for line in files["data/expected-sha256.txt"].decode().split("\n")[:-1]:
            # A name may have a line break; the rest of such a name is not a line of the list.
            digest, _, path = line.partition("  ")
            if not path:
                lines.append(line + "\n")
                continue
            content = files.get("data/" + path)
            lines.append(f"{sha256(content) if content is not None else digest}  {path}\n")
        files["data/expected-sha256.txt"] = "".join(lines).encode()
        payload = {path: content for path, content in files.items() if path.startswith("data/")}
        files["manifest-sha256.txt"] = "".join(
            f"{sha256(c)}  {p}\n" for p, c in payload.items()).encode()
        info = files["bag-info.txt"].decode().splitlines()
        info[2] = f"External-Identifier: {self.root}"
        info[3] = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}"
        files["bag-info.txt"] = "".join(line + "\n" for line in info).encode()
        return self.retagged()

    def retagged(self):
        names = ["bagit.txt", "bag-info.txt", "manifest-sha256.txt"]
        self.files["tagmanifest-sha256.txt"] = "".join(
            f"{sha256(self.files[n])}  {n}\n" for n in names).encode()
        return self

    def members(self):
        """(path, header, content) of each member."""
        return [(p, header(f"{self.root}/{p}", len(c)), c) for p, c in self.files.items()]

    @staticmethod
    def pieces(members):
        """(whether a frame begins, header, content) of each member."""
        for path, head, content in members:
            yield begins_frame(path), head, content

    def archived(self, members=None, end=bytes(1024), options=()):
        """The file, cut into frames where the format cuts it."""
        pieces = [bytearray()]
        for begins, head, content in self.pieces(members or self.members()):
            if begins:
                pieces.append(bytearray())
            pieces[-1] += head + padded(content)
        pieces[-1] += end
        frames = []
        for piece in pieces:
            for start in range(0, len(piece), 1 << 22):
                part = piece[start:start + (1 << 22)]
                frames.append((compressed(part, *options), len(part)))
        return sealed(frames)


class ProgramBundle(Bundle):
    """A bundle of format 2 (SPEC.md, part 4)."""

    record = "data/program.json"
    FOLDERS = ("data/inputs/", "data/results/", "data/checkpoints/")

    def relisted(self):
        self.root = sha256(self.files[self.record])[:16]
        self.files["data/ro-crate-metadata.json"] = self.crate()
        return super().relisted()

    def drop_line(self, path, word):
        lines = self.files[path].decode().splitlines(keepends=True)
        self.files[path] = "".join(line for line in lines if word not in line).encode()

    def crate(self):
        described = [path.removeprefix("data/") for path in self.files if path.startswith("data/")
                     and not path.startswith((*self.FOLDERS, "data/ro-crate-"))]
        folders = [folder.removeprefix("data/") for folder in self.FOLDERS
                   if any(path.startswith(folder) for path in self.files)]
        parts = described + folders

        def references(ids):
            found = [{"@id": name} for name in ids if name in parts]
            return found[0] if len(found) == 1 else found

        ended, started = "2026-11-24T02:03:04.005+00:00", "2026-11-23T23:59:59.999+00:00"
        graph = [
            {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"},
             "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"}},
            {"@id": "./", "@type": "Dataset", "datePublished": ended, "mentions": {"@id": "#run"},
             "conformsTo": {"@id": "https://w3id.org/ro/wfrun/process/0.5"},
             "hasPart": references(parts)},
            {"@id": "#run", "@type": "CreateAction", "startTime": started, "endTime": ended,
             "object": references(["program.json", "inputs/"]),
             "result": references(["outcome.json", "trace/metrics.csv", "results/",
                                   "checkpoints/"])}]
        graph += [{"@id": p, "@type": "File", "sha256": sha256(self.files["data/" + p])}
                  for p in described]
        graph += [{"@id": p, "@type": "Dataset"} for p in folders]
        context = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "http://schema.org/sha256"}]
        return canonical({"@context": context, "@graph": graph}).encode()

    def members(self):
        return [(p, long_header(f"{self.root}/{p}", len(c)), c) for p, c in self.files.items()]

    def pieces(self, members):
        last = None
        for path, head, content in members:
            folder = next((folder for folder in self.FOLDERS if path.startswith(folder)), None)
            yield (folder and (folder != last or len(content) >= 1 << 20)
                   or path.startswith(("data/trace/", "data/log.txt"))), head, content
            last = folder


# MARK: Records

def number(value):
    """A number as RFC 8785 writes it."""
    if value == 0:
        return "0"
    sign, text = ("-" if value < 0 else ""), repr(abs(float(value)))
    mantissa, _, exponent = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = int(exponent or 0) + len(whole) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    rest = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{'-' if point < 1 else '+'}{abs(point - 1)}"


def canonical(value):
    """JSON as RFC 8785 writes it, for keys in ASCII."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{canonical(value[k])}"
                              for k in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return json.dumps(value, ensure_ascii=False)


def merged(config, changes):
    """The config with other values at some keys; a dot separates the parts of a key."""
    config = json.loads(json.dumps(config))
    for key, value in changes.items():
        *sections, last = key.split(".")
        place = config
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return config


# The tensors of a transformer of one layer with shared embeddings.
TENSORS = [
    "tok.weight", "pos.weight", *(f"tf.layers.0.{name}" for name in (
        "self_attn.in_proj_weight", "self_attn.in_proj_bias", "self_attn.out_proj.weight",
        "self_attn.out_proj.bias", "linear1.weight", "linear1.bias", "linear2.weight",
        "linear2.bias", "norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias")),
    "norm.weight", "norm.bias", "head.weight", "head.bias"]
COLUMNS = {
    "squared_norms": [f"squared_norm.{name}" for name in TENSORS],
    "batch_gradient": ["batch_gradient_squared_norm"],
    "full_gradient": ["full_gradient_squared_norm"], "softmax_collapse": ["softmax_collapse"],
    "zero_loss": ["zero_loss"]}


def headings(config):
    """The headings that a config adds to its trace."""
    return [heading for name in config.get("log", {}).get("columns", [])
            for heading in COLUMNS[name]]


def recorded(config, rows, initial=1.0, reason=None):
    """The records of a run that was never performed: the files of its directory by path. All agree.

    `rows` has the five values of each row, and those of the columns that the config adds. Without a
    reason for its end, the run took all its steps or diverged.
    """
    interval, stop = config["log_interval"], config["stop"]
    steps = [interval * place for place in range(len(rows))]
    memorized = [place for place, row in enumerate(rows) if row[1] >= stop["memorized"]]
    grokked = [place for place, row in enumerate(rows) if row[3] >= stop["grokked"]]
    t_mem = steps[memorized[0]] if memorized else None
    t_grok = steps[grokked[0]] if grokked else None
    last = steps[-1] if steps else -1
    if reason is None:
        took_all = last >= 0 and config["max_steps"] - last <= interval
        reason = "max-steps" if took_all else "diverged"
    outcome = {
        "t_mem": t_mem, "t_grok": t_grok,
        "delay": None if t_mem is None or t_grok is None else t_grok - t_mem,
        "v_initial": initial, "v_mem": rows[memorized[0]][4] if memorized else None,
        "v_post": rows[-1][4] if rows else None, "last_step": last, "stop_reason": reason}
    metrics = [",".join([
        "step,train_loss,train_accuracy,validation_loss,validation_accuracy,squared_norm",
        *headings(config)])]
    metrics += [",".join([str(step), *map(number, row)]) for step, row in zip(steps, rows)]
    hashes = ["step,parameters_sha256,optimizer_sha256"]
    hashes += [f"{step},{sha256(b'p%d' % step)},{sha256(b'o%d' % step)}" for step in steps]
    return {
        "config.json": canonical(config).encode(), "outcome.json": canonical(outcome).encode(),
        "trace/metrics.csv": "".join(line + "\n" for line in metrics).encode(),
        "trace/hashes.csv": "".join(line + "\n" for line in hashes).encode()}


def bundled(base, records, left_out=()):
    """A bundle of these records, with the other files of `base`. Its list of results also has the
    checkpoints `left_out`."""
    other = Bundle()
    for path, content in base.files.items():
        if not path.startswith("data/checkpoints/"):
            other.files[path] = records.get(path.removeprefix("data/"), content)
    results = {path: sha256(content) for path, content in records.items()}
    results |= {path: sha256(path.encode()) for path in left_out}
    other.files["data/expected-sha256.txt"] = "".join(
        f"{d}  {p}\n" for p, d in results.items()).encode()
    crate = json.loads(base.files["data/ro-crate-metadata.json"])
    graph = []
    for entity in crate["@graph"]:
        name = entity["@id"]
        if name.lstrip("#").startswith("checkpoints/"):
            continue
        if entity["@type"] == "File":
            entity["sha256"] = sha256(other.files["data/" + name])
        if name == "./":
            entity["hasPart"] = [p for p in entity["hasPart"]
                                 if not p["@id"].startswith("checkpoints/")]
        if name == "#run":
            names = [path for path in results if path != "config.json"]
            entity["result"] = [{"@id": p if p in records else "#" + p} for p in names]
        graph.append(entity)
    graph += [{"@id": "#" + p, "@type": "CreativeWork", "name": p, "sha256": results[p]}
              for p in left_out]
    crate["@graph"] = graph
    other.files["data/ro-crate-metadata.json"] = canonical(crate).encode()
    return other.relisted()
