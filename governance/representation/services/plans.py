"""Saves and removes the plan of a port: a setting of its domain, which acts at once."""

from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from catalog.authorization.access import Writer, access_for
from catalog.contracts.models import contract_of
from catalog.exceptions import InvalidTransition, NotFound, ValidationFailed, require_valid
from catalog.issues import Issue
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.ports.services import published_port
from catalog.products.models import DataProduct
from catalog.products.services import lock_settings, record_setting
from catalog.provenance.services import set_measured_imbalances
from catalog.types import JSONObject, JSONValue
from governance.inspection.declarations import tables_of
from governance.inspection.models import READABLE, Inspection
from governance.inspection.services.values import schema_of, source_server
from governance.representation.models import RepresentationPlan, RepresentationSchedule
from governance.representation.plan import Plan
from governance.representation.plan_reader import read_plan
from governance.representation.references import is_open_to_all
from governance.representation.services.runs import latest_run

PORTS = OutputPort.objects.select_related("product__domain", "port_contract__contract")


@transaction.atomic
def save_plan(
    *, port: OutputPort, body: JSONValue, edition: int, actor: Writer, reason: str = ""
) -> RepresentationPlan:
    """Save how the groups of a port are measured, as JSON describes it; it is measured soon.

    `edition` is that of the product or of its working copy. Raises PermissionDenied, EditConflict,
    NotFound (the port was removed), InvalidTransition (it is not published yet), ValidationFailed.
    """
    row, copy = lock_settings(port.product, edition, actor, Permission.EDIT_PRODUCTS)
    port = _measured_port(port)
    plan = read_plan(body, source_tables(port))
    require_valid(list(_reference_issues(plan, port, actor)))
    current = RepresentationPlan.objects.filter(port=port).first()
    if current is not None and current.plan == plan:
        return current
    before = current.plan.as_body() if current else {}
    saved = current or RepresentationPlan(port=port, edition=0)
    saved.definition, saved.band = plan.as_json(), plan.band
    saved.has_measured_references = bool(plan.measured_references)
    saved.edition += 1
    saved.saved_by, saved.saved_at = actor if isinstance(actor, Person) else None, timezone.now()
    saved.save()
    _schedule(port, plan)
    after = {"port": str(port), "plan": plan.as_body()}
    verb = "changed representation plan" if before else "added representation plan"
    record_setting(row, copy, actor, verb, before=before, after=after, reason=reason)
    return saved


@transaction.atomic
def remove_plan(*, port: OutputPort, edition: int, actor: Writer, reason: str = "") -> DataProduct:
    """Stop measuring a port: its groups are no longer listed as measured, the history stays.

    Raises PermissionDenied, EditConflict, NotFound (it has no plan).
    """
    row, copy = lock_settings(port.product, edition, actor, Permission.EDIT_PRODUCTS)
    port = _measured_port(port)
    plan = RepresentationPlan.objects.filter(port=port).first()
    if plan is None:
        raise NotFound("The port has no representation plan.")
    before = {"port": str(port), "plan": plan.plan.as_body()}
    plan.delete()
    RepresentationSchedule.objects.filter(port=port).delete()
    set_measured_imbalances(port=port, rows=[])
    record_setting(row, copy, actor, "removed representation plan", before=before, reason=reason)
    return row


def source_tables(port: OutputPort) -> dict[str, list[str]]:
    """Return the columns of each table of a port: as declared, or else as last read."""
    contract = contract_of(port)
    declared = tables_of(schema_of(contract), source_server(contract)) if contract else {}
    if tables := {name: [column.key for column in declared[name]] for name in declared}:
        return tables
    inspection = Inspection.objects.filter(port=port).first()
    return {
        table.name: [column.name for column in table.columns]
        for table in (inspection.profile if inspection else ())
    }


def _measured_port(port: OutputPort) -> OutputPort:
    """Return the port to measure, read again under the lock of its product."""
    published = published_port(port)
    if published is None:
        message = f"The port {port} is not published yet."
        hint = "Publish the product first; then its data can be measured."
        raise InvalidTransition(message, location="port", hint=hint)
    current = PORTS.filter(pk=published.pk).first()
    if current is None:
        raise NotFound("This port was removed.")
    contract = contract_of(current)
    if contract is None or not contract.servers.filter(type__in=READABLE).exists():
        message = "The port has no file or database whose groups can be counted."
        hint = f"Its contract needs a server of type {', '.join(READABLE[:4])} or another database."
        raise ValidationFailed.of("port", message, hint)
    return current


def _schedule(port: OutputPort, plan: Plan) -> None:
    if (interval := plan.schedule.seconds) is None:
        RepresentationSchedule.objects.filter(port=port).delete()
        return
    due: JSONObject = {"interval": interval, "next_due_at": timezone.now(), "failures": 0}
    RepresentationSchedule.objects.update_or_create(port=port, defaults=due)


def _reference_issues(plan: Plan, port: OutputPort, actor: Writer) -> Iterator[Issue]:
    """Yield what is wrong with references to what is measured of other products.

    A port that the actor may not see is treated like one that does not exist.
    """
    readable = DataProduct.objects.visible_to(access_for(actor))
    for index, attribute in enumerate(plan.attributes):
        reference, at = attribute.reference, f"/attributes/{index}/reference"
        if reference is None or reference.is_entered:
            continue
        other = PORTS.filter(pk=reference.port or 0, product__in=readable).first()
        if other is None or other == port:
            hint = "Name the id of a port of another product, or enter the shares."
            yield Issue(location=f"{at}/port", message="There is no such port.", hint=hint)
        elif not is_open_to_all(other.product.reader_tokens, port.product.reader_tokens):
            message = f"Not everybody who may see this product may see {other.product.name}."
            hint = "Its shares would be shown to them: enter the shares of a reference they may see"
            yield Issue(location=f"{at}/port", message=message, hint=f"{hint}.")
        elif reference.attribute not in _measured_attributes(other):
            message = f"{reference.attribute!r} has not been measured there."
            known = ", ".join(_measured_attributes(other)) or "nothing yet"
            yield Issue(location=f"{at}/attribute", message=message, hint=f"Measured: {known}.")


def _measured_attributes(port: OutputPort) -> list[str]:
    run = latest_run(port)
    visible = run.visible_representation if run else None
    return [attribute.attribute for attribute in visible.attributes] if visible else []
