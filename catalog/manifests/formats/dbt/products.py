"""A dbt project as data products, with what is lost of it; pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from catalog.identifiers import slug_of
from catalog.issues import Issue
from catalog.manifests.formats.dbt.artifacts import (
    Artifacts,
    Node,
    items,
    mapping,
    read_artifacts,
    text,
    texts,
)
from catalog.manifests.formats.dbt.contracts import ContractBuilder, losses_of_nodes
from catalog.manifests.formats.dbt.grouping import (
    Group,
    group_by_group,
    group_by_model,
    inputs_of,
    name_of,
)
from catalog.manifests.formats.dbt.quality import rules_by_node
from catalog.manifests.formats.types import ImportedProduct, SourceFile, product_tree
from catalog.ports.projection import MAX_PORTS
from catalog.products.projection import MAX_USAGES
from catalog.types import JSONObject

# Sections of a manifest of which no product has anything.
_UNUSED = {
    "macros": "Macros are code; what they do is in the models.",
    "docs": "Blocks of documentation are in the descriptions that use them.",
    "metrics": "Metrics are not modelled.",
    "saved_queries": "Saved queries are not modelled.",
    "unit_tests": "Unit tests say nothing of the data.",
    "disabled": "What is disabled is not imported.",
    "selectors": "Selectors are not modelled.",
}
_INTERNAL = "No other product reads it, so it is no port; its tests stay in dbt."
_DERIVED = "Compiled code, paths and times, which dbt writes at each run, are not kept."


def read_by_group(sources: Sequence[SourceFile]) -> Iterator[ImportedProduct]:
    """Yield a product for each group or package and each source. Raises ValidationFailed."""
    return _read(sources, group_by_group)


def read_by_model(sources: Sequence[SourceFile]) -> Iterator[ImportedProduct]:
    """Yield a product for each model that is served and each table of a source."""
    return _read(sources, group_by_model)


def _read(
    sources: Sequence[SourceFile], choose: Callable[[Artifacts], list[Group]]
) -> Iterator[ImportedProduct]:
    artifacts = read_artifacts(sources)
    groups = choose(artifacts)
    served = {key: group for group in groups for key in group.ports}
    builder = ContractBuilder(artifacts, rules_by_node(artifacts))
    prefix = f"{artifacts.manifest_file}#" if len(sources) > 1 else ""
    files = tuple(f"{source.name}#" for source in sources)
    # What concerns the project as a whole is said once, with the first product.
    losses, issues = list(_project_losses(artifacts, groups)), tuple(artifacts.issues)
    for group in groups:
        product = _product(artifacts, builder, group, served)
        located = [
            loss
            if loss.location.startswith(files)
            else replace(loss, location=f"{prefix}{loss.location}")
            for loss in (*losses, *product.losses)
        ]
        yield replace(product, losses=tuple(located), issues=issues)
        losses, issues = [], ()


def _product(
    artifacts: Artifacts, builder: ContractBuilder, group: Group, served: Mapping[str, Group]
) -> ImportedProduct:
    builder.losses = []
    ports = list(group.ports.values())
    losses = list(_port_losses(ports))
    contracts = tuple(builder.contract(node) for node in ports[:MAX_PORTS])
    internal = [node for key, node in group.nodes.items() if key not in group.ports]
    losses += [*builder.losses, *losses_of_nodes(internal, _INTERNAL)]
    inputs = inputs_of(artifacts, group, served)
    if len(inputs) > MAX_PORTS:
        losses += losses_of_nodes(inputs[MAX_PORTS:], f"Only {MAX_PORTS} input ports are kept.")
    properties: dict[str, object] = {
        "assaySlug": "" if slug_of(group.name) else slug_of(group.key) or "dbt",
        "assayUsedIn": list(_usages(artifacts, group))[:MAX_USAGES],
    }
    tree = product_tree(
        identifier=group.key,
        name=group.name,
        description={"purpose": purpose} if (purpose := _purpose(artifacts, group)) else None,
        tags=list(dict.fromkeys(tag for node in ports for tag in texts(node.get("tags")))),
        team=_team(group.owner),
        inputPorts=[_port(node) for node in inputs[:MAX_PORTS]],
        outputPorts=[
            _port(node) | {"type": "table", "description": text(node.values.get("description"))}
            for node in ports[:MAX_PORTS]
        ],
        customProperties=[
            {"property": key, "value": value} for key, value in properties.items() if value
        ],
    )
    return ImportedProduct(
        identifier=group.key, tree=tree, contracts=contracts, losses=tuple(losses)
    )


def _port(node: Node) -> JSONObject:
    return {"name": name_of(node), "version": node.version, "contractId": node.id}


def _port_losses(ports: Sequence[Node]) -> Iterator[Issue]:
    if len(ports) > MAX_PORTS:
        message = f"A product has at most {MAX_PORTS} ports; import by model, or use groups."
        yield from losses_of_nodes(ports[MAX_PORTS:], message)
    for node in ports:
        if node.values.get("deprecation_date"):
            message = "The date of deprecation is kept, but ends no port: a successor does."
            yield Issue(location=f"{node.pointer}/deprecation_date", message=message)


def _purpose(artifacts: Artifacts, group: Group) -> str:
    """Return what dbt says of the whole: of the source, the group, or its only model."""
    first = next(iter(group.nodes.values()))
    if first.section == "sources":
        source = text(first.values.get("source_description"))
        return source if len(group.nodes) > 1 else text(first.values.get("description")) or source
    described = text(group.owner.values.get("description")) if group.owner else ""
    alone = text(first.values.get("description")) if len(group.nodes) == 1 else ""
    overview = mapping(
        mapping(artifacts.manifest.get("docs")).get(f"doc.{first.package}.__overview__")
    )
    is_package = group.key == f"package.{first.package}"
    return described or alone or (text(overview.get("block_contents")) if is_package else "")


def _team(group: Node | None) -> JSONObject | None:
    owner = mapping(group.values.get("owner")) if group else {}
    addresses = texts(owner.get("email"))
    name = text(owner.get("name")) or ", ".join(addresses)
    if not name:
        return None
    members = [{"username": address, "role": "owner"} for address in addresses]
    return {"name": name} | ({"members": members} if members else {})


def _usages(artifacts: Artifacts, group: Group) -> Iterator[JSONObject]:
    """Yield the exposures that read a port of a product."""
    exposures = (one for key in group.ports for one in artifacts.exposures_by_node.get(key, ()))
    for exposure in {one.id: one for one in exposures}.values():
        usage = {
            "title": (text(exposure.values.get("label")) or exposure.name)[:300],
            "kind": text(exposure.values.get("type"))[:60],
            "url": text(exposure.values.get("url")),
        }
        yield {key: value for key, value in usage.items() if value}


def _project_losses(artifacts: Artifacts, groups: Sequence[Group]) -> Iterator[Issue]:
    for section, reason in _UNUSED.items():
        count = len(mapping(artifacts.manifest.get(section)))
        if count:
            yield Issue(location=f"/{section}", message=f"{count:,} × {section}: {reason}")
    yield Issue(location="/nodes", message=_DERIVED)
    known = {key for group in groups for key in group.nodes}
    others = [node for node in artifacts.relations() if node.id not in known]
    yield from losses_of_nodes(others, "Nobody outside its package reads it, so it is left out.")
    read = {key for group in groups for key in group.ports}
    for exposure in artifacts.exposures.values():
        if not read.intersection(exposure.depends_on):
            yield Issue(location=exposure.pointer, message="It reads no port of a product.")
    if artifacts.catalog_file:
        message = "Sizes and counts of rows were measured by dbt; Assay measures by itself."
        yield Issue(location=f"{artifacts.catalog_file}#/nodes", message=message)
    for name, run in artifacts.runs:
        yield Issue(location=f"{name}#/results", message=_run_message(run))


def _run_message(run: Mapping[str, object]) -> str:
    results = [mapping(result) for result in items(run.get("results"))]
    day = text(mapping(run.get("metadata")).get("generated_at"))[:10]
    failed = sum(text(result.get("status")) in ("fail", "error") for result in results)
    return (
        f"{len(results):,} results of the run of {day or 'an unknown day'}, {failed:,} of them "
        "failed: they say what was true then, so no contract has them."
    )
