"""The file probe: open a port's file in a folder of its domain and read its first bytes.

Nothing is parsed: a file is good if it can be opened and starts as its format does.
"""

import os
import stat
from collections.abc import Callable, Collection
from pathlib import Path
from time import perf_counter

from catalog.ports.files import OutsideFolder, open_in_folders
from catalog.ports.http_types import Timings
from governance.slo.outcomes import Outcome

FIRST_BYTES = 4096
PARQUET = b"PAR1"
SQLITE = b"SQLite format 3\x00"
GZIP = b"\x1f\x8b"
UTF8_BOM = b"\xef\xbb\xbf"
JSON_STARTS = b'{["-0123456789tfn'

# Of a file's first bytes and its descriptor.
FormatCheck = Callable[[bytes, int], bool]


def probe_file(
    location: str, file_format: str, *, root: Path, folders: Collection[str]
) -> tuple[Outcome, Timings]:
    """Return the outcome of opening a file and reading its first bytes, and the timings."""
    started = perf_counter()
    has_format: FormatCheck = FORMAT_CHECKS.get(
        file_format.casefold(), lambda first, _: bool(first)
    )
    try:
        descriptor = open_in_folders(location, root=root, folders=folders)
        try:
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
            is_good = is_file and has_format(os.read(descriptor, FIRST_BYTES), descriptor)
        finally:
            os.close(descriptor)
    except OutsideFolder:
        outcome = Outcome.REFUSED
    except (OSError, ValueError):
        outcome = Outcome.MISSING
    else:
        outcome = Outcome.GOOD if is_good else Outcome.WRONG_FORMAT
    seconds = perf_counter() - started
    return outcome, Timings(first_byte=seconds, total=seconds)


def starts_as(file_format: str, first: bytes) -> bool:
    """Return True if a file's first bytes are such as its format begins with."""
    name = file_format.casefold()
    if name == "parquet":
        return first.startswith(PARQUET)
    return FORMAT_CHECKS[name](first, -1) if name in FORMAT_CHECKS else bool(first)


def _is_parquet(first: bytes, descriptor: int) -> bool:
    """Return True if it starts and ends with the magic bytes; an incomplete file ends otherwise."""
    size = os.fstat(descriptor).st_size
    return first.startswith(PARQUET) and size >= 12 and os.pread(descriptor, 4, size - 4) == PARQUET


def _is_json(first: bytes, _: int) -> bool:
    if first.startswith(GZIP):
        return True
    start = first.removeprefix(UTF8_BOM).lstrip(b" \t\r\n")
    return bool(start) and start[:1] in JSON_STARTS


def _is_csv(first: bytes, _: int) -> bool:
    if first.startswith(GZIP):
        return True
    is_text = b"\x00" not in first and not first.startswith(PARQUET)
    return is_text and bool(first.strip())


FORMAT_CHECKS: dict[str, FormatCheck] = {
    "parquet": _is_parquet,
    "sqlite": lambda first, _: first.startswith(SQLITE),
    "json": _is_json,
    "jsonl": _is_json,
    "ndjson": _is_json,
    "csv": _is_csv,
    "tsv": _is_csv,
}
