"""Edits over the API: how their bytes are read, what a body may hold, which edition they edit.

An answer that has an edition carries the ETag `"<edition>-<digest of the answer>"`. If-Match
compares the edition alone, so a new measurement never refuses an edit; If-None-Match compares the
whole, so it never hides one. Holds no view: the settings name the parser by its dotted path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import IO, Any, Self

from django.http import Http404, HttpResponse
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ErrorDetail, ParseError, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.exceptions import CatalogError, EditConflict
from catalog.issues import did_you_mean, shortened
from catalog.manifests.readers import read_json

MEGABYTE = 1024 * 1024
ENTITY_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]*)"\Z')
OUR_TAG = re.compile(r"(\d{1,15})(?:-[0-9a-f]{16})?\Z")
NO_EDITION = 0
# What the OpenAPI document says of an operation that edits, and of one that reads.
EDITS = [
    OpenApiParameter(
        "If-Match",
        {"type": "string", "pattern": '^"[0-9]{1,15}(-[0-9a-f]{16})?"$'},
        OpenApiParameter.HEADER,
        required=True,
        description="The edition that is edited: the ETag of what was read.",
    )
]
READS = [
    OpenApiParameter(
        "If-None-Match",
        {"type": "string", "pattern": '^"[!#-~]*"$'},
        OpenApiParameter.HEADER,
        description="An ETag that the caller holds; 304 where it still stands.",
    )
]


class InvalidParameters(ValidationError):
    """What the address asks is not understood; the detail is by parameter."""


class PreconditionRequired(APIException):
    """An edit that does not say which edition it edits."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "Say which edition you edit."
    default_code = "edition-missing"
    hint = "Send the ETag of what you have read as If-Match."


class ConflictWithState(EditConflict):
    """An edition conflict that shows what stands now, as the reader may see it."""

    def __init__(self, conflict: EditConflict, state: Any) -> None:
        super().__init__(seen=conflict.seen, current=conflict.current)
        self.state = state


class Retired(CatalogError):
    """The product has ended: `state` is how it stood last, which names its successor."""

    code = "retired"

    def __init__(self, state: Mapping[str, Any]) -> None:
        successor = state.get("successor")
        hint = f"Use {successor} instead." if successor else ""
        super().__init__("This product is retired.", hint=hint)
        self.state = state


def attach_current_state(error: Exception, state: Callable[[], Any]) -> Exception:
    """Return an edition conflict with what stands now, as a view says it; other errors as they are.

    Where the thing is gone meanwhile, or hidden from the caller, that is what is said.
    """
    if not isinstance(error, EditConflict):
        return error
    try:
        return ConflictWithState(error, state())
    except (Http404, CatalogError) as other:
        return other


class TooLarge(APIException):
    """A body of more bytes than are read here."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too-large"
    hint = "Send less at a time."


class JSONBody(BaseParser):
    """JSON through the front door: limits, no duplicate keys, no NaN, no text that no one keeps."""

    media_type = "application/json"
    most_bytes = MEGABYTE

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the value. Raises TooLarge, ParseError (of manifests)."""
        content = stream.read(self.most_bytes + 1)
        if len(content) > self.most_bytes:
            raise TooLarge(f"A body has at most {self.most_bytes:,} bytes here.")
        return read_json(content, name="body")


class PatchBody(JSONBody):
    """A JSON Patch (RFC 6902)."""

    media_type = "application/json-patch+json"

    @classmethod
    def is_of(cls, request: Request) -> bool:
        """Say whether a request brings a patch."""
        return request.content_type.partition(";")[0].strip().lower() == cls.media_type

    @staticmethod
    def steps_of(request: Request) -> list[Any]:
        """Return the steps of a request's patch. Raises ValidationError."""
        if not isinstance(request.data, list):
            raise ValidationError("A patch is a list of steps.", code="invalid")
        return request.data


class Body(serializers.Serializer[Any]):
    """What a request may say: unknown members are refused by name, with the nearest known one."""

    @classmethod
    def read(cls, request: Request) -> Self:
        """Return the body of a request. Raises ValidationError by member."""
        body = cls(data=request.data)
        body.is_valid(raise_exception=True)
        return body

    def to_internal_value(self, data: Any) -> Any:
        """Return the values by name. Raises ValidationError."""
        if isinstance(data, Mapping) and (
            unknown := [key for key in data if key not in self.fields]
        ):
            known = list(self.fields)
            raise ValidationError({key: [_no_such_member(key, known)] for key in unknown})
        return super().to_internal_value(data)


class StrictString(serializers.CharField):
    """A text; a number or a truth value is none."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text without blanks around it."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictInteger(serializers.IntegerField):
    """A whole number; a text of digits, 1.0 or a truth value is none."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number."""
        if type(data) is not int:
            self.fail("invalid")
        return data


class StringList(serializers.ListField):
    """A list of short texts."""

    child = StrictString(max_length=120)


class DocumentField(serializers.JSONField):
    """A parsed document: an object, whatever it holds."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the object."""
        if not isinstance(data, dict):
            raise ValidationError("A document is an object.", code="invalid")
        return data


def parse_if_match(request: Request) -> int:
    """Return the edition that a request edits, from If-Match; 0 where the tag is none of ours.

    Raises PreconditionRequired; ParseError where the header is no entity tag.
    """
    sent = request.headers.get("If-Match", "").strip()
    if sent in ("", "*"):
        raise PreconditionRequired
    tag = ENTITY_TAG.match(sent)
    if tag is None:
        raise ParseError('If-Match is one entity tag, such as "3".', code="malformed-header")
    ours = OUR_TAG.match(tag.group(1))
    return int(ours.group(1)) if ours else NO_EDITION


def with_etag(
    request: Request,
    answer: Any,
    edition: int,
    *,
    status: int = 200,
    location: str = "",
) -> Response:
    """Return an answer that carries its edition, or 304 where the reader holds it already."""
    response = Response(answer, status=status)
    if location:
        response["Location"] = location

    def tag(rendered: HttpResponse) -> HttpResponse | None:
        etag = f'"{edition}-{sha256(rendered.content).hexdigest()[:16]}"'
        rendered["ETag"] = etag
        if request.method not in ("GET", "HEAD") or "If-None-Match" not in request.headers:
            return None
        if "If-Match" in request.headers:
            return None
        return get_conditional_response(request._request, etag=etag, response=rendered)

    response.add_post_render_callback(tag)
    return response


def _no_such_member(key: Any, known: list[str]) -> ErrorDetail:
    hint = did_you_mean(str(key), known) or f"Known are {', '.join(known) or 'none'}."
    return ErrorDetail(f"There is no {shortened(str(key))} here. {hint}", code="unknown")
