"""Turns breaking changes into ports of the next major version, with a notice period."""

from django.db import transaction

from catalog.authorization.access import Writer
from catalog.contracts.models import DataContract, contract_of, contracts_of
from catalog.contracts.services import delete_contract, is_frozen, save_contract
from catalog.exceptions import InvalidTransition
from catalog.ports.models import OutputPort
from catalog.ports.projection import PortKey, major_of, port_key
from catalog.products.changes import ChangeClass, objects_of
from catalog.products.models import DataProduct
from catalog.products.projection import custom, with_custom
from catalog.products.services import replace_document
from catalog.publication.changes import BreakKind, PortBreak, pair_ports
from catalog.publication.contents import notice_until
from catalog.publication.releases import plan_release
from catalog.publication.versions import next_version
from catalog.types import JSONObject


@transaction.atomic
def give_notice(*, product: DataProduct, edition: int, actor: Writer) -> DataProduct:
    """Keep each port that a working copy would break, until the notice period is over.

    What breaks is served by a port of the next major version, under a contract of that version; the
    former port has the day on which it ends. Return the working copy. Raises
    PermissionDenied, EditConflict, InvalidTransition (nothing breaks).
    """
    plan = plan_release(product)
    if plan.last is None or not plan.release.breaks:
        raise InvalidTransition("No port breaks for its consumers.", location="outputPorts")
    before = {port_key(entry): entry for entry in objects_of(plan.last.tree.get("outputPorts"))}
    entries = objects_of(product.tree.get("outputPorts"))
    after = {port_key(entry): entry for entry in entries}
    now_as = dict(pair_ports(before, after))
    drafts: list[tuple[DataContract, str]] = []
    for port in plan.release.breaks:
        key = (port.name, port.version)
        former, current_key = _ending(before[key]), now_as.get(key)
        if port.kind is BreakKind.CHANGED and current_key is not None:
            entry, draft = _next_major(product, port, current_key, after)
            entries[entries.index(after[current_key])] = entry
            drafts += [draft] if draft else []
        if current_key is not None and port.kind is BreakKind.ENDS_EARLY:
            place = entries.index(after[current_key])
            entries[place] = _ending(entries[place])
        else:
            entries.insert(0, former)
    for contract, version in drafts:
        tree = contract.tree | {"version": version}
        _, product = save_contract(product=product, tree=tree, edition=edition, actor=actor)
        edition = product.edition
    tree = product.tree | {"outputPorts": entries}
    product = replace_document(product=product, tree=tree, edition=edition, actor=actor)
    for contract, _version in drafts:
        product = _delete_draft(product, contract, actor)
    return product


def _ending(entry: JSONObject) -> JSONObject:
    """Return the entry of a port as one that is replaced, with the day on which it ends.

    A later day that was announced stays.
    """
    announced = str(custom(entry, "assayEndsOn") or "")
    return with_custom(entry, "assayEndsOn", max(announced, notice_until().isoformat()))


def _next_major(
    product: DataProduct, port: PortBreak, key: PortKey, ports: dict[PortKey, JSONObject]
) -> tuple[JSONObject, tuple[DataContract, str] | None]:
    """Return the entry of the next major of a port, and its contract with its new version.

    A contract of the published product is kept as it is.
    """
    version = next_version(port.version, ChangeClass.BREAKING)
    while (port.name, version) in ports:
        version = next_version(version, ChangeClass.BREAKING)
    entry = ports[key] | {"version": version}
    row = OutputPort.objects.filter(product=product, name=key[0], version=key[1]).first()
    contract = contract_of(row) if row else None
    if contract is None or is_frozen(contract):
        return entry, None
    is_of_major = major_of(contract.version) == major_of(version)
    return entry, None if is_of_major else (contract, f"{major_of(version)}.0.0")


def _delete_draft(product: DataProduct, draft: DataContract, actor: Writer) -> DataProduct:
    """Delete the contract version whose content has the version of the next major now."""
    current = contracts_of(product).filter(pk=draft.pk).first()
    if current is None:
        return product
    return delete_contract(contract=current, edition=product.edition, actor=actor)
