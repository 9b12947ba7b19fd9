"""Writing output ports together with the contract that names their server."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from catalog.contracts.models import DataContract
from catalog.contracts.projection import bump_version, new_tree
from catalog.contracts.services.versions import is_frozen, save_contract
from catalog.exceptions import NameConflict
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.products.projection import Tree, with_custom
from catalog.products.services import Writer, lock_for_edit, replace_document


@transaction.atomic
def add_output_port(
    *,
    product: DataProduct,
    name: str,
    server: dict[str, Any],
    edition: int,
    actor: Writer,
    version: str = "1.0.0",
    description: str = "",
    port_type: str = "",
    interval: int | None = None,
) -> tuple[OutputPort, DataProduct]:
    """Add an output port with a draft contract 0.1.0 that names its server and an empty schema.

    Raises PermissionDenied, EditConflict, Invalid, NameConflict.
    """
    ports = list(product.tree.get("outputPorts") or [])
    if any(port.get("name") == name and port.get("version") == version for port in ports):
        raise NameConflict(f"There is a port {name} {version}.", location="name")
    identifier = str(uuid.uuid4())
    port: dict[str, Any] = {"name": name, "version": version, "contractId": identifier}
    port |= {"description": description} if description else {}
    port |= {"type": port_type} if port_type else {}
    port = with_custom(port, "assayInterval", interval)
    product = replace_document(
        product=product,
        tree=product.tree | {"outputPorts": [*ports, port]},
        edition=edition,
        actor=actor,
    )
    tree = new_tree(identifier=identifier, name=f"{product.name}: {name}", servers=[server])
    _, product = save_contract(product=product, tree=tree, edition=product.edition, actor=actor)
    return product.output_ports.get(name=name, version=version), product


@transaction.atomic
def change_output_port(
    *,
    port: OutputPort,
    words: dict[str, str],
    server: dict[str, Any],
    edition: int,
    actor: Writer,
    interval: int | None = None,
) -> DataProduct:
    """Give a port other `words` (name, version, description, type) and its first server a place.

    A contract that a published version names stays; a raised version of it takes the server.
    Raises PermissionDenied, EditConflict, Invalid.
    """
    product = lock_for_edit(product=port.product, edition=edition, actor=actor)
    contract = _contract_of(port)
    entry = _entry_of(product, port) | {key: text for key, text in words.items() if text}
    for key in [key for key, text in words.items() if not text]:
        entry.pop(key, None)
    entry = with_custom(entry, "assayInterval", interval)
    entry |= {"contractId": contract.identifier if contract else _contract_id(entry)}
    tree = product.tree | {"outputPorts": _replaced(product, port, entry)}
    product = replace_document(product=product, tree=tree, edition=edition, actor=actor)
    document = _served_at(contract, entry, product, server)
    if contract is None or document != contract.tree:
        _, product = save_contract(
            product=product, tree=document, edition=product.edition, actor=actor
        )
    return product


@transaction.atomic
def drop_output_port(*, port: OutputPort, edition: int, actor: Writer) -> DataProduct:
    """Take a port out of the tree; contract versions that only it had, and nothing published
    names, go with it. Raises PermissionDenied, EditConflict."""
    product = lock_for_edit(product=port.product, edition=edition, actor=actor)
    identifier = port.contract_identifier
    tree = product.tree | {"outputPorts": _replaced(product, port, None)}
    product = replace_document(product=product, tree=tree, edition=edition, actor=actor)
    if not product.output_ports.filter(contract_identifier=identifier).exists():
        for contract in product.contracts.filter(identifier=identifier):
            if not is_frozen(contract):
                contract.delete()
    return product


def _contract_of(port: OutputPort) -> DataContract | None:
    link = getattr(port, "port_contract", None)
    return link.contract if link else None


def _contract_id(entry: dict[str, Any]) -> str:
    held = entry.get("contractId")
    return held if isinstance(held, str) and held else str(uuid.uuid4())


def _is_of(entry: Any, port: OutputPort) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("name") == port.name
        and (entry.get("version") or "1.0.0") == port.version
    )


def _entry_of(product: DataProduct, port: OutputPort) -> dict[str, Any]:
    entries = product.tree.get("outputPorts") or []
    return next((dict(entry) for entry in entries if _is_of(entry, port)), {})


def _replaced(
    product: DataProduct, port: OutputPort, entry: dict[str, Any] | None
) -> list[dict[str, Any]]:
    entries = product.tree.get("outputPorts") or []
    changed = [entry if _is_of(held, port) else held for held in entries]
    return [held for held in changed if held is not None]


def _served_at(
    contract: DataContract | None, entry: dict[str, Any], product: DataProduct, server: Tree
) -> Tree:
    if contract is None:
        name = f"{product.name}: {entry['name']}"
        return new_tree(identifier=entry["contractId"], name=name, servers=[server])
    others = list(contract.tree.get("servers") or [])[1:]
    tree: Tree = contract.tree | {"servers": [server, *others]}
    if tree != contract.tree and is_frozen(contract):
        tree |= {"version": bump_version(contract.version)}
    return tree
