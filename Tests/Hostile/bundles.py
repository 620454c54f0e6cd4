"""Damaged and forged bundles, each with the reason for which it must be refused."""

import json
import re
import struct
from base64 import b64encode

from forge import Bundle, GOLDEN, begins_frame, compressed, header, padded, sealed

# The reason of a bundle that is not damaged, but belongs to another version of the program.
UNKNOWN = "unknown"
STEP_0 = "data/checkpoints/step-00000000.safetensors"


def frame(head, size=512):
    """A frame with this header and one raw block of zeros; its checksum is wrong."""
    return b"\x28\xb5\x2f\xfd" + bytes(head) + b"\x01\x10\x00" + bytes(512 + 4)


def damaged():
    """(name, bytes, reason) of each; a | separates several possible reasons."""
    base = Bundle(GOLDEN / "base.tar.zst")
    full = Bundle(GOLDEN / "tiny-parity-sgd.tar.zst")
    good = base.archived()
    whole = base.members()
    skippable = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
    first = [m for m in whole if not begins_frame(m[0])]
    piece = b"".join(head + padded(content) for _, head, content in first)
    first_frame = compressed(piece)

    # Not a bundle at all.
    tar = b"".join(head + padded(content) for _, head, content in whole) + bytes(1024)
    yield "empty", b"", "too-short"
    yield "93 bytes", good[:93], "too-short"
    yield "plain tar", tar, "not-zstd"
    yield "gzip", b"\x1f\x8b\x08\0" + bytes(200), "not-zstd"
    yield "zstd of the tar, no seal", compressed(tar), "truncated|size"
    yield "zstd in zstd", sealed([(compressed(padded(good)), len(padded(good)))]), "not-tar"
    yield "zstd of a bundle", compressed(good), "truncated|size"
    yield "legacy zstd frame", b"\x27\xb5\x2f\xfd" + good[4:], "not-zstd"

    # Frames.
    yield "skippable frame first", skippable + good, "extra-frame"
    yield ("skippable frame in the middle",
           first_frame + skippable + good[len(first_frame):], "extra-frame")
    yield "skippable frame last", good + skippable, "trailing-data"
    yield ("skippable frame of 4 GiB",
           first_frame + b"\x50\x2a\x4d\x18\xff\xff\xff\xff" + good, "truncated")
    yield "another bundle behind", good + good, "trailing-data"
    yield "one byte behind", good + b"\0", "trailing-data"
    empty = b"\x28\xb5\x2f\xfd\x24\x00\x01\x00\x00\x99\xe9\xd8\x51"
    yield "100 000 empty frames", empty * 100_000, "extra-frame"
    yield "100 000 empty frames, sealed", sealed([(empty, 0)] * 100_000), "extra-frame"
    yield "a million frames of nothing", empty * 1_000_000, "extra-frame"
    block = b"\x00\x00\x00" * 1_200_000 + b"\x01\x00\x00"
    yield "a million empty blocks", b"\x28\xb5\x2f\xfd\x64\x00\x01" + block + bytes(104), "count"
    for name, head, reason in [
            ("no checksum", [0x60, 0, 1], "no-checksum"), ("no content size", [0x04, 0], "size"),
            ("content size 2^63", [0xe4, 0, 0, 0, 0, 0, 0, 0, 0x80], "size"),
            ("content size 2^62", [0xe4, 0, 0, 0, 0, 0, 0, 0, 0x40], "size"),
            ("content size wrong", [0x64, 1, 1], "size"),
            ("dictionary id", [0x65, 7, 0, 1], "frame-header"),
            ("window 2^24", [0x44, 14 << 3, 0, 1], "window"),
            ("window 2^27", [0x44, 17 << 3, 0, 1], "window"),
            ("window 2^31", [0x44, 21 << 3, 0, 1], "window"),
            ("largest window", [0x44, 0xff, 0, 1], "window"),
            ("reserved bit", [0x6c, 0, 1], "frame-header"),
            ("wrong checksum", [0x64, 0, 1], "checksum")]:
        yield name, sealed([(frame(head), 512), (first_frame, len(piece))]), reason
    giant = compressed(bytes(1 << 30))
    yield "32 KB that unpack to 1 GiB", giant, "size"
    yield "32 KB that unpack to 1 GiB, sealed", sealed([(giant, 1 << 30)]), "size"
    yield "1 GiB, the table says 512 bytes", sealed([(giant, 512)]), "size"
    zeros = compressed(bytes(1 << 22))
    yield "1 GiB in 256 small frames", sealed([(zeros, 1 << 22)] * 256), "ratio"
    yield "64 MiB of end marks", sealed([(zeros, 1 << 22)] * 16), "tar-end"
    yield "table of 2^32-1 entries", good[:-9] + b"\xff\xff\xff\xff\0\xb1\xea\x92\x8f", "count"
    table = 17 + 8 * (struct.unpack("<I", good[-9:-5])[0])
    yield "seal of another file", good[:-table - 32] + bytes(32) + good[-table:], "seal"
    for cut in [94, 1000, len(first_frame), len(good) - 60, len(good) - 9, len(good) - 1]:
        yield f"cut at {cut}", good[:cut], "truncated"

    # The archive. The header of its sixth member is changed.
    def with_header(fields=None, name=None, content=None, extra=None, end=bytes(1024)):
        members = list(whole)
        path, _, old = members[5]
        content = old if content is None else content
        members[5] = (
            path,
            header(name if name is not None else f"{base.root}/{path}", len(content),
                   **(fields or {})),
            content)
        if extra:
            members[5:5] = extra
        return base.archived(members, end)

    for kind in b"1234567ABDEGIKLMNSVXgx\0":
        yield f"type {chr(kind)!r}", with_header({"at156": bytes([kind])}), "type"
    pax = b"30 path=../../tmp/regrok-pax\n\n"
    yield "pax header before a member", with_header(
        extra=[("x", header("PaxHeader", len(pax), at156=b"x"), pax)]), "type"
    yield "pax global header", with_header(
        extra=[("g", header("PaxHeader", len(pax), at156=b"g"), pax)]), "type"
    long_name = b"../" * 40 + b"x\0"
    yield "GNU long name", with_header(
        extra=[("L", header("././@LongLink", len(long_name), at156=b"L", at257=b"ustar  \0"),
                long_name)]), "magic"
    yield "GNU magic", with_header({"at257": b"ustar  \0"}), "magic"
    yield "old tar", with_header({"at257": bytes(8)}), "magic"
    yield "symlink to /etc/passwd", with_header({"at156": b"2", "at157": b"/etc/passwd"}), "type"
    for name, digits in [("negative size", b"-0000000001\0"),
                         ("base-256 size", b"\x80" + bytes(9) + b"\x02\0"),
                         ("negative base-256 size", b"\xff" * 12), ("octal junk", b"0000000089a\0"),
                         ("size ended by a space", b"00000000544 ")]:
        yield name, with_header({"at124": digits}), "header-number"
    yield "size of 8 GiB", with_header({"at124": b"77777777777\0"}), "size"
    yield "mode 0755", with_header({"at100": b"0000755"}), "metadata"
    yield "setuid", with_header({"at100": b"0004644"}), "metadata"
    yield "an owner", with_header({"at108": b"0001750"}), "metadata"
    yield "a time", with_header({"at136": b"14716305555"}), "metadata"
    yield "a user name with ESC", with_header({"at265": b"\x1b[2Jroot"}), "metadata"
    yield "a prefix", with_header({"at345": b"../../.."}), "metadata"
    for name, path in [
            ("dot dot", b"../x"), ("inner dot dot", b"ROOT/data/../../x"),
            ("absolute", b"/etc/passwd"), ("empty component", b"ROOT/data//x"),
            ("dot", b"ROOT/./x"), ("no name", b""), ("hidden", b"ROOT/.ssh"),
            ("ESC", b"ROOT/data/\x1b[2J\x1b]0;x\x07"), ("newline", b"ROOT/data/a\nb"),
            ("return", b"ROOT/data/a\rb"), ("bidi", "ROOT/data/\u202ecod.exe".encode()),
            ("C1", b"ROOT/\xc2\x9b2J"), ("not UTF-8", b"ROOT/data/\xff\xfe"),
            ("backslash", b"ROOT\\data\\x"), ("drive", b"C:/x"), ("unknown", b"ROOT/data/run.sh"),
            ("another root", b"0123456789abcdef/data/README.md"), ("no root", b"bagit.txt"),
            ("100 bytes", b"ROOT/" + b"x" * 83), ("device", b"ROOT/data/CON"),
            ("a directory's", b"ROOT/data/")]:
        yield f"name: {name}", with_header(name=path.replace(b"ROOT", base.root.encode())), "name"
    yield ("name cut at NUL",
           with_header(name=f"{base.root}/data/README.md".encode() + b"\0.exe"), "metadata|order")
    yield "same name twice", with_header(name=f"{base.root}/bagit.txt"), "duplicate"
    yield "same name in capitals", with_header(name=f"{base.root}/BAGIT.TXT"), "duplicate"
    yield "out of order", base.archived([whole[1], whole[0]] + whole[2:]), "order"
    yield "padding", base.archived(
        [(p, h, c + b"\x01" if i == 5 and len(c) % 512 else c)
         for i, (p, h, c) in enumerate(whole)]), "padding"
    yield "no end mark", base.archived(end=b""), "tar-end"
    yield "half an end mark", base.archived(end=bytes(512)), "tar-end"
    yield "a long end mark", base.archived(end=bytes(10240)), "tar-end"
    hidden = header(f"{base.root}/data/hidden", 0)
    yield "a file behind the end mark", base.archived(end=bytes(1024) + hidden), "tar-end"
    yield ("a file behind one zero block",
           base.archived(end=bytes(512) + hidden + bytes(1024)), "tar-end")
    yield "a checkpoint that never ends", base.archived(
        whole + [("data/checkpoints/", header(f"{base.root}/{STEP_0}", 1 << 29), b"")],
        end=b""), "checkpoint|tar-end"
    yield "one frame for all", sealed([(compressed(tar), len(tar))]), "seek-table"

    # Lists.
    def retagged(path, change):
        other = base.copy()
        other.files[path] = change(other.files[path])
        return other.retagged().archived()

    manifest = "manifest-sha256.txt"
    yield ("manifest: another file",
           retagged(manifest, lambda t: t + b"0" * 64 + b"  data/more\n"), "manifest")
    yield ("manifest: itself",
           retagged(manifest, lambda t: t + b"0" * 64 + b"  manifest-sha256.txt\n"), "manifest")
    yield ("manifest: a file twice",
           retagged(manifest, lambda t: t + t[:t.index(b"\n") + 1]), "manifest")
    yield "manifest: one missing", retagged(manifest, lambda t: t[t.index(b"\n") + 1:]), "manifest"
    yield "manifest: wrong digest", retagged(manifest, lambda t: b"0" * 64 + t[64:]), "manifest"
    yield ("manifest: /etc/passwd",
           retagged(manifest, lambda t: t + b"0" * 64 + b"  /etc/passwd\n"), "manifest")
    yield ("manifest: ESC",
           retagged(manifest, lambda t: t + b"0" * 64 + b"  data/\x1b[2J\n"), "manifest")
    lines = b"".join(b"%064x  %d\n" % (i, i) for i in range(330_000))
    yield ("manifest of 330 000 lines",
           retagged(manifest, lambda t: t + lines[:(24 << 20) - len(t) - 200]), "manifest")
    yield "tag manifest of nothing", (
        lambda b: (b.files.update({"tagmanifest-sha256.txt": b""}), b.archived())[1])(
            base.copy()), "tag-manifest"
    yield ("Payload-Oxum",
           retagged("bag-info.txt", lambda t: t.replace(b"Oxum: ", b"Oxum: 9")), "bag")
    yield "Payload-Oxum of 2^64", retagged(
        "bag-info.txt", lambda t: re.sub(rb"Oxum: \d+", b"Oxum: 18446744073709551616", t)), "bag"
    yield ("agent with ESC",
           retagged("bag-info.txt", lambda t: t.replace(b"regrok", b"\x1b[31mregrok")), "bag")

    # JSON.
    config = "data/config.json"
    for name, text in [
            ("a key twice", '{"a":1,"a":1}'), ("depth 10 000", "[" * 10_000 + "]" * 10_000),
            ("depth of the whole file", "[" * 65_000), ("1e999", '{"a":1e999}'),
            ("NaN", '{"a":NaN}'), ("an unpaired surrogate", '{"a":"\\ud800"}'),
            ("BOM", "\ufeff{}"), ("trailing data", "{}{}"), ("not UTF-8", b'{"a":"\xff"}'),
            ("a surrogate in UTF-8", b'"\xed\xa0\x80"'), ("nothing", ""),
            ("a number of 60 000 digits", "1" * 60_000), ("ESC", '{"\x1b[2J":1}')]:
        yield f"config: {name}", base.with_file(config, text).archived(), "json"
    for name, old, new in [
            ("10^12 steps", '"max_steps":50000', '"max_steps":1000000000000'),
            ("a log interval of 10^12", '"log_interval":200', '"log_interval":1000000000000'),
            ("a modulus of 2^40", '"modulus":97', '"modulus":1099511627776'),
            ("a width of 2^40", '"width":128', '"width":1099511627776'),
            ("a batch of 2^40", '"batch":512', '"batch":1099511627776'),
            ("a negative batch", '"batch":512', '"batch":-1')]:
        yield f"config: {name}", base.edited(config, old, new).archived(), "config-limit"
    # A later version may know what this program does not: status 4.
    for name, old, new in [
            ("a key too many", '"batch":512', '"batch":512,"bell":"\\u0007"'),
            ("ESC as a name", '"name":"transformer"', '"name":"\\u001b[2J\\u001b]0;x\\u0007"'),
            ("bidi as a name", '"name":"transformer"', '"name":"\u202ereversed"'),
            ("60 000 letters as a name", '"name":"transformer"', '"name":"' + "x" * 60_000 + '"')]:
        yield f"config: {name}", base.edited(config, old, new).archived(), UNKNOWN
    yield "config: 2^40 layers", full.edited(
        config,
        '"hidden_layers":' + re.search(
            rb'"hidden_layers":(\d+)', full.files[config]).group(1).decode(),
        '"hidden_layers":1099511627776').archived(), "config-limit"
    environment = "data/environment.json"
    yield "environment: a list", base.with_file(environment, "[]").archived(), "json"
    yield "outcome: something else", base.with_file("data/outcome.json", "{}").archived(), "json"
    crate = "data/ro-crate-metadata.json"
    yield "crate: nothing", base.with_file(crate, "{}").archived(), "crate"
    yield ("crate: 4 MiB of lists",
           base.with_file(crate, "[" + "[]," * 1_390_000 + "[]]").archived(), "crate")
    yield "crate: 4 MiB of brackets", base.with_file(crate, "[" * 4_000_000).archived(), "json"
    keys = "{" + ",".join(f'"{i:07}":0' for i in range(340_000)) + "}"
    yield "crate: 340 000 keys", base.with_file(crate, keys).archived(), "crate"

    # Traces and checkpoints.
    metrics = "data/trace/metrics.csv"
    for name, change in [
            ("nan", lambda t: re.sub(rb"\n0,[^,]*", b"\n0,nan", t, count=1)),
            ("1e999", lambda t: re.sub(rb"\n0,[^,]*", b"\n0,1e999", t, count=1)),
            ("CRLF", lambda t: t.replace(b"\n", b"\r\n")),
            ("no header", lambda t: t[t.index(b"\n") + 1:]),
            ("a step of 2^64", lambda t: t.replace(b"\n0,", b"\n18446744073709551616,")),
            ("a row twice", lambda t: t + t[t.rindex(b"\n", 0, -1) + 1:]),
            ("nothing", lambda t: b""),
            ("ESC", lambda t: b"\x1b[2J" + t),
            ("a line of 8 MiB", lambda t: t + b"1" * (8 << 20) + b"\n")]:
        yield (f"metrics: {name}",
               base.with_file(metrics, change(base.files[metrics])).archived(), "trace")
    checkpoint = [path for path in full.files if path.startswith("data/checkpoints/")][0]

    def tensors(entry, size=8, length=None):
        spec = json.loads(full.files[config])
        step = re.search(r"step-0*(\d+)\.", checkpoint).group(1)
        text = ('{"__metadata__":{"format":"pt","regrok.format":"1","regrok.numerics":"%d",'
                '"regrok.run":"%s","regrok.step":"%s"},%s}'
                % (spec["numerics"], full.root, step, entry)).encode()
        text += b" " * (-len(text) % 8)
        return full.with_file(
            checkpoint, struct.pack("<Q", len(text) if length is None else length) + text
            + bytes(size)).archived()

    for name, entry, size in [
            ("a shape that overflows",
             '"w":{"data_offsets":[0,8],"dtype":"F32","shape":[4294967296,4294967296]}', 8),
            ("overlapping tensors", '"w":{"data_offsets":[0,8],"dtype":"F32","shape":[2]},'
             '"x":{"data_offsets":[4,12],"dtype":"F32","shape":[2]}', 12),
            ("offsets beyond the file",
             '"w":{"data_offsets":[0,1099511627776],"dtype":"F32","shape":[274877906944]}', 8),
            ("negative offsets", '"w":{"data_offsets":[-8,0],"dtype":"F32","shape":[2]}', 8),
            ("an unknown type", '"w":{"data_offsets":[0,8],"dtype":"F128","shape":[2]}', 8),
            ("a tensor of others' values",
             '"w":{"data_offsets":[0,8],"dtype":"F32","shape":[2]}', 8),
            ("a name with ESC",
             '"\\u001b[2J":{"data_offsets":[0,8],"dtype":"F32","shape":[2]}', 8)]:
        yield f"checkpoint: {name}", tensors(entry, size), "checkpoint"
    yield "checkpoint: a header of 2^63 bytes", tensors('"w":0', 8, 1 << 63), "checkpoint"
    yield "checkpoint: nothing", full.with_file(checkpoint, b"").archived(), "checkpoint"
    some = full.copy()
    del some.files[checkpoint]
    yield "a checkpoint missing", some.relisted().archived(), "bag"

    # Members that are not signatures.
    def with_signature(signature):
        signed = Bundle()
        signed.root = base.root
        for path, content in base.files.items():
            signed.files[path] = content
            if path == "tagmanifest-sha256.txt":
                signed.files[path + ".sig"] = signature
        return signed.archived()

    yield "signature", with_signature(b"\x1b[2J"), "signature"
    for length in (1 << 31, (1 << 32) - 1):
        blob = b64encode(b"SSHSIG" + (1).to_bytes(4, "big") + length.to_bytes(4, "big") + bytes(36))
        yield f"signature: a key of {length} bytes", with_signature(
            b"-----BEGIN SSH SIGNATURE-----\n" + blob + b"\n-----END SSH SIGNATURE-----\n"
        ), "signature"
