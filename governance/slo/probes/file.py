"""The file probe: open a port's file below the files root and look at its first bytes.

Nothing is parsed. The path is walked part by part from the root, each part opened without
following links, so no link and no swap of a folder under way leads out of the root.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from catalog.ports.answers import Phases
from governance.slo.outcomes import Outcome

FIRST_BYTES = 4096
PARQUET = b"PAR1"
SQLITE = b"SQLite format 3\x00"
GZIP = b"\x1f\x8b"
UTF8_MARK = b"\xef\xbb\xbf"
JSON_STARTS = b'{["-0123456789tfn'


def look_at(location: str, file_format: str, *, root: Path) -> tuple[Outcome, Phases]:
    """Return how opening a file and reading its beginning went, and the seconds it took."""
    started = perf_counter()
    try:
        outcome = _outcome(location, file_format, root)
    except (OSError, ValueError):
        outcome = Outcome.MISSING
    seconds = perf_counter() - started
    return outcome, Phases(first_byte=seconds, total=seconds)


def _outcome(location: str, file_format: str, root: Path) -> Outcome:
    parts = parts_of(location, root)
    if parts is None:
        return Outcome.REFUSED
    opened = _open_below(root, parts)
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return Outcome.WRONG_FORMAT
        is_right = MAGIC.get(file_format.casefold(), _has_content)
        first = os.read(opened, FIRST_BYTES)
        return Outcome.GOOD if is_right(first, opened) else Outcome.WRONG_FORMAT
    finally:
        os.close(opened)


def parts_of(location: str, root: Path) -> tuple[str, ...] | None:
    """Return the names that lead from the root to a file; None where they lead out of it.

    Links within the root are followed here, by name; opening then allows none at all.
    """
    base = root.resolve()
    path = (base / location.removeprefix("./")).resolve()
    return path.relative_to(base).parts if path.is_relative_to(base) and path != base else None


def _open_below(root: Path, parts: tuple[str, ...]) -> int:
    """Open a file for reading; a pipe or device does not block."""
    folder = os.open(root.resolve(), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            inner = os.open(part, flags, dir_fd=folder)
            os.close(folder)
            folder = inner
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        return os.open(parts[-1], flags, dir_fd=folder)
    finally:
        os.close(folder)


def _has_content(first: bytes, _: int) -> bool:
    return bool(first)


def _is_parquet(first: bytes, opened: int) -> bool:
    """Parquet ends as it begins; a file that is still being written does not."""
    size = os.fstat(opened).st_size
    return first.startswith(PARQUET) and size >= 12 and os.pread(opened, 4, size - 4) == PARQUET


def _is_sqlite(first: bytes, _: int) -> bool:
    return first.startswith(SQLITE)


def _is_json(first: bytes, _: int) -> bool:
    if first.startswith(GZIP):
        return True
    start = first.removeprefix(UTF8_MARK).lstrip(b" \t\r\n")
    return bool(start) and start[:1] in JSON_STARTS


def _is_csv(first: bytes, _: int) -> bool:
    if first.startswith(GZIP):
        return True
    is_text = b"\x00" not in first and not first.startswith((PARQUET, SQLITE))
    return bool(first.strip()) and is_text


MAGIC: dict[str, Callable[[bytes, int], bool]] = {
    "parquet": _is_parquet,
    "sqlite": _is_sqlite,
    "json": _is_json,
    "jsonl": _is_json,
    "ndjson": _is_json,
    "csv": _is_csv,
    "tsv": _is_csv,
}
