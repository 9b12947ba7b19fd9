"""What the address of a list may ask: only what it names, each once."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import MultipleChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from catalog.api.rest.requests import InvalidParameters
from catalog.issues import did_you_mean, shortened


class NamedFilters(DjangoFilterBackend):
    """Filters by the view's filter set; an unknown or repeated parameter is refused by name."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """Return the rows that pass. Raises InvalidParameters."""
        chosen = self.get_filterset_class(view, queryset)
        filters = chosen.base_filters if chosen else {}
        known = [*filters, *getattr(view.paginator, "names", ())]
        many = {name for name, held in filters.items() if isinstance(held, MultipleChoiceFilter)}
        issues = {}
        for name, values in request.query_params.lists():
            if name not in known:
                hint = did_you_mean(name, known) or f"Known are {', '.join(known)}."
                words = f"There is no parameter {shortened(name)} here. {hint}"
                issues[name] = [ErrorDetail(words, code="unknown")]
            elif len(values) > 1 and name not in many:
                issues[name] = [ErrorDetail("This parameter is given once.", code="repeated")]
            elif not all(values):
                issues[name] = [ErrorDetail("This parameter has no value.", code="blank")]
        if issues:
            raise InvalidParameters(issues)
        if not any(name in filters for name in request.query_params):
            return queryset  # a filter set makes a form of many fields, also to do nothing
        try:
            return super().filter_queryset(request, queryset, view)
        except ValidationError as error:
            raise InvalidParameters(error.detail) from error
