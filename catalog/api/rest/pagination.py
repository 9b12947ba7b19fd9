"""Cursor pagination: each page starts after a row, so rows may be added and deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.db.models import Field, Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from catalog.api.rest.errors import InvalidParameters
from catalog.cursors import decode_cursor, encode_cursor
from catalog.types import JSONObject

MIN_LIMIT, DEFAULT_LIMIT, MAX_LIMIT = 1, 25, 100
CURSOR, LIMIT = "cursor", "limit"


class CursorPaging(BasePagination):
    """Pages by position in the order of the queryset, which ends in its key.

    A cursor is encrypted and valid for one list, its filters and its caller; nothing is counted.
    """

    names = (CURSOR, LIMIT)

    def paginate_queryset(  # type: ignore[override]  # lists are never paged
        self, queryset: QuerySet[Any], request: Request, view: Any = None
    ) -> list[Any]:
        """Return the rows of the requested page. Raises InvalidParameters."""
        self.request, self.model = request, queryset.model
        self.order = _order_of(queryset)
        limit = _limit(request)
        cursor = self._cursor()
        is_back, position = cursor or (False, [])
        if cursor:
            queryset = queryset.filter(self._after(position, is_back=is_back))
        names = [f"{'-' * (descending != is_back)}{name}" for name, descending in self.order]
        page = list(queryset.order_by(*names)[: limit + 1])
        rows, more = page[:limit], len(page) > limit
        self.rows = rows[::-1] if is_back else rows
        self.has_next = is_back or more
        self.has_previous = more if is_back else bool(cursor)
        return self.rows

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page with links to its neighbors, also as Link header (RFC 8288)."""
        links = {"next": self._link(is_back=False), "previous": self._link(is_back=True)}
        response = Response({**links, "results": data})
        relations = {"next": "next", "previous": "prev"}
        header = [f'<{url}>; rel="{relations[name]}"' for name, url in links.items() if url]
        if header:
            response["Link"] = ", ".join(header)
        return response

    def get_paginated_response_schema(self, schema: JSONObject) -> JSONObject:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[JSONObject]:
        limits = {"minimum": MIN_LIMIT, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        cursor = {"type": "string"}, "Where the page starts; taken from a link."
        limit = {"type": "integer", **limits}, "Rows per page."
        return [
            {"name": name, "in": "query", "description": description, "schema": schema}
            for name, (schema, description) in zip(self.names, (cursor, limit), strict=True)
        ]

    def _link(self, *, is_back: bool) -> str | None:
        if not (self.has_previous if is_back else self.has_next) or not self.rows:
            return None
        row = self.rows[0] if is_back else self.rows[-1]
        position = [_field(self.model, name).value_to_string(row) for name, _ in self.order]
        token = encode_cursor([is_back, position], scope=_scope(self.request))
        return replace_query_param(self.request.build_absolute_uri(), CURSOR, token)

    def _cursor(self) -> tuple[bool, list[str]] | None:
        """Return whether the requested cursor leads back, and its position."""
        token = self.request.query_params.get(CURSOR)
        if token is None:
            return None
        cursor = decode_cursor(token, scope=_scope(self.request))
        if cursor is None:
            message = "Invalid cursor. Start without one."
            raise InvalidParameters({CURSOR: [message]}, code="cursor")
        is_back, position = cursor
        return is_back, position

    def _after(self, position: list[str], *, is_back: bool) -> Q:
        """Return the condition for rows after a position, field by field."""
        condition, same = Q(), Q()
        for (name, descending), text in zip(self.order, position, strict=True):
            value = _field(self.model, name).to_python(text)
            step = "lt" if descending != is_back else "gt"
            condition |= same & Q(**{f"{name}__{step}": value})
            same &= Q(**{name: value})
        return condition


def _order_of(queryset: QuerySet[Any]) -> list[tuple[str, bool]]:
    """Return the order of a queryset as (field, is descending), with the key last."""
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


def _limit(request: Request) -> int:
    text = request.query_params.get(LIMIT, str(DEFAULT_LIMIT))
    if re.fullmatch("[0-9]{1,4}", text) and MIN_LIMIT <= int(text) <= MAX_LIMIT:
        return int(text)
    message = f"Must be an integer from {MIN_LIMIT} to {MAX_LIMIT}."
    raise InvalidParameters({LIMIT: [message]}, code="limit")


def _scope(request: Request) -> str:
    """Return what a cursor is valid for: the list, its filters and its caller."""
    params: Mapping[str, list[str]] = dict(request.query_params.lists())
    filters = {name: values for name, values in params.items() if name not in CursorPaging.names}
    caller = request.user.pk if request.user.is_authenticated else None
    return json.dumps([request.path, sorted(filters.items()), caller])
