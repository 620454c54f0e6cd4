"""The file of a bundle: zstd frames, a seal and a seek table around a tar archive.

Parts 3.8 to 3.11 and 4.4 of SPEC.md define the numbers.
"""

from __future__ import annotations

import hashlib
import struct
import sys
from pathlib import Path
from typing import BinaryIO, Callable, Iterator

BLOCK = 512
MOST_FRAMES = 1 << 20
MOST_MEMBERS = 1 << 17
MOST_IN_A_FRAME = 4 << 20
LARGEST_FRAME = 1 << 23
LARGEST_WINDOW_LOG = 23
SEAL = b"\x50\x2a\x4d\x18" + struct.pack("<I", 40) + b"rgk-seal"
SEEK_TABLE = b"\x5e\x2a\x4d\x18"
SEEKABLE = b"\xb1\xea\x92\x8f"


class Damaged(Exception):
    """A file that is not a bundle, or not as it was sealed.

    `reason` is one of the codes of SPEC.md 3.12.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{detail} ({reason})")
        self.reason = reason


def _unpacker() -> Callable[[bytes, int], bytes]:
    """A function that unpacks one frame, whose content must have the given size."""
    if sys.version_info >= (3, 14):
        from compression.zstd import DecompressionParameter, ZstdDecompressor, ZstdError

        options = {DecompressionParameter.window_log_max: LARGEST_WINDOW_LOG}

        def unpack(frame: bytes, size: int) -> bytes:
            frames = ZstdDecompressor(options=options)
            try:
                content = frames.decompress(frame, max_length=size + 1)
            except ZstdError as error:
                raise Damaged("checksum", f"a frame cannot be unpacked: {error}") from None
            if len(content) != size or not frames.eof or frames.unused_data:
                raise Damaged("size", "a frame has not the size that the seek table says")
            return content

    else:
        import zstandard

        def unpack(frame: bytes, size: int) -> bytes:
            frames = zstandard.ZstdDecompressor(max_window_size=1 << LARGEST_WINDOW_LOG)
            try:
                if zstandard.frame_content_size(frame) != size:
                    raise Damaged("size", "a frame has not the size that the seek table says")
                reader = frames.decompressobj()
                content = reader.decompress(frame)
            except zstandard.ZstdError as error:
                raise Damaged("checksum", f"a frame cannot be unpacked: {error}") from None
            if len(content) != size or not reader.eof or reader.unused_data:
                raise Damaged("size", "a frame has not the size that the seek table says")
            return content

    return unpack


class Archive:
    """The members of a bundle. Frames are unpacked as needed; one is held in memory."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        try:
            self._unpack = _unpacker()
            self._read_ends()
            self._held: tuple[int, bytes] = (-1, b"")
            self.members: dict[str, tuple[int, int]] = {}
            self._read_headers()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        self._file.close()

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content of a member, the part in one frame at a time."""
        start, size = self.members[name]
        yield from self._content(start, size)

    def check_padding(self, name: str) -> None:
        """Checks that the bytes after a member, up to the next block, are zero."""
        start, size = self.members[name]
        if any(b"".join(self._content(start + size, -size % BLOCK))):
            raise Damaged("padding", f"{name}: its padding is not zero")

    def check_seal(self) -> None:
        """Checks the seal against every byte before it."""
        self._file.seek(0)
        digest = hashlib.sha256()
        left = self._sealed
        while left:
            piece = self._file.read(min(left, 1 << 20))
            if not piece:
                raise Damaged("changed", "the file became shorter while it was read")
            digest.update(piece)
            left -= len(piece)
        if digest.digest() != self._digest:
            raise Damaged("seal", "the seal is not the digest of the bytes before it")

    # The end of the file: a seal of 48 bytes, and the seek table.

    def _read_ends(self) -> None:
        size = self._file.seek(0, 2)
        if size < 94:
            raise Damaged("too-short", f"{size} bytes are no bundle")
        self._file.seek(size - 9)
        count, descriptor, magic = struct.unpack("<IB4s", self._file.read(9))
        if magic != SEEKABLE or descriptor != 0:
            raise Damaged("seek-table", "the file does not end with a seek table")
        if not 2 <= count <= MOST_FRAMES + 1:
            raise Damaged("count", f"{count} frames and a seal")
        length = 8 * count + 9
        start = size - 8 - length
        if start < 0:
            raise Damaged("seek-table", "the seek table is longer than the file")
        self._file.seek(start)
        table = self._file.read(8 + length)
        if table[:8] != SEEK_TABLE + struct.pack("<I", length):
            raise Damaged("seek-table", "the seek table does not begin as one")
        entries = list(struct.iter_unpack("<II", table[8 : 8 + 8 * count]))
        if entries.pop() != (48, 0):
            raise Damaged("seek-table", "the last entry of the seek table is not the seal's")
        self._sealed = start - 48
        if self._sealed < 0 or sum(packed for packed, _ in entries) != self._sealed:
            raise Damaged("seek-table", "the frames of the seek table are not those of the file")
        self._file.seek(self._sealed)
        seal = self._file.read(48)
        if seal[:16] != SEAL:
            raise Damaged("seal", "the seal is malformed")
        self._digest = seal[16:]

        # Each frame, with where it lies in the file and in the archive.
        self._frames: list[tuple[int, int, int, int]] = []
        place = content = 0
        for packed, unpacked in entries:
            if not (
                0 < unpacked <= MOST_IN_A_FRAME
                and unpacked % BLOCK == 0
                and packed <= LARGEST_FRAME
            ):
                raise Damaged("size", f"a frame of {packed} bytes for {unpacked}")
            self._frames.append((place, packed, content, unpacked))
            place += packed
            content += unpacked
        self.size = content

    def _frame(self, number: int) -> bytes:
        if self._held[0] != number:
            place, packed, _, unpacked = self._frames[number]
            self._file.seek(place)
            self._held = (number, self._unpack(self._file.read(packed), unpacked))
        return self._held[1]

    def _number(self, place: int) -> int:
        """The number of the frame that holds this byte of the archive."""
        low, high = 0, len(self._frames)
        while high - low > 1:
            middle = (low + high) // 2
            if self._frames[middle][2] <= place:
                low = middle
            else:
                high = middle
        return low

    def _content(self, start: int, size: int) -> Iterator[bytes]:
        if start + size > self.size:
            raise Damaged("tar-end", "the archive ends within a member")
        number = self._number(start)
        while size:
            within = start - self._frames[number][2]
            piece = self._frame(number)[within : within + size]
            yield piece
            start += len(piece)
            size -= len(piece)
            number += 1

    # The archive: headers of 512 bytes, content, zeros.

    def _read_headers(self) -> None:
        place = 0
        roots = set()
        while True:
            header = b"".join(self._content(place, BLOCK))
            if not any(header):
                break
            name, size = _member(header)
            root, _, path = name.partition("/")
            roots.add(root)
            if path in self.members:
                raise Damaged("duplicate", f"{path}: two members of that name")
            if len(self.members) == MOST_MEMBERS:
                raise Damaged("count", f"more than {MOST_MEMBERS} members")
            self.members[path] = (place + BLOCK, size)
            place += BLOCK + -(-size // BLOCK) * BLOCK
        if place + 2 * BLOCK != self.size or any(b"".join(self._content(place, 2 * BLOCK))):
            raise Damaged("tar-end", "the archive does not end in exactly two zero blocks")
        if len(roots) != 1:
            raise Damaged("name", "the members lie in several directories")
        self.root: str = roots.pop()


def _member(header: bytes) -> tuple[str, int]:
    """The name and size of a member.

    The header is written again and compared, so that any other deviation is found.
    """
    name = header[:100].rstrip(b"\0")
    prefix = header[345:500].rstrip(b"\0")
    digits = header[124:135]
    if header[257:265] != b"ustar\x0000":
        raise Damaged("magic", "a header is not of POSIX ustar")
    if not all(0x30 <= digit <= 0x37 for digit in digits):
        raise Damaged("header-number", "a size is not in its form")
    size = int(digits, 8)
    expected = bytearray(BLOCK)
    expected[: len(name)] = name
    expected[100:124] = b"0000644\x000000000\x000000000\x00"
    expected[124:148] = b"%011o\x00" % size + b"00000000000\x00"
    expected[148:156] = b" " * 8
    expected[156:157] = b"0"
    expected[257:265] = b"ustar\x0000"
    expected[329:345] = b"0000000\x000000000\x00"
    expected[345 : 345 + len(prefix)] = prefix
    expected[148:156] = b"%06o\x00 " % sum(expected)
    if bytes(expected) != header:
        raise Damaged("metadata", "a header has other bytes than name and size give")
    path = (prefix + b"/" if prefix else b"") + name
    try:
        text = path.decode("ascii")
    except UnicodeDecodeError:
        raise Damaged("name", "a name is not ASCII") from None
    parts = text.split("/")
    if len(parts) < 2 or any(part in ("", ".", "..") for part in parts) or "\\" in text:
        raise Damaged("name", f"{text!r}: a name that no member has")
    return text, size
