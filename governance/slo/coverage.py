"""Reads which ports an objective covers: its own, or its product's."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db.models import Q

from catalog.ports.models import CONFIRMED, READ, OutputPort


class CoverageKey(Protocol):
    """The keys of an objective that say what it covers; exactly one of the two is set."""

    @property
    def pk(self) -> int: ...
    @property
    def port_id(self) -> int | None: ...
    @property
    def product_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class CoveredPort:
    """A port as far as evaluation needs it; `interval` is 0 while no probe has been made."""

    port_id: int
    product_id: int
    last_probed_at: datetime | None
    interval: timedelta


def latest(ports: Iterable[CoveredPort]) -> datetime | None:
    """Return when the most recently measured of some ports was measured."""
    return max((port.last_probed_at for port in ports if port.last_probed_at), default=None)


def covered_ports(objectives: Iterable[CoverageKey]) -> Mapping[int, list[CoveredPort]]:
    """Return the ports of each objective, by the objective's key."""
    by_port: dict[int, list[int]] = defaultdict(list)
    by_product: dict[int, list[int]] = defaultdict(list)
    for objective in objectives:
        for key, objective_pks in (
            (objective.port_id, by_port),
            (objective.product_id, by_product),
        ):
            if key is not None:
                objective_pks[key].append(objective.pk)
    rows = OutputPort.objects.filter(Q(pk__in=by_port) | Q(product_id__in=by_product)).values_list(
        "pk", "product_id", "last_probed_at", "last_outcome", "probe_schedule__interval"
    )
    ports: dict[int, list[CoveredPort]] = defaultdict(list)
    for pk, product_id, last_probed_at, outcome, interval in rows:
        is_probed = last_probed_at is not None and outcome not in (CONFIRMED, READ)
        seconds = interval or 0 if is_probed else 0
        port = CoveredPort(pk, product_id, last_probed_at, timedelta(seconds=seconds))
        for objective_pk in (*by_port.get(pk, ()), *by_product.get(product_id, ())):
            ports[objective_pk].append(port)
    return ports
