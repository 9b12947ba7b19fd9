"""Publishes to the catalog whether the sources of products serve what their contracts say."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from catalog.audit.actors import SystemActor
from catalog.contracts.models import Server
from catalog.ports.models import OutputPort
from catalog.products.models import ContractState, DataProduct, Status
from catalog.products.services import set_contract_state
from governance.alerts.services import open_alert, resolve_alert
from governance.inspection.alert_kinds import CONTRACT_BROKEN
from governance.inspection.contract_state import PortObservation, decide_state
from governance.inspection.models import READABLE, Inspection

CONTRACT_COMPARISON = SystemActor("contract comparison")


def publish_contract_states(product_ids: Iterable[int]) -> None:
    """Write to each product the state of its contracts, as its sources were last seen.

    A contract that is broken has an alert until it is met again.
    """
    for product_id in product_ids:
        with transaction.atomic():
            decision = partial(_decide, product_id)
            set_contract_state(product_id=product_id, decide=decision, actor=CONTRACT_COMPARISON)
            _alert(product_id)


def _alert(product_id: int) -> None:
    products = DataProduct.objects.exclude(status=Status.DRAFT).select_related("domain")
    product = products.filter(pk=product_id).first()
    key, now = f"contract:{product_id}", timezone.now()
    if product is None or product.contract_state == ContractState.MET:
        resolve_alert(key=key, reason="The sources serve what the contracts say.", now=now)
    elif product.contract_state == ContractState.BROKEN:
        open_alert(
            key=key,
            kind=CONTRACT_BROKEN.key,
            subject=product,
            summary=f"A contract of {product} is broken: {_decide(product_id)[2]}",
            path=f"{product.path}/contract",
            now=now,
        )


def observations_of(product_id: int) -> list[PortObservation]:
    """Return what was last seen of each port of a product whose source can be read."""
    servers = Server.objects.filter(
        contract__port_contracts__port=OuterRef("pk"), type__in=READABLE
    )
    ports = OutputPort.objects.filter(Exists(servers), product=product_id).order_by("pk")
    inspections = (
        Inspection.objects.filter(port__in=ports)
        .defer("tables", "facts")
        .in_bulk(field_name="port_id")
    )
    return [_observation(port, inspections.get(port.pk)) for port in ports]


def _observation(port: OutputPort, inspection: Inspection | None) -> PortObservation:
    if inspection is None:
        return PortObservation(port=str(port))
    return PortObservation(
        port=str(port),
        observed_at=inspection.observed_at,
        is_compared=inspection.is_compared,
        drifts=inspection.drifts,
    )


def _decide(product_id: int) -> tuple[ContractState, datetime | None, str]:
    decision = decide_state(observations_of(product_id), now=timezone.now())
    return ContractState(decision.state), decision.observed_at, decision.reason
