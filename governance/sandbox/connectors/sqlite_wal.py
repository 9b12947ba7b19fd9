"""The content of an SQLite file with what its write-ahead log has not yet brought into it.

The sandbox has descriptors, no paths, and may write nothing, so SQLite itself finds no log there:
its committed pages are put in place here. https://www.sqlite.org/fileformat2.html#walformat
"""

import os
import struct
from collections.abc import Iterator

from governance.sandbox.types import SourceUnreadable

MAGIC = (0x377F0682, 0x377F0683)
HEADER, FRAME_HEADER = 32, 24
# Checksums in Python: a second for a log of this size, four times the usual one.
MAX_LOG = 16 * 1024 * 1024
MAX_FILE = 256 * 1024 * 1024
ATTEMPTS = 3
# Where the file says that it has a log, and what it says without one.
JOURNAL_MODE, WITHOUT_LOG = slice(18, 20), b"\x01\x01"


def current_content(file: int, log: int) -> bytes | None:
    """Return the content of a file with its log applied, or None if the log adds nothing.

    `log` is -1 if there is none. Raises SourceUnreadable if the log is too large, or if the file
    changes faster than it is read.
    """
    if log < 0 or os.fstat(log).st_size <= HEADER:
        return None
    for _ in range(ATTEMPTS):
        before = os.pread(log, HEADER, 0)
        if max(os.fstat(log).st_size / MAX_LOG, os.fstat(file).st_size / MAX_FILE) > 1:
            raise SourceUnreadable("uncommitted-log")
        content = bytearray(read_all(file))
        frames = read_all(log)
        # The log starts again with another header once all of it is in the file.
        if frames[:HEADER] == before:
            return with_pages(content, frames)
    raise SourceUnreadable("uncommitted-log")


def read_all(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def with_pages(content: bytearray, log: bytes) -> bytes | None:
    """Return a content with the committed pages of a log in place; None if it has none."""
    pending: dict[int, bytes] = {}
    n_pages = 0
    for number, size, page in frames_of(log):
        pending[number] = page
        if not size:
            continue
        for place, committed in pending.items():
            end = place * len(committed)
            content.extend(bytes(max(0, end - len(content))))
            content[end - len(committed) : end] = committed
        pending, n_pages = {}, size
        del content[size * len(page) :]
    if not n_pages:
        return None
    content[JOURNAL_MODE] = WITHOUT_LOG
    return bytes(content)


def frames_of(log: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield page number, size of the file in pages if this commits, and page of each valid frame.

    The first frame of another salt or checksum ends the log: what follows is older.
    """
    magic, _, page_size, _, *salts, first, second = struct.unpack(">8I", log[:HEADER])
    if magic not in MAGIC:
        return
    order = ">" if magic & 1 else "<"
    sums = checksum(log[: HEADER - 8], (0, 0), order)
    if sums != (first, second):
        return
    step = FRAME_HEADER + page_size
    for start in range(HEADER, len(log) - step + 1, step):
        number, size, *frame_salts, first, second = struct.unpack_from(">6I", log, start)
        page = log[start + FRAME_HEADER : start + step]
        sums = checksum(log[start : start + 8] + page, sums, order)
        if frame_salts != salts or sums != (first, second):
            return
        yield number, size, page


def checksum(content: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    first, second = sums
    for one, other in struct.iter_unpack(f"{order}2I", content):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
