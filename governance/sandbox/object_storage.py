"""Objects of an S3 server as files for the sandbox: whole, in part, or the footer alone."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import urlsplit

from catalog.contracts.models import Server
from catalog.ports.addresses import parse_url
from catalog.ports.http_client import fetch
from catalog.ports.http_types import (
    AddressBlocked,
    DeadlinePassed,
    FetchFailed,
    InvalidUrl,
    Request,
    Response,
)
from catalog.ports.s3 import (
    SENTENCES,
    InvalidLocation,
    Listing,
    S3Object,
    S3Place,
    error_code,
    in_other_region,
    list_request,
    matching,
    object_request,
    parse_listing,
    parse_place,
)
from catalog.products.projection import custom
from governance.sandbox.database_servers import credentials_of, declared_server
from governance.sandbox.types import SourceUnreadable

MEGABYTE = 1024 * 1024
SECONDS = 20.0
MAX_PAGES = 20
# An object up to this size is read whole; of a larger one only a part.
MAX_WHOLE = 64 * MEGABYTE
SAMPLE = 16 * MEGABYTE
FIRST_FOOTER = 64 * 1024
MAX_FOOTER = 32 * MEGABYTE
PARQUET_MAGIC = b"PAR1"
COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
# Of an object without bytes no range can be had.
CODES = {401: "denied", 403: "denied", 404: "not-found", 416: "empty"}


@dataclass(frozen=True, kw_only=True)
class FetchedObject:
    """An object in a file without a name; `note` says, as a sentence, what of the place it is.

    `is_sample` is True for the first part of a text; `is_footer` if the file has only the end of
    a Parquet file, at its place.
    """

    file: BinaryIO
    name: str
    note: str = ""
    is_sample: bool = False
    is_footer: bool = False


def place_of(server: Server) -> S3Place:
    """Return where a server's objects are, with its credentials. Raises SourceUnreadable."""
    declared = declared_server(server) or {"location": server.location}
    try:
        place = parse_place(declared)
        if not custom(declared, "assaySecret"):
            return place
        if not custom(declared, "assayUser"):
            raise SourceUnreadable("no-secret", "Its access key belongs into assayUser.")
        host = parse_url(place.base_url).netloc
        user, secret = credentials_of(server, declared, place=host)
        return parse_place(declared, access_key=user or "", secret_key=secret or "")
    except InvalidLocation as error:
        raise SourceUnreadable("no-location", str(error)) from error


@contextmanager
def fetched_object(server: Server, kind: str) -> Iterator[FetchedObject]:
    """Fetch what a reader needs of a server's newest object. Raises SourceUnreadable."""
    reader = _Reader(place_of(server))
    key, note = reader.find()
    with tempfile.TemporaryFile() as file:
        yield reader.fetch(key, kind, file, note)


