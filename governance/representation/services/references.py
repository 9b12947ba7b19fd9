"""What a reader sees of a measurement, and of other products that it is compared with.

What is measured of another product is a reference as long as all readers of both may see it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from catalog.authorization.access import AccessContext
from catalog.authorization.values import may_see_data
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.provenance.services import clear_measured_references
from governance.representation.models import RepresentationPlan, RepresentationRun
from governance.representation.plan import Plan, Reference
from governance.representation.references import is_open_to_all
from governance.representation.results import Verdict
from governance.representation.services.runs import latest_run
from governance.representation.visible import VisibleAttribute, VisibleRepresentation, exact_view

HIDDEN_REFERENCE = "another product"


class ReferenceLost(Exception):
    """The reference of an attribute cannot be read any more."""

    def __init__(self, attribute: str) -> None:
        super().__init__(
            f"What {attribute} is compared with cannot be read any more: the measurement of the"
            " other product is gone, or not everybody who sees this product may see it."
        )


def entered_references(plan: Plan, port: OutputPort) -> dict[str, Reference]:
    """Return the shares that each attribute is compared with, those of other ports as of now.

    Raises ReferenceLost.
    """
    references = {item.name: item.reference for item in plan.attributes if item.reference}
    return {
        name: reference if reference.is_entered else _measured(name, reference, port)
        for name, reference in references.items()
    }


def _measured(name: str, reference: Reference, port: OutputPort) -> Reference:
    other = _open_ports(port, [reference]).get(reference.port)
    run = latest_run(other) if other else None
    visible = run.visible_representation if run else None
    attributes = visible.attributes if visible else ()
    match = next((item for item in attributes if item.attribute == reference.attribute), None)
    if other is None or visible is None or match is None:
        raise ReferenceLost(name)
    shares = {
        group.group: group.share
        for group in match.groups
        if group.share is not None and not group.is_rest
    }
    return Reference(
        name=f"{reference.attribute} in {other.product.name}",
        date=visible.measured_on,
        shares=shares,
    )


def _open_ports(port: OutputPort, references: Sequence[Reference]) -> dict[int | None, OutputPort]:
    """Return the ports of references whose product every reader of a port's product may see."""
    rows = OutputPort.objects.filter(pk__in=[item.port for item in references if item.port])
    own = port.product.reader_tokens
    return {
        other.pk: other
        for other in rows.select_related("product__domain")
        if is_open_to_all(other.product.reader_tokens, own)
    }


def visible_result(run: RepresentationRun, access: AccessContext) -> VisibleRepresentation | None:
    """Return what a reader sees of a good measurement; None if nothing can be shown to them.

    Who may see the data sees every count. `run.port.product` is the product.
    """
    if not run.is_ok:
        return None
    if may_see_data(access, run.port.product.domain_id):
        view: VisibleRepresentation | None = exact_view(run.representation)
    else:
        view = run.visible_representation
    return without_hidden_references(run, view, access) if view else None


def without_hidden_references(
    run: RepresentationRun, view: VisibleRepresentation, access: AccessContext
) -> VisibleRepresentation:
    """Return a measurement without the references to products that the reader may not see."""
    references = run.plan.measured_references
    if not references:
        return view
    readable = DataProduct.objects.visible_to(access)
    ports = OutputPort.objects.filter(
        pk__in=[item.port for item in references.values()], product__in=readable
    )
    visible = set(ports.values_list("pk", flat=True))
    closed = {name for name, item in references.items() if item.port not in visible}
    if not closed:
        return view
    return replace(
        view,
        attributes=tuple(
            _without_reference(item) if item.attribute in closed else item
            for item in view.attributes
        ),
        pairs=tuple(
            _without_reference(item) if {item.first, item.second} & closed else item
            for item in view.pairs
        ),
    )


def _without_reference(attribute: VisibleAttribute) -> VisibleAttribute:
    groups = (
        replace(group, reference_share=None, gap=None, disparity_ratio=None)
        for group in attribute.groups
        if not group.is_rest
    )
    return replace(
        attribute,
        groups=tuple(groups),
        reference_name=HIDDEN_REFERENCE,
        reference_date="",
        verdict=Verdict.INSUFFICIENT_EVIDENCE,
        sentence="It is compared with another product, which you cannot see.",
    )


def forget_references_of(ids: Sequence[UUID]) -> None:
    """Clear references of or to products that changed, if not all readers may see them now."""
    forget_hidden_references(_ports_of(ids))


def forget_hidden_references(changed: Collection[int] | None = None) -> int:
    """Clear references in what readers see that not all of them may see now; return how many.

    `changed` are ports; without them all plans are looked at.
    """
    plans = RepresentationPlan.objects.filter(has_measured_references=True)
    plans = plans.select_related("port__product__domain")
    concerned = (
        plan for plan in plans if changed is None or not _concerned(plan).isdisjoint(changed)
    )
    return sum(map(_forget, concerned))


def _ports_of(ids: Sequence[UUID]) -> set[int]:
    ports = OutputPort.objects.filter(product__uuid__in=ids)
    return set(ports.values_list("pk", flat=True))


def _concerned(plan: RepresentationPlan) -> set[int]:
    references: Mapping[str, Reference] = plan.plan.measured_references
    return {plan.port_id} | {item.port for item in references.values() if item.port}


def _forget(plan: RepresentationPlan) -> int:
    references = plan.plan.measured_references
    open_ports = _open_ports(plan.port, list(references.values()))
    lost = [name for name, item in references.items() if item.port not in open_ports]
    if not lost:
        return 0
    return clear_measured_references(port=plan.port, attributes=lost)
