"""Files as responses: conditional and partial, handed to the web server without holding a thread.

The web server sends an open file by itself while its thread answers others (wsgi.file_wrapper).
"""

import io
import os
import re
from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date

from catalog.ports.uploads import tag_of
from catalog.problems import problem_response

BLOCK = 256 * 1024
_RANGE = re.compile(r"bytes=\s*(\d*)-(\d*)\s*\Z", re.ASCII | re.IGNORECASE)


class RangeNotSatisfiable(ValueError):
    """No byte of the file lies in the range."""


class FileSlice(io.RawIOBase):
    """A part of an open file that reads as a file of its own."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file, self._start, self._length, self._at = file, start, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._length}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self._length - self._at)
        count = left if size < 0 else min(size, left)
        data = os.pread(self._file.fileno(), count, self._start + self._at)
        self._at += len(data)
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


def file_response(
    request: HttpRequest, file: BinaryIO, *, name: str, media_type: str
) -> HttpResponseBase:
    """Return a file, or the range of it that is asked for; takes over closing the file.

    RFC 9110: of several ranges at once the whole file is the answer.
    """
    status = os.fstat(file.fileno())
    size, etag = status.st_size, f'"{tag_of(status)}"'
    headers = {
        "ETag": etag,
        "Last-Modified": http_date(status.st_mtime),
        "Accept-Ranges": "bytes",
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "",
    }
    # Compression would change the bytes that ranges and lengths count.
    request.META.pop("HTTP_ACCEPT_ENCODING", None)
    modified = int(status.st_mtime)
    response: HttpResponseBase | None
    response = get_conditional_response(request, etag=etag, last_modified=modified)
    if response is None:
        response = _content(request, file, size, headers)
    if not isinstance(response, FileResponse):
        file.close()
    if response.status_code in (200, 206):
        response["Content-Type"] = media_type
    for name, value in headers.items():
        response[name] = value
    return response


def _content(
    request: HttpRequest, file: BinaryIO, size: int, headers: dict[str, str]
) -> HttpResponseBase:
    if request.method == "HEAD":
        return HttpResponse(headers={"Content-Length": str(size)})
    try:
        part = parse_range(_range_of(request, headers), size)
    except RangeNotSatisfiable:
        detail = f"The file has {size:,} bytes."
        refused = problem_response("range-not-satisfiable", path=request.path, detail=detail)
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    start, end = part or (0, size)
    response = FileResponse(FileSlice(file, start, end - start), status=206 if part else 200)
    response.block_size = BLOCK
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return response


def _range_of(request: HttpRequest, headers: dict[str, str]) -> str:
    """Return the Range header, unless If-Range names another state of the file."""
    condition = request.headers.get("If-Range", "").strip()
    if condition and condition not in (headers["ETag"], headers["Last-Modified"]):
        return ""
    return request.headers.get("Range", "")


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the start and end of the one range of a header; None where there is none to serve.

    Raises RangeNotSatisfiable.
    """
    match = _RANGE.match(header.strip())
    if match is None or not any(match.groups()) or max(map(len, match.groups())) > 18:
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return None
    if start >= end:
        raise RangeNotSatisfiable
    return start, end
