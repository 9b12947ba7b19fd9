"""Counts of the products of each domain, subdomains included, as far as a reader may see them."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count

from catalog.authorization.access import AccessContext
from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain
from catalog.products.models import DataProduct, Status, Verdict


@dataclass
class DomainStats:
    """Counts of a domain's products; retired ones are not counted."""

    statuses: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    certified: int = 0

    @property
    def published(self) -> int:
        """Return how many products are no drafts."""
        return sum(count for status, count in self.statuses.items() if status != Status.DRAFT)

    @property
    def internal(self) -> int:
        """Return how many published products are under governance."""
        return sum(self.verdicts.values())

    @property
    def worst_verdict(self) -> str:
        """Return the worst verdict of any product; empty without products."""
        return next((verdict.value for verdict in Verdict if self.verdicts[verdict.value]), "")

    @property
    def worst_count(self) -> int:
        """Return how many products have the worst verdict."""
        return self.verdicts[self.worst_verdict]

    @property
    def by_verdict(self) -> list[tuple[str, int]]:
        """Return the counts in the order met, at risk, breached, no data, without zeros."""
        order = (Verdict.MET, Verdict.AT_RISK, Verdict.BREACHED, Verdict.NO_DATA)
        return [
            (verdict.value, self.verdicts[verdict.value])
            for verdict in order
            if self.verdicts[verdict.value]
        ]


def domain_stats(
    reader: AccessContext, parents: dict[int, int | None] | None = None
) -> dict[int, DomainStats]:
    """Return the stats of each domain in which the reader may see a product, by domain id."""
    parents = Domain.objects.parents() if parents is None else parents
    rows = (
        DataProduct.objects.visible_to(reader)
        .exclude(status=Status.RETIRED)
        .order_by()
        .values_list("domain_id", "status", "slo_verdict", "certification")
        .annotate(count=Count("pk"))
    )
    by_domain: dict[int, DomainStats] = {}
    for domain_id, status, verdict, certification, count in rows:
        for ancestor in ancestors_in(parents, domain_id):
            stats = by_domain.setdefault(ancestor, DomainStats())
            stats.statuses[status] += count
            if status in (Status.PUBLISHED, Status.DEPRECATED):
                stats.verdicts[verdict] += count
                stats.certified += count if certification in ("bronze", "silver", "gold") else 0
    return by_domain
