"""Reads which products meet the standards that apply in a domain, and which miss them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from catalog.authorization.access import AccessContext
from catalog.authorization.tree import ancestors_in, domains_within
from catalog.domains.models import Domain
from catalog.products.models import DataProduct
from governance.slo.declaration import DeclaredObjective, parse_objective
from governance.slo.evaluation import Verdict
from governance.slo.models import Objective, ObjectiveStandard
from governance.slo.standards import is_as_strict


@dataclass(frozen=True, kw_only=True)
class ProductResult:
    """The objective by which a product meets or misses a standard; its own may be stricter."""

    product: DataProduct
    objective: Objective

    @property
    def is_own(self) -> bool:
        return self.objective.origin_id is None

    @property
    def verdict(self) -> Verdict:
        status = getattr(self.objective, "status", None)
        return Verdict(status.verdict) if status else Verdict.NO_DATA

    @property
    def value(self) -> float | None:
        status = getattr(self.objective, "status", None)
        return status.value if status else None


@dataclass(frozen=True, kw_only=True)
class StandardResult:
    """A standard, and the products of a domain that it applies to, the worst first."""

    standard: ObjectiveStandard
    declared: DeclaredObjective
    products: Sequence[ProductResult]

    @cached_property
    def counts(self) -> Sequence[tuple[Verdict, int]]:
        """Return how many products have each verdict, the worst first."""
        counts = Counter(row.verdict for row in self.products)
        return [(verdict, counts[verdict]) for verdict in Verdict if counts[verdict]]

    @property
    def missing(self) -> Sequence[ProductResult]:
        """Return the products that miss the standard."""
        return [row for row in self.products if row.verdict == Verdict.BREACHED]


def standard_results(domain: Domain, reader: AccessContext) -> list[StandardResult]:
    """Return the standards of a domain and of those above it, the nearest domain first, with the
    products of the domain and its subdomains that the reader may see."""
    parents = Domain.objects.parents()
    above = ancestors_in(parents, domain.pk)
    rows = ObjectiveStandard.objects.filter(domain_id__in=above).select_related("domain")
    standards = sorted(rows, key=lambda row: (above.index(row.domain_id), row.position, row.pk))
    if not standards:
        return []
    inside = domains_within(parents, domain.pk)
    visible = DataProduct.objects.visible_to(reader).live().in_domains(inside)
    products = visible.select_related("domain").only("uuid", "name", "slug", "domain__slug")
    by_id = {product.pk: product for product in products.order_by("name", "pk")}
    objectives: dict[int, list[Objective]] = defaultdict(list)
    for objective in Objective.objects.of_products(by_id):
        pk = objective.port.product_id if objective.port else objective.product_id
        objectives[pk or 0].append(objective)
    results = []
    for standard in standards:
        if declared := parse_objective(standard.declared, "", []):
            rated = _products(standard, declared, by_id, objectives)
            results.append(StandardResult(standard=standard, declared=declared, products=rated))
    return results


def _products(
    standard: ObjectiveStandard,
    declared: DeclaredObjective,
    products: Mapping[int, DataProduct],
    objectives: Mapping[int, Sequence[Objective]],
) -> list[ProductResult]:
    rows = []
    for pk, product in products.items():
        of_standard = [row for row in objectives[pk] if row.origin_id == standard.pk]
        as_strict = (row for row in objectives[pk] if is_as_strict(row.spec, declared.spec))
        if objective := next(iter(of_standard), None) or next(as_strict, None):
            rows.append(ProductResult(product=product, objective=objective))
    order = list(Verdict)
    return sorted(rows, key=lambda row: order.index(row.verdict))
