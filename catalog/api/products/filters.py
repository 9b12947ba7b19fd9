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

from catalog.authorization.tree import domains_within
from catalog.domains.models import Domain
from catalog.products.models import (
    ContractState,
    DataProduct,
    DataProductQuerySet,
    Status,
    Verdict,
    Visibility,
)


class ProductFilters(FilterSet):
    """By domain, status, tag, visibility, SLO and contract, in a stated order."""

    domain = ModelChoiceFilter(
        queryset=Domain.objects.all(),
        to_field_name="slug",
        method="filter_domain",
        help_text="The domain and its subdomains.",
    )
    status = MultipleChoiceFilter(choices=Status.choices)
    visibility = ChoiceFilter(choices=Visibility.choices)
    slo = ChoiceFilter(choices=Verdict.choices, field_name="slo_verdict")
    contract = ChoiceFilter(choices=ContractState.choices, field_name="contract_state")
    tag = CharFilter(method="filter_tag", max_length=120)
    sort = OrderingFilter(fields=["name", ("updated_at", "updated")])

    def filter_domain(
        self, products: DataProductQuerySet, name: str, domain: Domain
    ) -> QuerySet[DataProduct]:
        return products.in_domains(domains_within(Domain.objects.parents(), domain.pk))

    def filter_tag(
        self, products: DataProductQuerySet, name: str, tag: str
    ) -> QuerySet[DataProduct]:
        return products.tagged(tag)
