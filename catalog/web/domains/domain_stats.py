"""What stands in each domain, sub-domains included, counted over what the reader may see."""

from __future__ import annotations

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
    def live(self) -> int:
        """Return how many products a consumer can use or read about."""
        return sum(n for status, n in self.statuses.items() if status != Status.DRAFT)

    @property
    def governed(self) -> int:
        """Return how many products keep, or should keep, objectives."""
        return sum(self.verdicts.values())

    @property
    def worst(self) -> str:
        """Return the worst verdict that stands; a breach is never averaged away."""
        return next((verdict.value for verdict in Verdict if self.verdicts[verdict.value]), "")

    @property
    def worst_count(self) -> int:
        """Return how many products have the worst verdict."""
        return self.verdicts[self.worst]

    @property
    def by_verdict(self) -> list[tuple[str, int]]:
        """Return the counts in the order met, at risk, breached, no data; zeros left out."""
        order = (Verdict.MET, Verdict.AT_RISK, Verdict.BREACHED, Verdict.NO_DATA)
        return [(v.value, self.verdicts[v.value]) for v in order if self.verdicts[v.value]]

    def as_json(self) -> dict[str, object]:
        """Return the counts for a program."""
        return {
            "products": self.live,
            "certified": self.certified,
            "statuses": dict(self.statuses),
            "slo": dict(self.verdicts),
        }


def tallies_for(
    reader: AccessContext, parents: dict[int, int | None] | None = None
) -> dict[int, DomainStats]:
    """Return a tally for each domain in which the reader sees something, by domain id."""
    parents = Domain.objects.parents() if parents is None else parents
    rows = (
        DataProduct.objects.visible_to(reader)
        .exclude(status=Status.RETIRED)
        .order_by()
        .values_list("domain_id", "status", "slo_verdict", "certification")
        .annotate(n=Count("pk"))
    )
    tallies: dict[int, DomainStats] = {}
    for domain_id, status, verdict, certification, n in rows:
        for above in ancestors_in(parents, domain_id):
            tally = tallies.setdefault(above, DomainStats())
            tally.statuses[status] += n
            if status in (Status.PUBLISHED, Status.DEPRECATED):
                tally.verdicts[verdict] += n
                tally.certified += n if certification in ("bronze", "silver", "gold") else 0
    return tallies
