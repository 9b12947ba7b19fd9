"""What the views of all resources share: rows by their URL, pages, ETags and edit conflicts."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from catalog.api.rest.errors import ConflictWithState
from catalog.api.rest.etags import parse_if_match, with_etag
from catalog.authorization.access import AccessContext, access_for, require_permission
from catalog.domains.models import Domain
from catalog.exceptions import CatalogError, EditConflict
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.types import JSONObject

Row = TypeVar("Row", bound=Model)
Row_co = TypeVar("Row_co", bound=Model, covariant=True)


class ModelAnswer(serializers.ModelSerializer[Row]):
    """A row as JSON, which is only read."""

    def get_extra_kwargs(self) -> JSONObject:
        return {name: {"read_only": True} for name in self.Meta.fields}


class ResourceViewSet(GenericViewSet[Row_co]):
    """Rows of `queryset`, of which `get_queryset` returns those that the caller may see."""

    queryset: QuerySet[Any]
    serializer_class: type[serializers.BaseSerializer[Any]]

    @cached_property
    def reader(self) -> AccessContext:
        """Return the caller's access, loaded once per request."""
        return access_for(self.request.user)

    def get_object(self) -> Row_co:
        """Return the row of the URL; the query does not filter it. Raises Http404."""
        field = self.lookup_field
        return get_object_or_404(self.get_queryset(), **{field: self.kwargs[field]})

    def domain_of(self, row: Any) -> Domain | None:
        """Return the domain whose roles allow editing a row; None for the mesh."""
        domain: Domain | None = row.domain
        return domain

    def to_edit(self, permission: Permission) -> tuple[Row_co, int]:
        """Return the row and the edition in If-Match, before the body is read.

        Raises Http404, PermissionDenied, PreconditionRequired.
        """
        row = self.get_object()
        require_permission(self.reader, permission, self.domain_of(row))
        return row, parse_if_match(self.request)

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

    def conflicting_row(self) -> Row_co:
        """Return the current row of which an edit conflict shows the state."""
        return self.get_object()

    def handle_exception(self, exc: Exception) -> Response:
        """Add the current state to an edit conflict.

        If the row has been deleted or hidden from the caller meanwhile, that is the error.
        """
        if isinstance(exc, EditConflict):
            try:
                exc = ConflictWithState(exc, self.state(self.conflicting_row()))
            except (Http404, CatalogError) as other:
                exc = other
        return super().handle_exception(exc)


class OfVisibleProducts(ResourceViewSet[Row_co]):
    """Rows of the products that the caller may see, to which `product_path` leads."""

    product_path = "product_id"

    def get_queryset(self) -> QuerySet[Row_co]:
        visible = DataProduct.objects.visible_to(self.reader)
        return self.queryset.filter(visible.has(self.product_path))

    def get_object(self) -> Row_co:
        """Return the row of the URL; those who see drafts also find rows of working copies."""
        with suppress(Http404):
            return super().get_object()
        copies = DataProduct.including_working_copies.filter(
            working_copy_of__isnull=False,
            domain__in=self.reader.domains_with(Permission.VIEW_DRAFTS),
        )
        rows = self.queryset.filter(**{f"{self.product_path}__in": copies.values("pk")})
        row: Row_co = get_object_or_404(rows, **{self.lookup_field: self.kwargs[self.lookup_field]})
        return row

    def edition_of(self, row: Any) -> int:
        edition: int = row.product.edition
        return edition

    def domain_of(self, row: Any) -> Domain | None:
        domain: Domain = row.product.domain
        return domain
