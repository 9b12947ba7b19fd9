"""Counts of the products of each domain, subdomains included, as far as a reader may see them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Count

from catalog.authorization.access import AccessContext
from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain
from catalog.products.models import DataProduct, Status, Verdict


@dataclass
class DomainStats:
    """Counts of a domain's products; retired ones are not counted, as no search finds them.

    `verdicts` counts the products in use: published and deprecated ones.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    certified: int = 0

    @property
    def total(self) -> int:
        """Return how many products a search in the domain finds."""
        return self.statuses.total()

    @property
    def drafts(self) -> int:
        return self.statuses[Status.DRAFT]

    @property
    def in_use(self) -> int:
        return self.verdicts.total()

    @property
    def measured(self) -> int:
        """Return how many products in use have a verdict: an objective, and enough evidence."""
        return self.in_use - self.verdicts[Verdict.NO_DATA] - self.verdicts[Verdict.COLLECTING]

    @property
    def by_verdict(self) -> list[tuple[str, int]]:
        """Return the counts from met to no data, without zeros."""
        order = (
            Verdict.MET,
            Verdict.AT_RISK,
            Verdict.BREACHED,
            Verdict.COLLECTING,
            Verdict.NO_DATA,
        )
        return [
            (verdict.value, self.verdicts[verdict.value])
            for verdict in order
            if self.verdicts[verdict.value]
        ]

    @property
    def headline(self) -> tuple[str, int]:
        """Return the verdict that a card shows, and its count: breaches first, then what is met."""
        order = (
            Verdict.BREACHED,
            Verdict.AT_RISK,
            Verdict.MET,
            Verdict.COLLECTING,
            Verdict.NO_DATA,
        )
        verdict = next((verdict.value for verdict in order if self.verdicts[verdict.value]), "")
        return verdict, self.verdicts[verdict]

    def add(self, other: "DomainStats") -> None:
        self.statuses += other.statuses
        self.verdicts += other.verdicts
        self.certified += other.certified


def domain_stats(
    reader: AccessContext, parents: Mapping[int, int | None] | None = None
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
        row = DomainStats(statuses=Counter({status: count}))
        if status in (Status.PUBLISHED, Status.DEPRECATED):
            row.verdicts[verdict] = count
            row.certified = count if certification in ("bronze", "silver", "gold") else 0
        for ancestor in ancestors_in(parents, domain_id):
            by_domain.setdefault(ancestor, DomainStats()).add(row)
    return by_domain


def product_counts(
    reader: AccessContext, parents: Mapping[int, int | None] | None = None
) -> dict[int, int]:
    """Return how many products a search in each domain finds, by domain id."""
    return {pk: stats.total for pk, stats in domain_stats(reader, parents).items()}
