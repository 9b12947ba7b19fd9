"""Says which rules apply where."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain
from catalog.products.models import DataProduct
from catalog.types import JSONObject
from governance.alerts.kinds import Severity, kind_of
from governance.alerts.models import AlertRule


@dataclass(frozen=True, kw_only=True)
class EffectiveRule:
    """A rule as it applies to one subject; `row` is None for a standard rule."""

    kind: str
    severity: Severity
    parameters: JSONObject
    row: AlertRule | None = None


def rules_for(kind: str, subject: DataProduct | Domain | None) -> list[EffectiveRule]:
    """Return the rules of a kind for a subject: those of the nearest place that has some.

    Rules that are off are left out, and keep those of wider places from applying.
    """
    product = subject.published_row if isinstance(subject, DataProduct) else None
    domain_id = product.domain_id if product else subject.pk if subject else None
    domains = [] if domain_id is None else ancestors_in(Domain.objects.parents(), domain_id)
    rows = AlertRule.objects.filter(kind=kind).select_related("product__domain", "domain")
    is_above = Q(domain__in=domains) | Q(product__isnull=True, domain__isnull=True)
    candidates = list(rows.filter(is_above | Q(product=product) if product else is_above))
    rank: Mapping[int | None, int] = {None: len(domains)} | {
        pk: index for index, pk in enumerate(domains)
    }
    if not candidates:
        return [
            EffectiveRule(kind=kind, severity=rule.severity, parameters=rule.parameters)
            for rule in kind_of(kind).standard_rules
        ]

    def distance(row: AlertRule) -> int:
        return -1 if row.product_id else rank[row.domain_id]

    nearest = min(map(distance, candidates))
    return [
        EffectiveRule(
            kind=kind, severity=Severity(row.severity), parameters=row.parameters, row=row
        )
        for row in candidates
        if distance(row) == nearest and row.is_enabled
    ]
