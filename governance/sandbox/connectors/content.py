"""What a file is by its first bytes: its format, compression and encoding; pure but for reading."""

import os
import zlib
from contextlib import suppress
from dataclasses import dataclass

from governance.sandbox.types import SourceUnreadable

HEAD = 64 * 1024
BINARY_FORMATS = {
    b"PAR1": "Parquet",
    b"SQLite format 3\x00": "SQLite",
    b"PK\x03\x04": "ZIP",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"ORC": "ORC",
    b"Obj\x01": "Avro",
    b"ARROW1": "Arrow",
    b"%PDF": "PDF",
    b"DUCK": "DuckDB",
}
COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
ENCODINGS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True)
class Content:
    """The start of a file, unpacked where that is gzip, and how the file is packed and encoded.

    A pipe has the text of the file as it is meant; it can be read once. `is_first_page` says that
    an answer names another one with more rows.
    """

    head: bytes
    compression: str
    encoding: str
    is_pipe: bool = False
    is_first_page: bool = False

    @property
    def has_mark(self) -> bool:
        """Return True if the text begins with a byte order mark."""
        return self.head.startswith(tuple(ENCODINGS))


def content_of(descriptor: int, kind: str) -> Content:
    """Return how the content of a file is stored.

    Raises SourceUnreadable for a file that is empty or evidently of another format than `kind`.
    """
    head = os.pread(descriptor, HEAD, 0)
    if not head:
        raise SourceUnreadable("wrong-format", "The file has no content.")
    compression = next((name for magic, name in COMPRESSIONS.items() if head.startswith(magic)), "")
    if kind == "parquet" and compression:
        raise SourceUnreadable(
            "wrong-format",
            f"It is compressed as a whole ({compression}); Parquet compresses itself.",
        )
    if compression == "gzip":
        with suppress(zlib.error):
            head = zlib.decompressobj(wbits=31).decompress(head, HEAD)
    # Words such as ORCID begin tables too, but no text has a NUL byte.
    is_text = kind != "parquet" and b"\x00" not in head and b"\n" in head
    if head.startswith(b"PARE") and not is_text:
        raise SourceUnreadable("wrong-format", "It is encrypted.")
    for magic, name in BINARY_FORMATS.items():
        if is_text and magic.isalnum():
            continue
        is_this = head.startswith(magic) or (name == "DuckDB" and head[8:12] == magic)
        if is_this and name.casefold() != kind:
            raise SourceUnreadable("wrong-format", f"It is {name}, not {kind}.")
    encoding = next((name for mark, name in ENCODINGS.items() if head.startswith(mark)), "")
    return Content(head, compression, encoding)
