"""The OpenAPI document, and the page that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.rest.openapi import complete_schema
from catalog.problems import PROBLEM_TYPES, ProblemType
from catalog.types import JSONObject
from catalog.web.pages import render_page

FIRST = ("products", "search", "manifests", "contracts", "ports", "domains", "terms")
METHODS = ("get", "post", "put", "patch", "delete")


class OpenAPIDocument(APIView):
    """The OpenAPI 3.1 document; the same for every caller."""

    permission_classes = [AllowAny]
    schema = None

    def get(self, request: Request) -> Response:
        return Response(openapi_document())


@cache
def openapi_document() -> JSONObject:
    """Return the document, built once per process."""
    document: JSONObject = SchemaGenerator().get_schema(request=None, public=True)
    return complete_schema(document)


@dataclass(frozen=True)
class ApiReferencePage:
    """Operations by group, schemas, and the types of problems, as dicts of plain values."""

    groups: Sequence[tuple[str, Sequence[JSONObject]]]
    schemas: Sequence[JSONObject]
    problem_types: Sequence[ProblemType]
    origin: str


@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    """Show every operation of the API, its parameters, bodies and problems."""
    document = openapi_document()
    groups: dict[str, list[JSONObject]] = {}
    for operation in list_operations(document):
        groups.setdefault(operation["group"], []).append(operation)
    schemas = [
        {"name": name, "about": schema.get("description", ""), "members": list_fields(schema)}
        for name, schema in sorted(document["components"]["schemas"].items())
        if schema.get("properties")
    ]
    rank = {name: position for position, name in enumerate(FIRST)}
    page = ApiReferencePage(
        groups=sorted(groups.items(), key=lambda group: (rank.get(group[0], len(rank)), group[0])),
        schemas=schemas,
        problem_types=list(PROBLEM_TYPES.values()),
        origin=f"{request.scheme}://{request.get_host()}",
    )
    return render_page(request, "catalog/api/docs.html", page)


def list_operations(document: JSONObject) -> Iterator[JSONObject]:
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            if method not in METHODS:
                continue
            yield {
                "id": operation["operationId"],
                "group": operation["tags"][0],
                "method": method.upper(),
                "address": address,
                "about": operation.get("description", ""),
                "is_open": {} in operation.get("security", [{}]),
                "parameters": [_parameter(item) for item in operation.get("parameters", [])],
                "bodies": list(_contents(operation.get("requestBody", {}))),
                "answers": [
                    {"status": status, "shapes": list(_contents(answer))}
                    for status, answer in operation["responses"].items()
                    if status.startswith("2")
                ],
                "refusals": [s for s in operation["responses"] if not s.startswith("2")],
            }


def list_fields(schema: JSONObject) -> list[JSONObject]:
    """Return the members of an object, each with its type as text."""
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "type": format_type(member),
            "is_needed": name in required,
            "about": member.get("description", ""),
        }
        for name, member in schema["properties"].items()
    ]


def format_type(schema: JSONObject) -> str:
    """Return the type of a schema as text."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for joint in ("oneOf", "anyOf", "allOf"):
        if joint in schema:
            return " or ".join(format_type(part) for part in schema[joint])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    kind = schema.get("type", "anything")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if "items" in schema:
        return f"list of {format_type(schema['items'])}"
    return f"{words} ({schema['format']})" if "format" in schema else words


def _parameter(parameter: JSONObject) -> JSONObject:
    return {
        "name": parameter["name"],
        "place": parameter["in"],
        "is_needed": parameter.get("required", False),
        "type": format_type(parameter["schema"]),
        "about": parameter.get("description", ""),
    }


def _contents(holder: JSONObject) -> Iterator[dict[str, str]]:
    for media_type, content in holder.get("content", {}).items():
        schema = content.get("schema", {})
        yield {
            "media_type": media_type,
            "type": format_type(schema),
            "anchor": f"shape-{format_type(schema)}" if "$ref" in schema else "",
        }
