"""What drf-spectacular cannot infer: problems, strict bodies, strings and tokens."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object

from catalog.api.rest.examples import EXAMPLES
from catalog.problems import MEDIA_TYPE, PROBLEM_TYPES
from catalog.types import JSONObject, JSONValue

ALWAYS = (400, 401, 403, 406, 429, 503)
OF_PATH = (404,)
OF_PRODUCT = (410,)
OF_ACTION = (409, 422)
OF_BODY = (409, 411, 413, 415, 422)
OF_EDITION = (409, 412, 422, 428)
TITLES = {type_.status: type_.title for type_ in reversed(PROBLEM_TYPES.values())}
PROBLEM = {"$ref": "#/components/schemas/Problem"}
STORABLE = "^[^\\u0000]*$"
STORABLE_NOT_BLANK = "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$"
_STRING = {"type": "string"}
_OBJECT = {"type": "object", "additionalProperties": True}


class TokenScheme(OpenApiAuthenticationExtension):
    """The bearer token."""

    target_class = "catalog.api.rest.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> JSONObject:
        return dict(build_bearer_security_scheme_object("Authorization", "Bearer"))


class StrictBody(OpenApiSerializerExtension):
    """A body has no additional members."""

    target_class = "catalog.api.rest.bodies.Body"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> JSONObject:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        members = {name: _simplify(member) for name, member in schema.get("properties", {}).items()}
        return dict(schema) | {"properties": members, "additionalProperties": False}


class StorableText(OpenApiSerializerFieldExtension):
    """A string without NUL, and not blank unless the field allows it."""

    target_class = "catalog.api.rest.bodies.StrictString"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> JSONObject:
        schema = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True)
        pattern = STORABLE if self.target.allow_blank else STORABLE_NOT_BLANK
        return dict(schema) | {"type": "string", "pattern": pattern}


class OpenDocument(OpenApiSerializerFieldExtension):
    """A document is an object whose members its own standard defines."""

    target_class = "catalog.api.rest.bodies.DocumentField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> JSONObject:
        return dict(_OBJECT)


def complete_schema(result: JSONObject) -> JSONObject:
    """Add problems and examples to the operations of an OpenAPI document, and return it."""
    result["components"]["schemas"]["Problem"] = problem_schema()
    for address, methods in result["paths"].items():
        for method, operation in methods.items():
            for status in sorted(set(statuses_of(method, address, operation))):
                response: JSONObject = {"description": "Not modified."}
                if status != 304:
                    content = {MEDIA_TYPE: {"schema": PROBLEM}}
                    response = {"description": TITLES[status], "content": content}
                operation["responses"].setdefault(str(status), response)
            operation["responses"] = dict(sorted(operation["responses"].items()))
            if example := EXAMPLES.get(f"{method.upper()} {address}"):
                _show(example["request"], operation.get("requestBody", {}))
                _show(example["answer"], operation["responses"][str(example["status"])])
    return result


def statuses_of(method: str, address: str, operation: JSONObject) -> Iterator[int]:
    """Yield the error statuses of an operation."""
    yield from ALWAYS
    parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
    if "{" in address:
        yield from OF_PATH
    if "/products/{" in address and not address.endswith("manifest"):
        yield from OF_PRODUCT
    if method == "post":
        yield from OF_ACTION
    if "requestBody" in operation:
        yield from OF_BODY
    if "If-Match" in parameters:
        yield from OF_EDITION
    if "If-None-Match" in parameters:
        yield 304


def problem_schema() -> JSONObject:
    """Return the schema of a problem document (RFC 9457)."""
    names = ("pointer", "field", "parameter", "message", "hint", "severity", "code")
    issue = {
        "type": "object",
        "required": ["message", "code"],
        "properties": dict.fromkeys(names, _STRING)
        | {"line": {"type": "integer"}, "column": {"type": "integer"}},
    }
    return {
        "type": "object",
        "description": "An error: what is wrong, where, and how to fix it (RFC 9457).",
        "required": ["type", "title", "status", "detail", "instance", "code", "errors"],
        "properties": {
            "type": _STRING | {"format": "uri"},
            "title": _STRING,
            "status": {"type": "integer"},
            "detail": _STRING,
            "instance": _STRING,
            "request_id": _STRING,
            "code": _STRING | {"enum": list(PROBLEM_TYPES)},
            "hint": _STRING,
            "errors": {"type": "array", "items": issue},
            "findings": {"type": "array", "items": _OBJECT},
            "seen": _OBJECT,
            "current": _OBJECT,
        },
    }


def _show(example: JSONValue, body: JSONObject) -> None:
    """Add an example to the first content of a request body or a response, if there is one."""
    if example is not None:
        next(iter(body["content"].values()))["examples"] = {"example": {"value": example}}


def _simplify(schema: JSONObject) -> JSONObject:
    """Return a string's schema without the alternative for "", which its pattern allows already."""
    parts = schema.get("oneOf", ())
    if {"type": "string", "maxLength": 0} not in parts:
        return schema
    others = {name: value for name, value in schema.items() if name != "oneOf"}
    return {**others, **parts[0]}
