"""Products made of tables of another catalog: one output port and one contract for each; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.contracts.projection import new_tree
from catalog.identifiers import slug_of
from catalog.issues import Issue
from catalog.manifests.external import build_tags
from catalog.manifests.formats.source_object import Slugs, not_kept
from catalog.manifests.formats.types import ImportedProduct, kept_fields, product_tree
from catalog.ports.projection import MAX_PORTS
from catalog.types import JSONObject, JSONValue

FIRST_VERSION = "1.0.0"


@dataclass(frozen=True, kw_only=True)
class Table:
    """What becomes an output port and its contract."""

    name: str
    physical_name: str
    port_type: str
    description: str
    contract: JSONObject


def table_contract(
    identifier: str,
    name: str,
    physical_name: str,
    columns: Sequence[JSONObject],
    *,
    servers: Sequence[JSONObject] = (),
) -> JSONObject:
    """Return the contract of one table."""
    contract = new_tree(identifier=identifier, name=name[:200], servers=list(servers))
    table = {"name": name[:300], "physicalName": physical_name[:300], "properties": list(columns)}
    table = {key: value for key, value in table.items() if value}
    contract |= {"version": FIRST_VERSION, "schema": [table] if columns else []}
    return {key: value for key, value in contract.items() if value not in ([], "")}


def build_product(
    standard: str,
    *,
    identifier: str,
    name: str,
    slug: str,
    purpose: str = "",
    domain: str = "",
    tags: Iterable[str] = (),
    members: Sequence[JSONObject] = (),
    definitions: Sequence[JSONObject] = (),
    tables: Sequence[Table] = (),
    upstreams: Sequence[tuple[str, str]] = (),
    extras: Mapping[str, JSONValue] = {},
    losses: Iterable[Issue] = (),
    properties: Mapping[str, JSONValue] = {},
    issues: Iterable[Issue] = (),
    **fields: JSONValue,
) -> ImportedProduct:
    """Return a product with a port for each table and an input port for each upstream contract.

    `upstreams` are names and identifiers of contracts. `properties` are custom properties.
    """
    all_losses = list(losses)
    for what, ports in (("output ports", tables), ("input ports", upstreams)):
        if len(ports) > MAX_PORTS:
            rest = f"What comes after {MAX_PORTS} {what}"
            all_losses.append(not_kept("", rest, "a product has no more"))
    custom = {key: value for key, value in properties.items() if value}
    if slug_of(name) != slug:
        custom["assaySlug"] = slug
    own: list[JSONObject] = [{"property": key, "value": value} for key, value in custom.items()]
    tree = product_tree(
        identifier=identifier,
        name=name[:200],
        domain=slug_of(domain),
        description={"purpose": purpose} if purpose else {},
        tags=build_tags(tags),
        authoritativeDefinitions=list(definitions),
        outputPorts=_output_ports(tables[:MAX_PORTS]),
        inputPorts=_input_ports(upstreams[:MAX_PORTS]),
        customProperties=[*own, *kept_fields(standard, extras)],
        **({"team": {"members": list(members)}} if members else {}) | fields,
    )
    contracts = {str(table.contract["id"]): table.contract for table in tables[:MAX_PORTS]}
    return ImportedProduct(
        identifier=identifier,
        tree=tree,
        contracts=tuple(contracts.values()),
        losses=tuple(all_losses),
        issues=tuple(issues),
    )


def _output_ports(tables: Iterable[Table]) -> list[JSONObject]:
    names = Slugs()
    ports = []
    for table in tables:
        port = {
            "name": names.unique(table.name, table.physical_name)[:120],
            "version": FIRST_VERSION,
            "type": table.port_type[:60],
            "description": table.description,
            "contractId": table.contract["id"],
        }
        ports.append({key: value for key, value in port.items() if value})
    return ports


def _input_ports(upstreams: Iterable[tuple[str, str]]) -> list[JSONObject]:
    names = Slugs()
    return [
        {
            "name": names.unique(name)[:120],
            "version": FIRST_VERSION,
            "contractId": contract,
        }
        for name, contract in upstreams
    ]
