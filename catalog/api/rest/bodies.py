"""Request bodies: how their bytes are read, and the strict fields that they are made of."""

import re
from collections.abc import Mapping
from typing import IO, Self

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from catalog.api.rest.errors import TooLarge
from catalog.issues import did_you_mean, shortened
from catalog.manifests.readers import MAX_REQUEST_BYTES as MAX_BYTES
from catalog.manifests.readers import read_json
from catalog.types import JSONObject, JSONValue

MEGABYTE = 1024 * 1024
# Where files are uploaded, by API and by form; a form adds some lines to its file.
_UPLOADS = re.compile(
    r"/api/v1/products/[^/]+/ports/.+/data|/p/[^/]+/[^/]+/edit/ports/(upload|\d+/data)"
    r"|/publish/upload"
)
UPLOAD_ALLOWANCE = MEGABYTE


def max_body_bytes(method: str, path: str) -> int:
    """Return how large a body may be that is sent to a path."""
    if method in ("PUT", "POST") and _UPLOADS.fullmatch(path):
        return settings.ASSAY_MAX_UPLOAD_MB * MEGABYTE + UPLOAD_ALLOWANCE
    return MAX_BYTES


class JSONBody(BaseParser):
    """JSON by the reader of manifests: limits, no duplicate keys, no NaN, no unstorable text."""

    media_type = "application/json"
    max_bytes = MEGABYTE

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, object] | None = None,
    ) -> JSONValue:
        """Return the value. Raises TooLarge, ParseError (of manifests)."""
        content = stream.read(self.max_bytes + 1)
        if len(content) > self.max_bytes:
            raise TooLarge(f"A body may have at most {self.max_bytes:,} bytes.")
        return read_json(content, name="body")


class PatchBody(JSONBody):
    """A JSON Patch (RFC 6902)."""

    media_type = "application/json-patch+json"

    @classmethod
    def is_of(cls, request: Request) -> bool:
        """Return True if the body of a request is a patch."""
        return request.content_type.partition(";")[0].strip().lower() == cls.media_type

    @staticmethod
    def steps_of(request: Request) -> list[JSONValue]:
        """Return the operations of a request's patch. Raises ValidationError."""
        if not isinstance(request.data, list):
            raise ValidationError("Must be a list of operations.", code="invalid")
        return request.data


class Body(serializers.Serializer[JSONObject]):
    """A request body that rejects unknown members by name, with the nearest known one."""

    @classmethod
    def read(cls, request: Request) -> Self:
        """Return the body of a request. Raises ValidationError by member."""
        body = cls(data=request.data)
        body.is_valid(raise_exception=True)
        return body

    def to_internal_value(self, data: JSONValue) -> JSONObject:
        if isinstance(data, Mapping):
            known = list(self.fields)
            unknown = {}
            for key in data:
                if key not in self.fields:
                    hint = did_you_mean(str(key), known)
                    hint = hint or f"Known members: {', '.join(known) or 'none'}."
                    message = f"Unknown member {shortened(str(key))}. {hint}"
                    unknown[key] = [ErrorDetail(message, code="unknown")]
            if unknown:
                raise ValidationError(unknown)
        values: JSONObject = super().to_internal_value(data)
        return values


class StrictString(serializers.CharField):
    """A string; numbers and booleans are not converted."""

    default_error_messages = {"invalid": "Must be a string."}

    def to_internal_value(self, data: JSONValue) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictInteger(serializers.IntegerField):
    """An integer; digits in a string, 1.0 and booleans are not converted."""

    default_error_messages = {"invalid": "Must be an integer."}

    def to_internal_value(self, data: JSONValue) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


class StringList(serializers.ListField):
    """A list of short strings."""

    child = StrictString(max_length=120)


class DocumentField(serializers.JSONField):
    """A parsed document: an object with any members."""

    def to_internal_value(self, data: JSONValue) -> JSONObject:
        if not isinstance(data, dict):
            raise ValidationError("Must be an object.", code="invalid")
        return data
