"""Entities of OpenMetadata: tables and topics, with the lineage between them; pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests.formats.openmetadata_columns import (
    DATA,
    avro_columns,
    places_of_data,
    table_columns,
)
from catalog.manifests.formats.source_object import (
    Slugs,
    SourceObject,
    links,
    not_kept,
)
from catalog.manifests.formats.tables import Table, build_product, table_contract
from catalog.manifests.formats.types import MEGABYTE, Format, ImportedProduct, SourceFile
from catalog.types import JSONObject, JSONValue

SYSTEM = "openmetadata"
TABLES, TOPICS, LINEAGE = "tables", "topics", "lineage"
# Files that hold no product, by a member of theirs that no other has; the first that fits names it.
_OTHER_FILES = {
    "users": "users",
    "pipelines": "pipelines",
    "tests": "test suites",
    "serviceConnection": "a connection to a service",
    "policyType": "a policy",
    "policies": "a role",
    "categoryType": "a classification of tags",
    "testPlatforms": "a definition of a test",
    "mlFeatures": "models of machine learning",
    "tableTests": "tests of tables",
    "service": "a database or schema without its tables",
}
# Between a table and those above it, at most this number of pipelines and tables is followed.
MAX_STEPS = 1000
# Separates the parts of a full name; parts in quotes may contain dots.
_QUOTE, _DOT = '"', "."


def kind_of(value: JSONValue) -> str:
    """Return what a file holds (tables, topics, lineage, ...); empty for a file of another kind."""
    if isinstance(value, dict):
        for name in (TABLES, TOPICS):
            if isinstance(value.get(name), list):
                return name
        if isinstance(value.get("columns"), list) and "name" in value and "kind" not in value:
            return TABLES
        if isinstance(value.get("data"), list) and "paging" in value:
            return TABLES
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict):
        return ""
    if all(isinstance(first.get(end), dict) and "fqn" in first[end] for end in ("from", "to")):
        return LINEAGE
    return next((kind for member, kind in _OTHER_FILES.items() if member in first), "")


def read(files: Sequence[SourceFile]) -> Iterator[ImportedProduct]:
    """Yield a product for each table and topic. Raises ValidationFailed."""
    sources: list[tuple[str, SourceObject]] = []
    edges: list[SourceObject] = []
    losses: list[Issue] = []
    for file in files:
        prefix = f"{file.name}#" if len(files) > 1 else ""
        kind = kind_of(file.value)
        if kind in (TABLES, TOPICS):
            sources += ((kind, one) for one in _entities(file.value, kind, prefix))
        elif kind == LINEAGE:
            edges += [SourceObject(edge, f"{prefix}/{n}") for n, edge in enumerate(file.value)]
        else:
            losses.append(not_kept(prefix, kind or "A file", "it holds no table and no topic"))
    if not sources:
        kinds = ", ".join(dict.fromkeys(filter(None, (kind_of(file.value) for file in files))))
        message = f"Products are made of tables and topics, but this is {kinds or 'neither'}."
        hint = "Import it together with the files of the tables that it is about."
        raise ValidationFailed([Issue(location="", message=message, hint=hint)])
    yield from _products(sources, _upstreams(edges), losses)


FORMAT = Format(
    name=SYSTEM,
    title="OpenMetadata",
    versions="entities of its API and of its sample files",
    files="JSON with tables, topics and the lineage between them, one or several files",
    detects=lambda value: bool(kind_of(value)) and not _is_ours(value),
    read=read,
    is_file_set=True,
    max_bytes=64 * MEGABYTE,
)


def _is_ours(value: JSONValue) -> bool:
    return isinstance(value, dict) and "apiVersion" in value


def _entities(value: JSONValue, kind: str, prefix: str) -> Iterator[SourceObject]:
    """Yield the entities of a file: in a list, in a page of the API, or the file itself."""
    issues = []
    for member in (kind, "data"):
        listed = value.get(member)
        if isinstance(listed, list):
            for index, item in enumerate(listed):
                pointer = f"{prefix}/{member}/{index}"
                if isinstance(item, dict) and isinstance(item.get("name"), str):
                    yield SourceObject(item, pointer)
                else:
                    message = "A table or topic must be an object with a name."
                    issues.append(Issue(location=pointer, message=message))
            break
    else:
        yield SourceObject(value, prefix)
    if issues:
        raise ValidationFailed(issues)


def _products(
    sources: Sequence[tuple[str, SourceObject]],
    upstreams: Mapping[str, Sequence[str]],
    losses: list[Issue],
) -> Iterator[ImportedProduct]:
    slugs = Slugs()
    # Sample files leave full names out, so the last part of one has to do.
    names = {_last_part(_full_name(source)): _full_name(source) for _, source in sources}
    for kind, source in sources:
        identifier = _full_name(source)
        ups = upstreams.get(identifier) or upstreams.get(_last_part(identifier), ())
        known = [names.get(_last_part(up), up) for up in ups]
        yield _product(
            kind, source, identifier, [up for up in known if up != identifier], slugs, losses
        )
        losses = []


def _product(
    kind: str,
    source: SourceObject,
    identifier: str,
    upstreams: Sequence[str],
    slugs: Slugs,
    losses: Sequence[Issue],
) -> ImportedProduct:
    name = source.text("displayName") or source.text("name")
    source.text("name", "fullyQualifiedName")
    description = source.text("description")
    table = Table(
        name=name,
        physical_name=identifier,
        port_type="kafka" if kind == TOPICS else source.text("serviceType").lower() or "table",
        description=description,
        contract=table_contract(identifier, name, identifier, _columns(kind, source)),
    )
    tags = source.objects("tags")
    terms = [tag.text("tagFQN") for tag in tags if tag.value.get("source") == "Glossary"]
    source.discard(*DATA)
    tree_tags = [tag.text("tagFQN") for tag in tags]
    members, domain = list(_members(source)), _domain(source)
    extras = dict(source.rest())
    return build_product(
        SYSTEM,
        identifier=identifier,
        name=name,
        slug=slugs.unique(name, identifier),
        purpose=description,
        domain=domain,
        tags=tree_tags,
        members=members,
        definitions=links(("businessDefinition", term, "") for term in terms),
        tables=[table],
        upstreams=[(_last_part(up), up) for up in dict.fromkeys(upstreams)],
        extras=extras,
        losses=[
            *losses,
            *(
                not_kept(place, place.rpartition("/")[2], "it holds values of the data")
                for place in places_of_data(source)
            ),
        ],
    )


def _columns(kind: str, source: SourceObject) -> list[JSONObject]:
    if kind == TABLES:
        return table_columns(source)
    schema = source.object("messageSchema") or source
    return avro_columns(schema)


def _full_name(source: SourceObject) -> str:
    """Return the full name of an entity, or as much of it as its references say."""
    if full := source.value.get("fullyQualifiedName"):
        return str(full)
    places = [source.value.get(name) for name in ("service", "database", "databaseSchema")]
    names = [place.get("name") if isinstance(place, dict) else place for place in places]
    parts = [name for name in names if isinstance(name, str) and name]
    return _DOT.join([*parts, str(source.value.get("name"))])


def _last_part(full_name: str) -> str:
    """Return the last part of a full name: `dim.address` of `shop."dim.address"`."""
    if full_name.endswith(_QUOTE):
        return full_name[:-1].rpartition(_QUOTE)[2]
    return full_name.rpartition(_DOT)[2]


def _members(source: SourceObject) -> Iterator[JSONObject]:
    """Yield the owners: one in older versions, a list since."""
    for name in ("owner", "owners"):
        for owner in source.objects(name, is_single=True):
            if username := owner.text("name", "id"):
                member = {"username": username, "name": owner.text("displayName"), "role": "owner"}
                yield {key: value for key, value in member.items() if value}


def _domain(source: SourceObject) -> str:
    """Return the name of the domain, which is kept as it is: here a product has one of ours."""
    for name in ("domain", "domains"):
        value = source.value.get(name)
        first = value[0] if isinstance(value, list) and value else value
        text = (first.get("displayName") or first.get("name")) if isinstance(first, dict) else ""
        if text and isinstance(text, str):
            return text
    return ""


def _upstreams(edges: Sequence[SourceObject]) -> dict[str, list[str]]:
    """Return the tables above each table, through the pipelines between them, by full name."""
    above: dict[str, list[str]] = defaultdict(list)
    kinds: dict[str, str] = {}
    for edge in edges:
        ends = [edge.object(end) for end in ("from", "to")]
        source, target = (end.text("fqn") for end in ends)
        above[target].append(source)
        kinds |= {end.text("fqn"): end.text("type") for end in ends}
    tables: dict[str, list[str]] = {}
    for target in [name for name in above if kinds[name] != "pipeline"]:
        direct: dict[str, None] = {}
        waiting, visited = [target], {target}
        while waiting and len(visited) < MAX_STEPS:
            for name in above.get(waiting.pop(), ()):
                if name not in visited:
                    visited.add(name)
                    if kinds[name] == "pipeline":
                        waiting.append(name)
                    else:
                        direct[name] = None
        for key in (target, _last_part(target)):
            tables[key] = list(direct)
    return tables