class _Reader:
    """Requests to one place within one deadline; a bucket in another region is found once."""

    def __init__(self, place: S3Place) -> None:
        self.place = place
        self.ends_at = time.monotonic() + SECONDS

    @property
    def left(self) -> float:
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise SourceUnreadable("too-costly", "The storage answers too slowly.")
        return left

    def find(self) -> tuple[str, str]:
        """Return the key to read, and a note if it is one of several."""
        if not self.place.is_pattern:
            return self.place.key, ""
        objects: list[S3Object] = []
        token, pages = "", 0
        while pages < MAX_PAGES:
            listing = self._list(token)
            objects += matching(self.place, listing.objects)
            token, pages = listing.token, pages + 1
            if not token:
                break
        if not objects:
            searched = f" among the first {pages * 1000:,} keys" if token else ""
            raise SourceUnreadable("not-found", f"No object matches{searched}.")
        newest = max(objects, key=lambda item: (item.modified, item.key))
        if len(objects) == 1 and not token:
            return newest.key, f"Read from the one object that matches, {newest.key}."
        count = f"at least {len(objects):,}" if token else f"{len(objects):,}"
        return newest.key, f"Read from the newest of {count} objects, {newest.key}."

    def _list(self, token: str) -> Listing:
        response = self._send(lambda place: list_request(place, token, deadline=self.left))
        try:
            return parse_listing(response.body)
        except ValueError as error:
            raise SourceUnreadable("unreachable", f"{str(error).capitalize()}.") from error

    def fetch(self, key: str, kind: str, file: BinaryIO, note: str) -> FetchedObject:
        """Write an object, or the part of it that is read, into a file."""
        name = PurePosixPath(key).name
        first = self._range(key, 0, SAMPLE)
        size = _total_size(first)
        file.write(first.body)
        if size <= MAX_WHOLE:
            self._copy(key, file, start=len(first.body), end=size)
            return FetchedObject(file=_rewound(file), name=name, note=note)
        if kind == "parquet":
            self._copy_footer(key, file, size)
            return FetchedObject(file=_rewound(file), name=name, note=note, is_footer=True)
        if reason := _why_whole(kind, first.body):
            raise SourceUnreadable("too-costly", reason)
        file.truncate(first.body.rfind(b"\n") + 1)
        return FetchedObject(file=_rewound(file), name=name, note=note, is_sample=True)

    def _copy(self, key: str, file: BinaryIO, *, start: int, end: int) -> None:
        while start < end:
            part = self._range(key, start, min(SAMPLE, end - start)).body
            if not part:
                raise SourceUnreadable("unreachable", "The object ended early.")
            file.write(part)
            start += len(part)

    def _copy_footer(self, key: str, file: BinaryIO, size: int) -> None:
        """Write the footer where it is in the object; what lies before it stays a hole."""
        tail = self._range(key, size - FIRST_FOOTER, FIRST_FOOTER).body
        length = int.from_bytes(tail[-8:-4], "little") + 8
        if not tail.endswith(PARQUET_MAGIC) or length > size:
            raise SourceUnreadable("wrong-format", "It does not end as a Parquet file does.")
        if length > MAX_FOOTER:
            raise SourceUnreadable("too-costly", "Its footer is too large.")
        os.truncate(file.fileno(), 0)
        os.truncate(file.fileno(), size)
        os.pwrite(file.fileno(), PARQUET_MAGIC, 0)
        if length > FIRST_FOOTER:
            file.seek(size - length)
            self._copy(key, file, start=size - length, end=size)
        else:
            os.pwrite(file.fileno(), tail, size - len(tail))

    def _range(self, key: str, start: int, length: int) -> Response:
        span = f"bytes={start}-{start + length - 1}"
        response = self._send(
            lambda place: object_request(place, key, span, max_bytes=length, deadline=self.left)
        )
        if start and response.status != 206:
            raise SourceUnreadable("unreachable", "It serves no parts of objects.")
        return response

    def _send(self, build: Callable[[S3Place], Request]) -> Response:
        try:
            response = fetch(build(self.place))
            other = in_other_region(self.place, response)
            if other is not None:
                self.place = other
                response = fetch(build(other))
        except FetchFailed as error:
            raise SourceUnreadable(failure_code(error), f"{error.message}.") from error
        if response.status in (200, 206):
            return response
        raise SourceUnreadable(CODES.get(response.status, "unreachable"), describe_answer(response))


def describe_answer(response: Response) -> str:
    """Return what a storage answered, as sentences."""
    code = error_code(response)
    region = response.headers.get("x-amz-bucket-region", "")
    elsewhere = f"The bucket is in the region {region}: set assayRegion." if region else ""
    sentence = SENTENCES.get(code) or elsewhere
    return f"It answered {response.status}{f' {code}' if code else ''}. {sentence}".strip()


def failure_code(error: FetchFailed) -> str:
    if isinstance(error, AddressBlocked | InvalidUrl):
        return "refused"
    return "too-costly" if isinstance(error, DeadlinePassed) else "unreachable"


def _why_whole(kind: str, start: bytes) -> str:
    """Return why a large text cannot be read in part; empty if it can."""
    if start.startswith(COMPRESSED):
        return "A compressed object is read whole or not at all."
    if kind == "json" and start.lstrip()[:1] == b"[":
        return "A JSON array is read whole or not at all."
    if b"\n" not in start:
        return f"Its first line has more than {SAMPLE // MEGABYTE} MB."
    return ""


def _total_size(response: Response) -> int:
    """Return the size of the object of which a response has a range; all of it if it is whole."""
    _, _, total = response.headers.get("content-range", "").rpartition("/")
    return int(total) if total.isdecimal() else len(response.body)


def _rewound(file: BinaryIO) -> BinaryIO:
    file.flush()
    file.seek(0)
    return file


def object_table(location: str) -> str:
    """Return the name of the table that a location's objects are: of the file, or its folder."""
    parts = [part for part in urlsplit(location).path.split("/") if part]
    bucket = urlsplit(location).netloc
    literal = [part for part in parts if not set("*?{") & set(part)]
    return (literal[-1] if literal else bucket).split(".")[0]
