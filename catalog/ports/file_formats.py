"""The formats of hosted files: their names and media types, and what their first bytes say; pure.

Nothing is parsed here: that is done in the sandbox only. These checks find a file of another kind,
and one that ends early.
"""

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from catalog.exceptions import ValidationFailed

MEDIA_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
_OTHER_MEDIA_TYPES = {
    "application/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/x-ndjson": "json",
    "application/jsonl": "json",
    "application/parquet": "parquet",
    "application/x-parquet": "parquet",
}
BY_MEDIA_TYPE = {name: key for key, name in MEDIA_TYPES.items()} | _OTHER_MEDIA_TYPES
BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
}
SUFFIXES = ", ".join(BY_SUFFIX)
PARQUET = b"PAR1"
UTF8_BOM = b"\xef\xbb\xbf"
FIRST_BYTES = 512
# Magic bytes, footer and its length.
MIN_PARQUET = 12
# What other files begin with, and what they are.
OTHER_STARTS = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\x1f\x8b", "compressed by gzip"),
    (b"\x28\xb5\x2f\xfd", "compressed by Zstandard"),
    (b"\xfd7zXZ\x00", "compressed by xz"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook"),
    (b"%PDF-", "a PDF file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
)
# A table's first column may be called so too; with a NUL byte it is not.
BINARY_STARTS = (
    (PARQUET, "a Parquet file"),
    (b"PARE", "an encrypted Parquet file"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"BZh", "compressed by bzip2"),
)
TEXT_STARTS = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "XML"),
)


def format_of(name: str = "", media_type: str = "") -> str:
    """Return the format that a file's name or media type states; empty if they state none."""
    stated = BY_MEDIA_TYPE.get(media_type.partition(";")[0].strip().lower(), "")
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    return BY_SUFFIX.get(suffix, "") or stated


@dataclass(slots=True)
class ContentCheck:
    """Looks at the bytes of a file as they come, and finds those of another format."""

    format: str
    size: int = 0
    _first: bytes = b""
    _last: bytes = field(default=b"", repr=False)

    def add(self, chunk: bytes) -> None:
        """Look at the next bytes. Raises ValidationFailed."""
        self.size += len(chunk)
        self._last = (self._last + chunk)[-MIN_PARQUET:]
        if len(self._first) < FIRST_BYTES:
            begins = self.format != "parquet" and not self._first
            start = chunk.lstrip() if begins else chunk
            self._first += start[: FIRST_BYTES - len(self._first)]
        if self.format != "parquet" and b"\x00" in chunk:
            self._check_start(*OTHER_STARTS, *BINARY_STARTS)
            raise self._wrong("it has bytes that no text has")

    def finish(self) -> None:
        """Judge the whole. Raises ValidationFailed."""
        text = self._first.removeprefix(UTF8_BOM).lstrip()
        if not text:
            raise ValidationFailed.of("file", "The file is empty.", "Choose another file.")
        if self.format == "parquet":
            self._check_parquet()
            return
        self._check_start(*OTHER_STARTS, *TEXT_STARTS)
        if self.format == "json" and text[:1] not in b"[{":
            raise self._wrong("it begins neither with [ nor with {")

    def _check_start(self, *starts: tuple[bytes, str]) -> None:
        lower = self._first.lower()
        for mark, kind in starts:
            if self._first.startswith(mark) or (mark[:1] == b"<" and lower.startswith(mark)):
                raise self._wrong(f"it is {kind}")

    def _check_parquet(self) -> None:
        if not self._first.startswith(PARQUET):
            self._check_start(*OTHER_STARTS, *BINARY_STARTS, *TEXT_STARTS)
            raise self._wrong("it does not begin with PAR1")
        length = int.from_bytes(self._last[-8:-4], "little")
        if not self._last.endswith(PARQUET) or length + MIN_PARQUET > self.size:
            raise self._wrong("its end is missing, so it is incomplete")

    def _wrong(self, reason: str) -> ValidationFailed:
        name = "Parquet" if self.format == "parquet" else self.format.upper()
        return ValidationFailed.of(
            "file",
            f"This is not a {name} file: {reason}.",
            f"Upload CSV, JSON or Parquet, uncompressed, text in UTF-8 ({SUFFIXES}).",
            code="wrong-format",
        )


@dataclass(frozen=True)
class Layout:
    """How a file holds its records, by its first bytes; `columns` are those of a CSV's first line.

    `media_type` is more exact than the one that the format has, where there is one.
    """

    media_type: str
    is_json_lines: bool = False
    separator: str = ""
    columns: tuple[str, ...] | None = None


MAX_FIRST_LINE = 64 * 1024
SEPARATORS = (",", "\t", ";", "|")


def layout_of(data_format: str, beginning: bytes) -> Layout:
    """Return the layout of a file from its first MAX_FIRST_LINE bytes."""
    if data_format == "csv":
        return _csv_layout(beginning)
    if data_format == "json":
        first, _newline, rest = beginning.removeprefix(UTF8_BOM).lstrip().partition(b"\n")
        is_lines = first[:1] == b"{" and first.rstrip()[-1:] == b"}" and rest.lstrip()[:1] in b"{"
        return Layout("application/jsonlines" if is_lines else MEDIA_TYPES["json"], is_lines)
    return Layout(MEDIA_TYPES[data_format])


def _csv_layout(beginning: bytes) -> Layout:
    text = beginning.removeprefix(UTF8_BOM).decode("utf-8", "replace")
    unquoted = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
    separator = max(SEPARATORS, key=lambda mark: (unquoted.count(mark), mark == ","))
    media_type = "text/tab-separated-values" if separator == "\t" else MEDIA_TYPES["csv"]
    try:
        columns = next(csv.reader(io.StringIO(text), delimiter=separator), [])
    except csv.Error:
        columns = []
    return Layout(media_type, separator=separator, columns=tuple(columns))
