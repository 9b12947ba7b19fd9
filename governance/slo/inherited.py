"""Reads the standards of domains, and which objectives a product has by them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet

from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain
from catalog.products.models import DataProduct, Status
from governance.slo.declaration import DeclaredObjective, parse_objective
from governance.slo.models import ObjectiveStandard
from governance.slo.standards import AppliedObjective, applied_objectives

LIVE_STATUSES = (Status.PUBLISHED, Status.DEPRECATED)
Standards = Sequence[tuple[int, DeclaredObjective]]


@dataclass(frozen=True)
class StandardsReader:
    """The standards of all domains, by domain id, and the tree of domains."""

    by_domain: Mapping[int, Standards]
    parents: Mapping[int, int | None]

    @classmethod
    def load(cls, rows: QuerySet[ObjectiveStandard] | None = None) -> StandardsReader:
        """Return all standards, or only these."""
        by_domain: dict[int, list[tuple[int, DeclaredObjective]]] = {}
        for row in ObjectiveStandard.objects.all() if rows is None else rows:
            if parsed := parse_objective(row.declared, "", []):
                by_domain.setdefault(row.domain_id, []).append((row.pk, parsed))
        return cls(by_domain, Domain.objects.parents() if by_domain else {})

    @cached_property
    def covered_domains(self) -> Collection[int]:
        """Return the domains that have a standard of their own or of a domain above them."""
        return [pk for pk in self.parents if self.standards_for(pk)]

    def standards_for(self, domain_id: int) -> Standards:
        """Return the standards of a domain and those above it, the nearest first."""
        domains = ancestors_in(self.parents, domain_id)
        return [standard for pk in domains for standard in self.by_domain.get(pk, ())]

    def applied_to(
        self, product: DataProduct, own: Sequence[DeclaredObjective], ports: Collection[str]
    ) -> list[AppliedObjective]:
        """Return the objectives of a product; standards apply from its publication on."""
        standards = self.standards_for(product.domain_id) if is_live(product) else ()
        return applied_objectives(own, standards, ports=ports)


def is_live(product: DataProduct) -> bool:
    return product.status in LIVE_STATUSES
