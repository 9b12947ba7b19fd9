"""Which data products a dbt project has, and which of its models they serve; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from catalog.manifests.formats.dbt.artifacts import Artifacts, Node, text


@dataclass
class Group:
    """A product: its key in dbt, its name, its nodes, and those of them that it serves."""

    key: str
    name: str
    owner: Node | None = None
    nodes: dict[str, Node] = field(default_factory=dict)
    ports: dict[str, Node] = field(default_factory=dict)


def group_by_group(artifacts: Artifacts) -> list[Group]:
    """Return a product for each group, for what is in no group each package, and each source.

    A product serves its public models, those with an enforced contract, and whatever another
    product, an exposure or a semantic model reads. If that is nothing it serves the models that no
    other model reads.
    """
    groups: dict[str, Group] = {}
    for node in (*artifacts.relations(), *artifacts.sources.values()):
        group = _group_of(artifacts, node)
        groups.setdefault(group.key, group).nodes[node.id] = node
    owner = {identifier: group.key for group in groups.values() for identifier in group.nodes}
    served = set(_stated(artifacts)) | set(_crossed(artifacts, owner))
    for group in groups.values():
        _choose_ports(artifacts, group, served)
    return [group for group in groups.values() if group.ports]


def group_by_model(artifacts: Artifacts) -> list[Group]:
    """Return a product for each model that is served, and for each table of a source."""
    project = Group("", "", nodes={node.id: node for node in artifacts.relations()})
    _choose_ports(artifacts, project, set(_stated(artifacts)))
    served = [*project.ports.values(), *artifacts.sources.values()]
    return [
        Group(
            node.id,
            name_of(node),
            artifacts.groups.get(_group_key(artifacts, node)),
            {node.id: node},
            {node.id: node},
        )
        for node in served
    ]


def inputs_of(artifacts: Artifacts, group: Group, served: Mapping[str, Group]) -> list[Node]:
    """Return the ports of other products that a product reads, also through what nobody serves."""
    inputs: dict[str, Node] = {}
    visited = set(group.nodes)
    stack = [key for node in group.nodes.values() for key in reversed(node.depends_on)]
    while stack:
        key = stack.pop()
        node = artifacts.node(key)
        if node is None or key in visited:
            continue
        visited.add(key)
        if key in served:
            inputs[key] = node
        else:
            stack += reversed(node.depends_on)
    return list(inputs.values())


def name_of(node: Node) -> str:
    """Return the name of a port: of a source's table, with the name of the source before it."""
    source = text(node.values.get("source_name")) if node.section == "sources" else ""
    return f"{source}.{node.name}" if source else node.name


def _group_of(artifacts: Artifacts, node: Node) -> Group:
    if node.section == "sources":
        source = text(node.values.get("source_name")) or node.name
        return Group(f"source.{node.package}.{source}", source)
    key = _group_key(artifacts, node)
    if name := text(node.get("group")):
        return Group(key, name, artifacts.groups.get(key))
    return Group(f"package.{node.package}", node.package or "dbt")


def _group_key(artifacts: Artifacts, node: Node) -> str:
    """Return the id of a model's group: groups of one name may be in several packages."""
    name = text(node.get("group"))
    own = f"group.{node.package}.{name}"
    if own in artifacts.groups or not name:
        return own
    other = artifacts.groups_by_name.get(name)
    return other.id if other else own


def _stated(artifacts: Artifacts) -> Iterator[str]:
    """Yield what the project says that it serves: also to exposures and semantic models."""
    for node in artifacts.relations():
        if node.is_public or node.has_contract:
            yield node.id
    for exposure in artifacts.exposures.values():
        yield from exposure.depends_on
    yield from artifacts.semantic_models


def _crossed(artifacts: Artifacts, owner: Mapping[str, str]) -> Iterator[str]:
    """Yield what one product reads of another, through ephemeral models too."""
    visited: set[tuple[str, str]] = set()
    for node in artifacts.relations():
        stack = list(node.depends_on)
        while stack:
            key = stack.pop()
            if key not in owner or (owner[node.id], key) in visited:
                continue
            visited.add((owner[node.id], key))
            if owner[key] == owner[node.id]:
                continue
            yield key
            target = artifacts.node(key)
            if target is not None and target.section == "nodes" and not target.is_relation:
                stack += target.depends_on


def _choose_ports(artifacts: Artifacts, group: Group, served: Iterable[str]) -> None:
    nodes = {key: node for key, node in group.nodes.items() if _can_serve(node)}
    group.ports = {key: node for key, node in nodes.items() if key in served}
    group.ports |= {key: node for key, node in nodes.items() if node.section == "sources"}
    if group.ports:
        return
    own = {key: node for key, node in nodes.items() if _is_own(artifacts, node)}
    read = {key for node in artifacts.relations() for key in node.depends_on}
    group.ports = {
        key: node for key, node in own.items() if key not in read and node.type != "seed"
    }


def _can_serve(node: Node) -> bool:
    return node.section == "sources" or node.is_relation


def _is_own(artifacts: Artifacts, node: Node) -> bool:
    """Return True if a node is of the project itself, not of a package that it installs."""
    return artifacts.project in ("", node.package)
