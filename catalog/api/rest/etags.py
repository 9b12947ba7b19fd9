"""Entity tags: which edition a request edits, and what the client has already.

A response that has an edition carries the ETag `"<edition>-<digest of the response>"`. If-Match
compares the edition alone, so a new measurement never blocks an edit; If-None-Match compares the
whole tag, so a cached response never hides one.
"""

import re
from hashlib import sha256

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.rest.errors import PreconditionRequired
from catalog.types import JSONValue

ENTITY_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]*)"\Z')
OWN_TAG = re.compile(r"(\d{1,15})(?:-[0-9a-f]{16})?\Z")
NO_EDITION = 0
# The OpenAPI parameters of an operation that edits, and of one that reads.
EDITS = [
    OpenApiParameter(
        "If-Match",
        {"type": "string", "pattern": '^(W/)?"[0-9]{1,15}(-[0-9a-f]{16})?"$'},
        OpenApiParameter.HEADER,
        required=True,
        description="The ETag of what is edited.",
    )
]
READS = [
    OpenApiParameter(
        "If-None-Match",
        {"type": "string", "pattern": '^(W/)?"[!#-~]*"$'},
        OpenApiParameter.HEADER,
        description="The ETag of a cached response; 304 if it is still current.",
    )
]


def parse_if_match(request: Request) -> int:
    """Return the edition that a request edits, from If-Match; 0 for a tag of another server.

    Raises PreconditionRequired; ParseError if the header is no entity tag.
    """
    header = request.headers.get("If-Match", "").strip()
    if header in ("", "*"):
        raise PreconditionRequired
    tag = ENTITY_TAG.match(header)
    if tag is None:
        raise ParseError('If-Match must be one entity tag, such as "3".', code="malformed-header")
    own = OWN_TAG.match(tag.group(1))
    return int(own.group(1)) if own else NO_EDITION


def with_etag(
    request: Request,
    body: JSONValue,
    edition: int,
    *,
    status: int = 200,
    location: str = "",
) -> Response:
    """Return a response with the ETag of its edition, or 304 if the client has it already."""
    response = Response(body, status=status)
    if location:
        response["Location"] = location

    def add_etag(rendered: HttpResponse) -> HttpResponse | None:
        etag = f'"{edition}-{sha256(rendered.content).hexdigest()[:16]}"'
        rendered["ETag"] = etag
        if request.method not in ("GET", "HEAD") or "If-None-Match" not in request.headers:
            return None
        if "If-Match" in request.headers:
            return None
        return get_conditional_response(request._request, etag=etag, response=rendered)

    response.add_post_render_callback(add_etag)
    return response
