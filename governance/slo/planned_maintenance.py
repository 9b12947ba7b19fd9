"""Reads when ports are in planned maintenance: their product's, their domain's or one above it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain
from catalog.ports.models import OutputPort
from governance.slo.models import MaintenanceWindow


class Downtime(NamedTuple):
    """A period of planned maintenance: `start` is part of it, `end` is not."""

    start: datetime
    end: datetime


def planned_downtimes(
    port_ids: Collection[int], start: datetime, end: datetime
) -> Mapping[int, Sequence[Downtime]]:
    """Return the planned maintenance of ports within [start, end), by port.

    The periods of a port are in order, cut to the given limits, and do not overlap. Ports without
    maintenance are missing.
    """
    windows = list(MaintenanceWindow.objects.overlapping(start, end))
    if not windows:
        return {}
    product_ids = {window.product_id for window in windows if window.product_id}
    has_domains = any(window.domain_id for window in windows)
    parents = Domain.objects.parents() if has_domains else {}
    ports = OutputPort.objects.filter(pk__in=port_ids)
    if not has_domains:
        ports = ports.filter(
            Q(product_id__in=product_ids) | Q(product__working_copy_of_id__in=product_ids)
        )
    downtimes = {}
    columns = ("pk", "product_id", "product__working_copy_of_id", "product__domain_id")
    for port_id, product_id, published_id, domain_id in ports.values_list(*columns):
        domains = ancestors_in(parents, domain_id)
        covering = [
            Downtime(max(start, window.starts_at), min(end, window.ends_at))
            for window in windows
            if window.domain_id in domains
            or (window.product_id and window.product_id in (product_id, published_id))
        ]
        if covering:
            downtimes[port_id] = merge_downtimes(covering)
    return downtimes


def merge_downtimes(downtimes: Iterable[Downtime]) -> Sequence[Downtime]:
    """Return the periods in order, with those that touch or overlap joined."""
    merged: list[Downtime] = []
    for downtime in sorted(downtimes):
        if merged and downtime.start <= merged[-1].end:
            last = merged.pop()
            downtime = Downtime(last.start, max(last.end, downtime.end))
        merged.append(downtime)
    return merged


def is_in_maintenance(moment: datetime, downtimes: Iterable[Downtime]) -> bool:
    return any(start <= moment < end for start, end in downtimes)


def time_in_maintenance(downtimes: Iterable[Downtime], start: datetime, end: datetime) -> timedelta:
    """Return how much of [start, end) is maintenance; the periods may not overlap."""
    parts = (min(end, downtime.end) - max(start, downtime.start) for downtime in downtimes)
    return sum((part for part in parts if part > timedelta(0)), timedelta(0))
