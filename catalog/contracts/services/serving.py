"""Writes output ports together with the contract that names their server."""

import uuid

from django.db import transaction
from django.utils import timezone

from catalog.authorization.access import Writer, require_permission
from catalog.contracts.models import contract_of
from catalog.contracts.projection import (
    ContractDocument,
    bump_version,
    new_tree,
    parse_contract,
)
from catalog.contracts.services.versions import frozen_digests, is_frozen, save_contract
from catalog.domains.models import Domain
from catalog.exceptions import NameConflict, ValidationFailed
from catalog.permissions import Permission
from catalog.ports.models import CONFIRMED, OutputPort
from catalog.ports.projection import port_key
from catalog.ports.services import edited_port
from catalog.products.document import DocumentChange, plan_change
from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.products.services import register_product, replace_document
from catalog.revisions.services import bump_revision, record_change
from catalog.types import JSONObject, JSONValue


def add_output_port(
    *,
    product: DataProduct,
    name: str,
    server: JSONObject,
    edition: int,
    actor: Writer,
    version: str = "1.0.0",
    description: str = "",
    port_type: str = "",
    interval: int | None = None,
) -> tuple[OutputPort, DataProduct]:
    """Add an output port with a draft contract 0.1.0 that has its server and an empty schema.

    Raises PermissionDenied, EditConflict, NameConflict, ValidationFailed.
    """
    ports = list(product.tree.get("outputPorts") or [])
    if any(port.get("name") == name and port.get("version") == version for port in ports):
        raise NameConflict(f"There is a port {name} {version}.", location="name")
    identifier = str(uuid.uuid4())
    port: JSONObject = {"name": name, "version": version, "contractId": identifier}
    port |= {"description": description} if description else {}
    port |= {"type": port_type} if port_type else {}
    port = with_custom(port, "assayInterval", interval)
    change = plan_change(product.tree, product.tree | {"outputPorts": [*ports, port]})
    title = f"{product.name}: {name}"
    contract = parse_contract(new_tree(identifier=identifier, name=title, servers=[server]))
    product = _save(product=product, change=change, contract=contract, edition=edition, actor=actor)
    return product.output_ports.get(name=name, version=version), product


@transaction.atomic
def register_served_product(
    *, domain: Domain, tree: JSONObject, port_name: str, server: JSONObject, actor: Writer
) -> DataProduct:
    """Register a draft with one output port, whose contract has the server and an empty schema.

    Raises PermissionDenied, NameConflict, ValidationFailed.
    """
    product = register_product(domain=domain, tree=tree, actor=actor)
    return add_output_port(
        product=product, name=port_name, server=server, edition=product.edition, actor=actor
    )[1]


def change_output_port(
    *,
    port: OutputPort,
    fields: dict[str, str],
    server: JSONObject | None,
    edition: int,
    actor: Writer,
    interval: int | None = None,
) -> DataProduct:
    """Set fields of a port (name, version, description, type) and its first server, if given.

    Of a published product the working copy changes, in which `edition` is counted.
    A contract that a published version names does not change; its next version gets the server.
    Raises PermissionDenied, EditConflict, ValidationFailed.
    """
    port = edited_port(port)
    product, contract = port.product, contract_of(port)
    entries = product.tree.get("outputPorts") or []
    current: JSONObject = next((entry for entry in entries if _is_entry_of(entry, port)), {})
    entry = {key: value for key, value in (current | fields).items() if key not in fields or value}
    entry = with_custom(entry, "assayInterval", interval)
    identifier = entry.get("contractId")
    if server is not None and not (isinstance(identifier, str) and identifier):
        entry["contractId"] = str(uuid.uuid4())
    tree = product.tree | {"outputPorts": _replace_entry(product, port, entry)}
    change = plan_change(product.tree, tree)
    if server is None:
        return replace_document(product=product, tree=change, edition=edition, actor=actor)
    if contract is None:
        name = f"{product.name}: {entry['name']}"
        document = new_tree(identifier=entry["contractId"], name=name, servers=[server])
    else:
        others = list(contract.tree.get("servers") or [])[1:]
        document = contract.tree | {"servers": [server, *others]}
        if document != contract.tree and is_frozen(contract):
            document |= {"version": bump_version(contract.version)}
    return _save(
        product=product,
        change=change,
        contract=parse_contract(document),
        edition=edition,
        actor=actor,
    )


@transaction.atomic
def confirm_output_port(*, port: OutputPort, actor: Writer, reason: str = "") -> OutputPort:
    """Record a steward's word that a port works whose servers Assay cannot check by itself.

    It counts as a check of today. Raises PermissionDenied, ValidationFailed (no server, or one that
    is checked automatically).
    """
    product = port.product
    require_permission(actor, Permission.STEWARD_PRODUCTS, product.domain)
    contract = contract_of(port)
    servers = list(contract.servers.all()) if contract else []
    if not servers:
        raise ValidationFailed.of("server", "The port has no server.", "Add its server first.")
    if any(server.is_probed for server in servers):
        message = "This port is checked automatically."
        raise ValidationFailed.of("server", message, "Wait for its next check.")
    port.last_good_at, port.last_outcome = timezone.now(), CONFIRMED
    port.last_good_server = servers[0].key
    port.save(update_fields=["last_good_at", "last_outcome", "last_good_server"])
    bump_revision(rows=DataProduct.objects.filter(pk=product.pk))
    product.refresh_from_db(fields=["revision"])
    after = {"port": str(port), "server": port.last_good_server}
    record_change(product, actor, "confirmed port", after=after, reason=reason)
    return port


def drop_output_port(*, port: OutputPort, edition: int, actor: Writer) -> DataProduct:
    """Remove a port, and the contract versions that only it had and nothing published names.

    Raises PermissionDenied, EditConflict.
    """
    port = edited_port(port)
    product, identifier = port.product, port.contract_identifier
    tree = product.tree | {"outputPorts": _replace_entry(product, port, None)}
    change = plan_change(product.tree, tree)
    with transaction.atomic():
        product = replace_document(product=product, tree=change, edition=edition, actor=actor)
        if not product.output_ports.filter(contract_identifier=identifier).exists():
            frozen = frozen_digests(product)
            contracts = product.contracts.filter(identifier=identifier)
            contracts.exclude(digest__in=frozen).delete()
    return product


@transaction.atomic
def _save(
    *,
    product: DataProduct,
    change: DocumentChange,
    contract: ContractDocument,
    edition: int,
    actor: Writer,
) -> DataProduct:
    product = replace_document(product=product, tree=change, edition=edition, actor=actor)
    return save_contract(product=product, tree=contract, edition=product.edition, actor=actor)[1]


def _is_entry_of(entry: JSONValue, port: OutputPort) -> bool:
    return isinstance(entry, dict) and port_key(entry) == port.key


def _replace_entry(
    product: DataProduct, port: OutputPort, entry: JSONObject | None
) -> list[JSONObject]:
    """Return the output ports of a product with another entry for one of them, or without it."""
    entries = product.tree.get("outputPorts") or []
    changed = [entry if _is_entry_of(current, port) else current for current in entries]
    return [current for current in changed if current is not None]
