"""Reads which ports an objective is about: its own, its product's, or its domain's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db.models import Q

from catalog.ports.models import OutputPort


class Subject(Protocol):
    """An objective, as far as it says what it is about."""

    @property
    def pk(self) -> int: ...
    @property
    def port_id(self) -> int | None: ...
    @property
    def product_id(self) -> int | None: ...
    @property
    def domain_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class CoveredPort:
    """A port as the judge needs it."""

    port_id: int
    product_id: int
    last_probed_at: datetime | None
    interval: timedelta


Index = defaultdict[int, list[int]]


def newest(ports: Iterable[CoveredPort]) -> datetime | None:
    """Return when the last of some ports was measured."""
    return max((port.last_probed_at for port in ports if port.last_probed_at), default=None)


def covered_ports(subjects: Iterable[Subject]) -> Mapping[int, list[CoveredPort]]:
    """Return, for each objective by its key, the ports it is about."""
    by_port, by_product, by_domain = _by_subject(subjects)
    rows = OutputPort.objects.filter(
        Q(pk__in=by_port) | Q(product_id__in=by_product) | Q(product__domain_id__in=by_domain)
    ).values_list(
        "pk", "product_id", "product__domain_id", "last_probed_at", "probe_schedule__interval"
    )
    found: dict[int, list[CoveredPort]] = defaultdict(list)
    for pk, product_id, domain_id, last_probed_at, interval in rows:
        watched = CoveredPort(pk, product_id, last_probed_at, timedelta(seconds=interval or 0))
        for index, key in ((by_port, pk), (by_product, product_id), (by_domain, domain_id)):
            for objective_pk in index.get(key, ()):
                found[objective_pk].append(watched)
    return found


def _by_subject(subjects: Iterable[Subject]) -> tuple[Index, Index, Index]:
    by_port, by_product, by_domain = Index(list), Index(list), Index(list)
    for each in subjects:
        for key, index in (
            (each.port_id, by_port),
            (each.product_id, by_product),
            (each.domain_id, by_domain),
        ):
            if key is not None:
                index[key].append(each.pk)
    return by_port, by_product, by_domain
