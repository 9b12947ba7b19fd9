"""The filters of the list of products."""

from django.db.models import QuerySet
from django_filters import (
    CharFilter,
    ChoiceFilter,
    FilterSet,
    ModelChoiceFilter,
    MultipleChoiceFilter,
    OrderingFilter,
)

from catalog.domains.models import Domain
from catalog.products.models import DataProduct, DataProductQuerySet, Status, Verdict, Visibility


class ProductFilters(FilterSet):
    """By domain, status, tag, visibility and verdict, in a stated order."""

    domain = ModelChoiceFilter(queryset=Domain.objects.all(), to_field_name="slug")
    status = MultipleChoiceFilter(choices=Status.choices)
    visibility = ChoiceFilter(choices=Visibility.choices)
    slo = ChoiceFilter(choices=Verdict.choices, field_name="slo_verdict")
    tag = CharFilter(method="filter_tag", max_length=120)
    sort = OrderingFilter(fields=["name", ("updated_at", "updated")])

    def filter_tag(
        self, products: DataProductQuerySet, name: str, tag: str
    ) -> QuerySet[DataProduct]:
        return products.tagged(tag)
