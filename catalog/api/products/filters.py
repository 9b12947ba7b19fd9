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
from catalog.provenance.representation import BiasState
from catalog.provenance.summaries import in_bias_states, with_imbalance

LISTED_STATES = (BiasState.MEASURED, BiasState.DECLARED)


class ProductFilters(FilterSet):
    """By domain, status, tag, visibility, SLO, contract and bias, in a stated order."""

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
    bias = MultipleChoiceFilter(
        choices=[(state.value, state.value) for state in LISTED_STATES],
        method="filter_bias",
        help_text="How the groups in the data are known; any of the values.",
    )
    imbalance = CharFilter(
        method="filter_imbalance", max_length=60, help_text="An attribute, such as sex."
    )
    tag = CharFilter(method="filter_tag", max_length=120)
    sort = OrderingFilter(fields=["name", ("updated_at", "updated")])

    def filter_domain(
        self, products: DataProductQuerySet, name: str, domain: Domain
    ) -> QuerySet[DataProduct]:
        return products.in_domains(domains_within(Domain.objects.parents(), domain.pk))

    def filter_bias(
        self, products: DataProductQuerySet, name: str, states: list[str]
    ) -> QuerySet[DataProduct]:
        return products.filter(in_bias_states(states)) if states else products

    def filter_imbalance(
        self, products: DataProductQuerySet, name: str, attribute: str
    ) -> QuerySet[DataProduct]:
        return products.filter(with_imbalance(attribute))

    def filter_tag(
        self, products: DataProductQuerySet, name: str, tag: str
    ) -> QuerySet[DataProduct]:
        return products.tagged(tag)
