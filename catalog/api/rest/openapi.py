"""What drf-spectacular cannot know of our API: its problems, strict bodies, texts and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object

from catalog.api.rest.problems import KINDS, MEDIA_TYPE

ALWAYS = (400, 401, 403, 406, 429, 503)
OF_PLACE = (404,)
OF_PRODUCT = (410,)
OF_BODY = (409, 411, 413, 415, 422)
OF_EDITION = (409, 412, 422, 428)
TITLES = {kind.status: kind.title for kind in reversed(KINDS.values())}
PROBLEM = {"$ref": "#/components/schemas/Problem"}
STORABLE = "^[^\\u0000]*$"
STORABLE_WORDS = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$"
_TEXT = {"type": "string"}
_STATE = {"type": "object", "additionalProperties": True}


class TokenScheme(OpenApiAuthenticationExtension):
    """The bearer token of a program."""

    target_class = "catalog.api.rest.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Return the scheme."""
        return dict(build_bearer_security_scheme_object("Authorization", "Bearer"))


class StrictBody(OpenApiSerializerExtension):
    """A body has no members but its own."""

    target_class = "catalog.api.rest.requests.Body"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Return the object's schema, closed."""
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        members = {name: _once(held) for name, held in schema.get("properties", {}).items()}
        return dict(schema) | {"properties": members, "additionalProperties": False}


class StorableText(OpenApiSerializerFieldExtension):
    """A text holds nothing that no database keeps, and what must not be blank is not."""

    target_class = "catalog.api.rest.requests.StrictString"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Return the text's schema."""
        schema = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True)
        pattern = STORABLE if self.target.allow_blank else STORABLE_WORDS
        return dict(schema) | {"type": "string", "pattern": pattern}


class OpenDocument(OpenApiSerializerFieldExtension):
    """A document is an object; what it holds is its own standard's matter."""

    target_class = "catalog.api.rest.requests.DocumentField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Return the schema of any object."""
        return dict(_STATE)


def complete_schema(result: dict[str, Any]) -> dict[str, Any]:
    """Write the problems into every operation of a document, and return it."""
    result["components"]["schemas"]["Problem"] = problem_schema()
    for address, methods in result["paths"].items():
        for operation in methods.values():
            for status in sorted(set(statuses_of(address, operation))):
                operation["responses"].setdefault(str(status), _refusal(status))
            operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


def statuses_of(address: str, operation: dict[str, Any]) -> Iterator[int]:
    """Yield the refusals that an operation can answer with."""
    yield from ALWAYS
    parameters = {held["name"] for held in operation.get("parameters", ())}
    if "{" in address:
        yield from OF_PLACE
    if "/products/{" in address and not address.endswith("manifest"):
        yield from OF_PRODUCT
    if "requestBody" in operation:
        yield from OF_BODY
    if "If-Match" in parameters:
        yield from OF_EDITION
    if "If-None-Match" in parameters:
        yield 304


def problem_schema() -> dict[str, Any]:
    """Return the schema of a problem document (RFC 9457)."""
    names = ("pointer", "field", "parameter", "message", "hint", "code")
    issue = {
        "type": "object",
        "required": ["message", "code"],
        "properties": dict.fromkeys(names, _TEXT)
        | {"line": {"type": "integer"}, "column": {"type": "integer"}},
    }
    codes = {"type": "string", "enum": list(KINDS)}
    return {
        "type": "object",
        "description": "Why nothing was done: what is wrong, where, and the way out.",
        "required": ["type", "title", "status", "detail", "instance", "code", "errors"],
        "properties": {
            "type": _TEXT | {"format": "uri"},
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "instance": _TEXT,
            "request_id": _TEXT,
            "code": codes,
            "hint": _TEXT,
            "errors": {"type": "array", "items": issue},
            "findings": {"type": "array", "items": _STATE},
            "seen": _STATE,
            "current": _STATE,
        },
    }


def _once(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a text's schema without the empty text beside it, which its pattern takes already."""
    parts = schema.get("oneOf", ())
    if {"type": "string", "maxLength": 0} not in parts:
        return schema
    others = {name: held for name, held in schema.items() if name != "oneOf"}
    return {**others, **parts[0]}


def _refusal(status: int) -> dict[str, Any]:
    if status == 304:
        return {"description": "What the caller holds still stands."}
    content = {MEDIA_TYPE: {"schema": PROBLEM}}
    return {"description": TITLES[status], "content": content}
