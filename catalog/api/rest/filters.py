"""Query parameters of lists: only declared ones, each once."""

from typing import Any

from django.db.models import QuerySet
from django_filters import MultipleChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from catalog.api.rest.errors import InvalidParameters
from catalog.issues import did_you_mean, shortened


class NamedFilters(DjangoFilterBackend):
    """Filters by the view's filter set; rejects unknown and repeated parameters by name."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """Return the matching rows. Raises InvalidParameters."""
        filterset = self.get_filterset_class(view, queryset)
        filters = filterset.base_filters if filterset else {}
        known = [*filters, *getattr(view.paginator, "names", ())]
        repeatable = {
            name for name, filter_ in filters.items() if isinstance(filter_, MultipleChoiceFilter)
        }
        issues = {}
        for name, values in request.query_params.lists():
            if name not in known:
                hint = did_you_mean(name, known) or f"Known parameters: {', '.join(known)}."
                message = f"Unknown parameter {shortened(name)}. {hint}"
                issues[name] = [ErrorDetail(message, code="unknown")]
            elif len(values) > 1 and name not in repeatable:
                issues[name] = [ErrorDetail("Given more than once.", code="repeated")]
            elif not all(values):
                issues[name] = [ErrorDetail("Empty value.", code="blank")]
        if issues:
            raise InvalidParameters(issues)
        if not any(name in filters for name in request.query_params):
            return queryset  # a filter set builds a form of many fields even if it filters nothing
        try:
            return super().filter_queryset(request, queryset, view)
        except ValidationError as error:
            raise InvalidParameters(error.detail) from error
