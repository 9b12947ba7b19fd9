"""The OpenAPI document, and the page that shows it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.rest.examples import EXAMPLES
from catalog.api.rest.openapi import complete_schema
from catalog.api.rest.recipe import RECIPE
from catalog.problems import PROBLEM_TYPES, ProblemType
from catalog.types import JSONObject, JSONValue
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


@dataclass(frozen=True, kw_only=True)
class Field:
    """A parameter of an operation, in `place` (query, path or header), or a field of a schema."""

    name: str
    type: str
    is_required: bool
    description: str
    place: str = ""


@dataclass(frozen=True)
class Content:
    """A body by media type; `anchor` is the schema's on the page, or empty."""

    media_type: str
    type: str
    anchor: str


@dataclass(frozen=True, kw_only=True)
class Operation:
    """`responses` are those without errors, by status; `errors` are statuses.

    `example` is a request body and `example_status` and `example_answer` what it is answered;
    texts, and empty where there is none.
    """

    id: str
    group: str
    method: str
    address: str
    description: str
    is_open: bool
    parameters: Sequence[Field]
    bodies: Sequence[Content]
    responses: Mapping[str, Sequence[Content]]
    errors: Sequence[str]
    example: str
    example_status: str
    example_answer: str


@dataclass(frozen=True)
class Schema:
    name: str
    description: str
    fields: Sequence[Field]


@dataclass(frozen=True)
class ApiReferencePage:
    groups: Sequence[tuple[str, Sequence[Operation]]]
    schemas: Sequence[Schema]
    problem_types: Sequence[ProblemType]
    origin: str
    recipe: Sequence[tuple[str, str]]


@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    """Show every operation of the API, its parameters, bodies and problems."""
    document = openapi_document()
    groups: dict[str, list[Operation]] = {}
    for operation in list_operations(document):
        groups.setdefault(operation.group, []).append(operation)
    schemas = [
        Schema(name, schema.get("description", ""), list_fields(schema))
        for name, schema in sorted(document["components"]["schemas"].items())
        if schema.get("properties")
    ]
    origin = f"{request.scheme}://{request.get_host()}"
    rank = {name: position for position, name in enumerate(FIRST)}
    page = ApiReferencePage(
        groups=sorted(groups.items(), key=lambda group: (rank.get(group[0], len(rank)), group[0])),
        schemas=schemas,
        problem_types=list(PROBLEM_TYPES.values()),
        origin=origin,
        recipe=[(step.about, step.as_curl(origin)) for step in RECIPE],
    )
    return render_page(request, "catalog/api/docs.html", page)


def list_operations(document: JSONObject) -> Iterator[Operation]:
    for address, methods in document["paths"].items():
        for method, operation in methods.items():
            if method not in METHODS:
                continue
            responses = operation["responses"]
            example = EXAMPLES.get(f"{method.upper()} {address}")
            yield Operation(
                id=operation["operationId"],
                group=operation["tags"][0],
                method=method.upper(),
                address=address,
                description=operation.get("description", ""),
                is_open={} in operation.get("security", [{}]),
                parameters=[
                    Field(
                        name=parameter["name"],
                        type=format_type(parameter["schema"]),
                        is_required=parameter.get("required", False),
                        description=parameter.get("description", ""),
                        place=parameter["in"],
                    )
                    for parameter in operation.get("parameters", [])
                ],
                bodies=_contents(operation.get("requestBody", {})),
                responses={s: _contents(responses[s]) for s in responses if s.startswith("2")},
                errors=[status for status in responses if not status.startswith("2")],
                example=_format_json(example["request"]) if example else "",
                example_status=str(example["status"]) if example else "",
                example_answer=_format_json(example["answer"]) if example else "",
            )


def list_fields(schema: JSONObject) -> list[Field]:
    """Return the members of an object, each with its type as text."""
    required = schema.get("required", ())
    return [
        Field(
            name=name,
            type=format_type(member),
            is_required=name in required,
            description=member.get("description", ""),
        )
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


def _format_json(value: JSONValue) -> str:
    return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)


def _contents(body: JSONObject) -> list[Content]:
    """Return the contents of a request body or a response, by media type."""
    contents = []
    for media_type, content in body.get("content", {}).items():
        schema = content.get("schema", {})
        name = format_type(schema)
        contents.append(Content(media_type, name, f"shape-{name}" if "$ref" in schema else ""))
    return contents
