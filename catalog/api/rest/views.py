"""What the views of all resources share: rows by their URL, pages, ETags and edit conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from catalog.api.rest.errors import ConflictWithState
from catalog.api.rest.etags import with_etag
from catalog.exceptions import CatalogError, EditConflict
from catalog.types import JSONObject

Row = TypeVar("Row", bound=Model)
Row_co = TypeVar("Row_co", bound=Model, covariant=True)


class ModelAnswer(serializers.ModelSerializer[Row]):
    """A row as JSON, which is only read."""

    def get_extra_kwargs(self) -> JSONObject:
        return {name: {"read_only": True} for name in self.Meta.fields}


class ResourceViewSet(GenericViewSet[Row_co]):
    """Rows of `queryset`, which is not limited to what the caller may see; `get_queryset` is."""

    queryset: QuerySet[Any]
    serializer_class: type[serializers.BaseSerializer[Any]]

    def get_object(self) -> Any:
        """Return the row of the URL; the query does not filter it. Raises Http404."""
        field = self.lookup_field
        return get_object_or_404(self.get_queryset(), **{field: self.kwargs[field]})

    def state(self, row: Any) -> Mapping[str, object]:
        """Return the representation of a row at this URL."""
        state: Mapping[str, object] = self.get_serializer(row).data
        return state

    def edition_of(self, row: Any) -> int:
        edition: int = row.edition
        return edition

    def answer(self, row: Any, *, status: int = 200, location: str = "") -> Response:
        """Return the state of a row, with its ETag."""
        edition = self.edition_of(row)
        return with_etag(self.request, self.state(row), edition, status=status, location=location)

    def answer_changed(self, row: Model, *, status: int = 200, location: str = "") -> Response:
        """Return the state of a row that was written, as the database now has it."""
        current = self.queryset.get(pk=row.pk)
        return self.answer(current, status=status, location=location)

    def answer_page(
        self, rows: QuerySet[Any], serializer: type[serializers.BaseSerializer[Any]] | None = None
    ) -> Response:
        """Return the page of the rows that the query asks for."""
        page = self.paginate_queryset(self.filter_queryset(rows))
        kind = serializer or self.serializer_class
        context = self.get_serializer_context()
        return self.get_paginated_response(kind(page, many=True, context=context).data)

    def handle_exception(self, exc: Exception) -> Response:
        """Add the current state to an edit conflict.

        If the row has been deleted or hidden from the caller meanwhile, that is the error.
        """
        if isinstance(exc, EditConflict):
            try:
                exc = ConflictWithState(exc, self.state(self.get_object()))
            except (Http404, CatalogError) as other:
                exc = other
        return super().handle_exception(exc)
