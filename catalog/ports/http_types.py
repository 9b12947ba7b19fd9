"""What is asked of the network and what comes back: an answer or a typed failure, timed; pure."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One fetch to make. `deadline`, in seconds, covers everything, redirects too.

    After `max_bytes` the fetch ends: cut short if `allow_truncation`, else as TooLarge. Redirects
    are followed for GET and HEAD only; headers of the caller are not sent to another origin.
    `keeps_url` sends the URL, all of whose characters are encoded, exactly as it is written: that
    is what a signature covers.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    deadline: float = 10.0
    max_bytes: int = 1024 * 1024
    allow_truncation: bool = False
    max_redirects: int = 3
    keeps_url: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds that the parts of a call took; None where a part did not happen or end.

    `first_byte` runs from the request sent until the head of the answer was read.
    """

    dns: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None
    total: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An HTTP answer as received: header names in lower case, the body decoded.

    `is_truncated` says that the body went on past the byte limit and was left unread.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    phases: Timings
    is_truncated: bool = False


class FetchFailed(Exception):
    """A call without a usable answer; `message` is safe to show, `phases` are its timings."""

    def __init__(self, message: str, *, phases: Timings | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.phases = phases or Timings()


class InvalidUrl(FetchFailed):
    """The text is not a plain http or https URL that every program reads alike."""


class AddressBlocked(FetchFailed):
    """The URL leads to an address that Assay does not call."""


class Unreachable(FetchFailed):
    """The name was not found, or no connection stood: refused, reset or closed."""


class TlsFailed(FetchFailed):
    """The TLS handshake failed: a bad or expired certificate, or one of another host."""


class DeadlinePassed(FetchFailed):
    """The whole answer was not there within the deadline."""


class TooLarge(FetchFailed):
    """More bytes came, on the wire or decoded, than the caller takes."""


class TooManyRedirects(FetchFailed):
    """Each answer pointed to another place, more often than the caller follows."""


class InvalidResponse(FetchFailed):
    """What came back is not well-formed HTTP, or ended early."""


Fetched = Response | FetchFailed


@dataclass(slots=True)
class LimitedBody:
    """Collects a body up to `limit` decoded bytes, whatever its compression would swell to.

    Raises InvalidResponse for an encoding that was not asked for, or a broken one.
    """

    limit: int
    encoding: str = ""
    is_full: bool = False
    _parts: list[bytes] = field(default_factory=list)
    _size: int = 0
    _inflater: zlib._Decompress | None = None

    def __post_init__(self) -> None:
        self.encoding = self.encoding.strip().lower()
        if self.encoding in {"gzip", "x-gzip"}:
            self._inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        elif self.encoding not in {"", "identity"}:
            raise InvalidResponse("the body is encoded in a way that was not asked for")

    def add(self, chunk: bytes) -> bool:
        """Add a chunk as it was sent; return True if there is room for more."""
        left = self.limit - self._size
        try:
            plain = self._inflater.decompress(chunk, left + 1) if self._inflater else chunk
        except zlib.error as error:
            raise InvalidResponse("the compressed body is broken") from error
        self.is_full = self.is_full or len(plain) > left
        self._parts.append(plain[:left])
        self._size += len(self._parts[-1])
        return not self.is_full

    def content(self) -> bytes:
        return b"".join(self._parts)
