"""Compares sources that were read with the contracts that came since."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from catalog.contracts.models import contract_of
from catalog.products.models import ContractState, DataProduct
from governance.inspection.models import Inspection
from governance.inspection.schema_drift import find_drift
from governance.inspection.services.contract_states import publish_contract_states
from governance.inspection.services.inspecting import declared_tables

DIGEST = "port__port_contract__contract__digest"


def compare_products(ids: Sequence[UUID]) -> None:
    """Compare again what changed products promise, and publish the outcome."""
    _compare_outdated(Inspection.objects.filter(port__product__uuid__in=ids))
    is_known = Q(contract_state__in=(ContractState.BROKEN, ContractState.MET))
    is_read = Exists(Inspection.objects.filter(port__product=OuterRef("pk")))
    products = DataProduct.objects.filter(is_known | is_read, uuid__in=ids)
    publish_contract_states(list(products.values_list("pk", flat=True)))


def compare_changed() -> int:
    """Compare again where the hint of a commit was lost; return how many products."""
    product_ids = _compare_outdated(Inspection.objects.all())
    publish_contract_states(sorted(product_ids))
    return len(product_ids)


def _compare_outdated(inspections: QuerySet[Inspection]) -> set[int]:
    """Compare stored tables with the contracts that ports serve now; return the products."""
    outdated = inspections.exclude(observed_at=None).exclude(compared_digest=F(DIGEST))
    outdated = outdated.exclude(compared_digest="", port__port_contract=None)
    related = ("port__product", "port__port_contract__contract")
    product_ids = set()
    for inspection in outdated.select_related(*related).order_by("pk").iterator(chunk_size=20):
        contract = contract_of(inspection.port)
        declared = declared_tables(contract) if contract else {}
        drifts = [asdict(drift) for drift in find_drift(declared, inspection.profile)]
        # A source that was read meanwhile was compared then.
        current = Inspection.objects.filter(pk=inspection.pk, observed_at=inspection.observed_at)
        current.update(
            drifts=drifts,
            is_compared=bool(declared),
            compared_digest=contract.digest if contract else "",
        )
        product_ids.add(inspection.port.product_id)
    return product_ids
