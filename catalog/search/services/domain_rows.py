"""The domains that hits lead to, as they stand, and what somebody sees in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count

from catalog.authorization.access import AccessContext
from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain
from catalog.products.models import DataProduct


class DomainRow(NamedTuple):
    """What a result says of a domain; the owner is its team, if it has one."""

    pk: int
    uuid: UUID
    slug: str
    name: str
    mission: str
    is_external: bool
    parent_slug: str | None
    parent_name: str | None
    owner_slug: str | None
    owner_name: str | None


_WAYS = {
    "parent_slug": "parent__slug",
    "parent_name": "parent__name",
    "owner_slug": "owner_team__slug",
    "owner_name": "owner_team__name",
}
_COLUMNS = tuple(_WAYS.get(name, name) for name in DomainRow._fields)


def domains_shown(reader: AccessContext, ids: Sequence[str]) -> dict[str, DomainRow]:
    """Return by id those of the domains that are there; everybody may know of all."""
    rows = Domain.objects.filter(uuid__in=ids).order_by().values_list(*_COLUMNS)
    domains = [DomainRow(*row) for row in rows] if ids else []
    return {str(domain.uuid): domain for domain in domains}


def products_below(reader: AccessContext, domains: Collection[int]) -> Counter[int]:
    """Return by domain how many live products the reader sees in it and in its parts."""
    parents = Domain.objects.parents()
    above = {pk: [at for at in ancestors_in(parents, pk) if at in domains] for pk in parents}
    within = [pk for pk, places in above.items() if places]
    rows = (
        DataProduct.objects.visible_to(reader)
        .live()
        .filter(domain__in=within)
        .order_by()
        .values_list("domain_id")
        .annotate(Count("pk"))
    )
    counts: Counter[int] = Counter()
    for domain, count in rows:
        for place in above[domain]:
            counts[place] += count
    return counts
