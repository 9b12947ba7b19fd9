"""Lists of the API in pages: each begins behind a row's place, so rows may come and go."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from django.core import signing
from django.db.models import Field, Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from catalog.api.rest.requests import InvalidParameters

LEAST, USUAL, MOST = 1, 25, 100
CURSOR, LIMIT = "cursor", "limit"
SALT = "assay.cursor"


class CursorPaging(BasePagination):
    """Pages by place in the order of the queryset, which ends in its key.

    A cursor is signed and holds for one list, its filters and its caller; nothing is counted.
    """

    names = (CURSOR, LIMIT)

    def paginate_queryset(  # type: ignore[override]  # lists are never paged
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        """Return the rows of the page that the request asks for. Raises InvalidParameters."""
        self.request, self.model = request, queryset.model
        self.order = _order_of(queryset)
        limit = _limit(request)
        cursor = self._cursor()
        is_back = bool(cursor and cursor["back"])
        if cursor:
            queryset = queryset.filter(self._beyond(cursor["place"], is_back=is_back))
        names = [_directed(name, falls != is_back) for name, falls in self.order]
        found = list(queryset.order_by(*names)[: limit + 1])
        rows, more = found[:limit], len(found) > limit
        self.rows = rows[::-1] if is_back else rows
        self.has_next = is_back or more
        self.has_previous = more if is_back else bool(cursor)
        return self.rows

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with its neighbours, in the body and as Link header (RFC 8288)."""
        links = {"next": self._link(is_back=False), "previous": self._link(is_back=True)}
        response = Response({**links, "results": data})
        relations = {"next": "next", "previous": "prev"}
        held = [f'<{url}>; rel="{relations[name]}"' for name, url in links.items() if url]
        if held:
            response["Link"] = ", ".join(held)
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of a page."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return what the two parameters are."""
        limit = {"type": "integer", "minimum": LEAST, "maximum": MOST, "default": USUAL}
        words = {CURSOR: "Where the page begins; taken from a link.", LIMIT: "Rows of a page."}
        schemas: dict[str, dict[str, Any]] = {CURSOR: {"type": "string"}, LIMIT: limit}
        return [
            {"name": name, "in": "query", "description": words[name], "schema": schemas[name]}
            for name in self.names
        ]

    def _link(self, *, is_back: bool) -> str | None:
        if not (self.has_previous if is_back else self.has_next) or not self.rows:
            return None
        row = self.rows[0] if is_back else self.rows[-1]
        place = [_text(_field(self.model, name), row) for name, _ in self.order]
        held = {"list": _list_of(self.request), "back": is_back, "place": place}
        token = signing.dumps(held, salt=SALT)
        return replace_query_param(self.request.build_absolute_uri(), CURSOR, token)

    def _cursor(self) -> dict[str, Any] | None:
        token = self.request.query_params.get(CURSOR)
        if token is None:
            return None
        try:
            held: dict[str, Any] = signing.loads(token, salt=SALT)
        except (signing.BadSignature, ValueError):
            held = {}
        if held.get("list") != _list_of(self.request):
            words = "This cursor belongs to another list, other filters or another caller."
            raise InvalidParameters({CURSOR: [f"{words} Begin without one."]}, code="cursor")
        return held

    def _beyond(self, place: list[str], *, is_back: bool) -> Q:
        """Return what rows behind a place are: further on in the first field that differs."""
        condition, same = Q(), Q()
        for (name, falls), text in zip(self.order, place, strict=True):
            value = _field(self.model, name).to_python(text)
            step = "lt" if falls != is_back else "gt"
            condition |= same & Q(**{f"{name}__{step}": value})
            same &= Q(**{name: value})
        return condition


def _order_of(queryset: QuerySet[Any]) -> list[tuple[str, bool]]:
    """Return the fields of a queryset's order, each with whether it falls; the key stands last."""
    names = [str(name) for name in queryset.query.order_by or queryset.model._meta.ordering]
    order = [(name.removeprefix("-"), name.startswith("-")) for name in names]
    if not order or order[-1][0] not in ("pk", queryset.model._meta.pk.name):
        order.append(("pk", order[-1][1] if order else False))
    return order


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    key = model._meta.pk
    field = key if name == "pk" else model._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def _text(field: Field[Any, Any], row: Any) -> str:
    """Return a field of a row as text; the row is a model's, or the dict that `values()` makes."""
    if isinstance(row, dict):
        key = "pk" if field.primary_key else field.attname
        row = SimpleNamespace(**{field.attname: row[key]})
    text: str = field.value_to_string(row)
    return text


def _directed(name: str, falls: bool) -> str:  # noqa: FBT001  the pair that an order is made of
    return f"-{name}" if falls else name


def _limit(request: Request) -> int:
    text = request.query_params.get(LIMIT, str(USUAL))
    if text.isascii() and text.isdecimal() and len(text) < 5 and LEAST <= int(text) <= MOST:
        return int(text)
    words = f"This is a whole number, {LEAST} to {MOST}."
    raise InvalidParameters({LIMIT: [words]}, code="limit")


def _list_of(request: Request) -> str:
    """Return the digest of what a cursor holds for: the list, its filters and its caller."""
    asked: Mapping[str, list[str]] = dict(request.query_params.lists())
    filters = {name: values for name, values in asked.items() if name not in CursorPaging.names}
    caller = request.user.pk if request.user.is_authenticated else None
    text = json.dumps([request.path, sorted(filters.items()), caller])
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
