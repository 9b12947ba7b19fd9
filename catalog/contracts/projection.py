"""Between a contract's tree (ODCS) and its rows; pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from catalog.contracts.probe_settings import KEY as PROBE
from catalog.contracts.probe_settings import check_probe, is_probed, probe_digest
from catalog.exceptions import require_valid
from catalog.identifiers import fit, is_slug
from catalog.ports.projection import major_of
from catalog.products.document_size import measure, size_issues
from catalog.products.projection import check_storable, custom, custom_pointer, digest_of
from catalog.products.tree_reader import TreeReader
from catalog.types import JSONObject, JSONValue

API_VERSION = "v3.1.0"
DEFAULT_VERSION = "0.1.0"
MAX_PROPERTIES = 10_000
MAX_OBJECTS = 1_000
MAX_SERVERS = 100
MAX_DEPTH = 30
_LOCATION_KEYS = ("location", "path", "endpointUrl", "host", "url")
# What Assay needs to know where a server of each type is.
SERVER_MEMBERS = {
    "api": ("location",),
    "local": ("path",),
    "kafka": ("host",),
    "postgres": ("host", "database"),
    "postgresql": ("host", "database"),
    "mysql": ("host", "database"),
    "mariadb": ("host", "database"),
    "s3": ("location",),
    "sftp": ("location",),
}


@dataclass(frozen=True, kw_only=True)
class DeclaredServer:
    """One entry of `servers`; `probe` is how it is checked, empty for the usual way."""

    name: str
    type: str
    environment: str = ""
    location: str = ""
    format: str = ""
    description: str = ""
    probe: JSONObject = field(default_factory=dict)
    is_probed: bool = False


@dataclass(frozen=True, kw_only=True)
class DeclaredProperty:
    """One column or nested field; `parent` is the path of the one above it, or empty."""

    path: str
    parent: str
    name: str
    depth: int
    physical_name: str = ""
    business_name: str = ""
    logical_type: str = ""
    physical_type: str = ""
    classification: str = ""
    term: str = ""
    description: str = ""
    is_required: bool = False
    is_unique: bool = False
    is_primary_key: bool = False


@dataclass(frozen=True, kw_only=True)
class DeclaredObject:
    """One entry of `schema` with its properties, each after the one it is nested in."""

    name: str
    physical_name: str = ""
    physical_type: str = ""
    business_name: str = ""
    description: str = ""
    properties: tuple[DeclaredProperty, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ContractDocument:
    """A valid contract: its tree, and what the catalog keeps of it in columns and rows."""

    tree: JSONObject
    identifier: str
    version: str
    name: str = ""
    status: str = ""
    purpose: str = ""
    servers: tuple[DeclaredServer, ...] = ()
    objects: tuple[DeclaredObject, ...] = ()

    @cached_property
    def digest(self) -> str:
        return digest_of(self.tree)


_readable_types: set[str] = set()


def register_readable_types(types: Iterable[str]) -> None:
    """Register types of server whose tables are read, which is a check of such a server."""
    _readable_types.update(types)


def readable_types() -> Collection[str]:
    return _readable_types


def parse_contract(tree: JSONObject | ContractDocument) -> ContractDocument:
    """Return a contract's document. Raises ValidationFailed with every issue."""
    if isinstance(tree, ContractDocument):
        return tree
    require_valid(size_issues(measure(tree)))
    require_valid(check_storable(tree))
    reader = _ContractReader()
    description = tree.get("description")
    document = ContractDocument(
        tree=tree,
        identifier=reader.key(tree, "id", "", 400),
        version=reader.key(tree, "version", "", 60) or DEFAULT_VERSION,
        name=reader.words(tree, "name", "", 200),
        status=reader.key(tree, "status", "", 60),
        purpose=reader.words(description, "purpose", "/description")
        if isinstance(description, Mapping)
        else "",
        servers=tuple(reader.server(item, at) for at, item in reader.objects(tree, "servers")),
        objects=tuple(reader.object(item, at) for at, item in reader.objects(tree, "schema")),
    )
    for key, items, maximum in (
        ("servers", document.servers, MAX_SERVERS),
        ("schema", document.objects, MAX_OBJECTS),
    ):
        if len(items) > maximum:
            reader.add_issue(f"/{key}", f"A contract has at most {maximum:,} of these.")
    if not document.identifier:
        reader.add_issue("/id", "A contract needs an id.")
    reader.finish()
    return document


def new_tree(*, identifier: str, name: str, servers: list[JSONObject]) -> JSONObject:
    """Return the tree of a new contract: draft 0.1.0 with an empty schema."""
    return {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": identifier,
        "name": name,
        "version": "0.1.0",
        "status": "draft",
        "servers": servers,
        "schema": [],
    }


def server_key(
    server_type: str,
    location: str,
    data_format: str = "",
    probe: Mapping[str, JSONValue] | None = None,
) -> str:
    """Return what distinguishes a checked server from one that took its place.

    One that is checked in another way counts as another.
    """
    return " ".join(filter(None, (server_type, location, data_format, probe_digest(probe or {}))))


def choose_versions(
    ports: Sequence[tuple[str, str]], contracts: Iterable[tuple[str, str]]
) -> list[str | None]:
    """Return the contract version that each port serves; None if it names no contract.

    `ports` have the identifier of their contract and their own version, `contracts` identifier and
    version, the newest last. A port serves the newest version of its own major; of several ports of
    one major each serves its equal version, if there is one. A port without a contract of its major
    serves the newest that is of no other port's major, so that it keeps what it has when the next
    major comes.
    """
    versions: dict[str, list[str]] = {}
    for identifier, version in contracts:
        versions.setdefault(identifier, []).append(version)
    majors = Counter((identifier, major_of(version)) for identifier, version in ports)
    chosen: list[str | None] = []
    for identifier, version in ports:
        known, major = versions.get(identifier, []), major_of(version)
        own = [candidate for candidate in known if major_of(candidate) == major]
        if version in own and majors[identifier, major] > 1:
            own = [version]
        free = [other for other in known if (identifier, major_of(other)) not in majors]
        chosen.append(next(reversed(own or free or known), None))
    return chosen


def bump_version(version: str) -> str:
    """Return the next version of the same kind: 0.1.0 becomes 0.2.0, any other text gets `.1`."""
    parts = version.split(".")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() for part in parts):
        return f"{parts[0]}.{int(parts[1]) + 1}.0"
    return f"{version}.1"


class _ContractReader(TreeReader):
    """Reads servers, schema objects and their properties, which are counted over all objects."""

    count = 0

    def server(self, item: Mapping[str, JSONValue], at: str) -> DeclaredServer:
        locations = (self.key(item, key, at, 2000) for key in _LOCATION_KEYS)
        location = next(filter(None, locations), "")
        server_type = self.key(item, "type", at, 60)
        if not server_type:
            known = ", ".join(SERVER_MEMBERS)
            self.add_issue(f"{at}/type", "A server needs a type.", f"Such as {known}.")
        for member in SERVER_MEMBERS.get(server_type, ()):
            # Older documents name the location otherwise.
            known_as = location if member in ("location", "path") else item.get(member)
            if known_as in (None, ""):
                message = f"A server of type {server_type} needs a {member}."
                self.add_issue(f"{at}/{member}", message, f"Add the member {member}.")
        name = self.key(item, "server", at, 120) or self.key(item, "id", at, 120)
        probe, place = custom(item, PROBE), custom_pointer(item, PROBE)
        settings = check_probe(probe, at + place, server_type, self.add_issue) if place else {}
        return DeclaredServer(
            name=name or "server",
            type=server_type,
            environment=self.key(item, "environment", at, 60),
            location=location,
            format=self.key(item, "format", at, 60),
            description=self.words(item, "description", at),
            probe=settings,
            is_probed=is_probed(server_type, settings),
        )

    def object(self, item: Mapping[str, JSONValue], at: str) -> DeclaredObject:
        name = self.key(item, "name", at, 300)
        if not name:
            self.add_issue(f"{at}/name", "A schema object needs a name.")
        return DeclaredObject(
            name=name,
            physical_name=self.key(item, "physicalName", at, 300),
            physical_type=self.key(item, "physicalType", at, 120),
            business_name=self.words(item, "businessName", at, 300),
            description=self.words(item, "description", at),
            properties=tuple(self._properties(item, at, parent="", depth=0)),
        )

    def _properties(
        self, item: Mapping[str, JSONValue], at: str, *, parent: str, depth: int
    ) -> Iterator[DeclaredProperty]:
        if depth > MAX_DEPTH:
            self.add_issue(at, f"Properties are nested over {MAX_DEPTH} deep.", "Flatten them.")
            return
        for location, member in self.objects(item, "properties", at):
            self.count += 1
            if self.count > MAX_PROPERTIES:
                self.add_issue(location, f"A contract has at most {MAX_PROPERTIES} properties.")
                return
            declared = self._property(member, location, parent, depth)
            yield declared
            yield from self._nested(member, location, parent=declared.path, depth=depth + 1)

    def _nested(
        self, member: Mapping[str, JSONValue], at: str, *, parent: str, depth: int
    ) -> Iterator[DeclaredProperty]:
        """Yield what is nested in a property: in itself, its items, and its keys and values."""
        yield from self._properties(member, at, parent=parent, depth=depth)
        items, pair = member.get("items"), member.get("map")
        inner: dict[str, JSONValue] = {"items": items}
        if isinstance(pair, Mapping):
            inner |= {f"map/{key}": pair.get(key) for key in ("key", "value")}
        for step, node in inner.items():
            if isinstance(node, Mapping):
                yield from self._nested(node, f"{at}/{step}", parent=parent, depth=depth)

    def _property(
        self, item: Mapping[str, JSONValue], at: str, parent: str, depth: int
    ) -> DeclaredProperty:
        name = self.key(item, "name", at, 300)
        if not name:
            self.add_issue(f"{at}/name", "A property needs a name.")
        return DeclaredProperty(
            path=fit(f"{parent}.{name}" if parent else name, 1000),
            parent=parent,
            name=name,
            depth=depth,
            physical_name=self.key(item, "physicalName", at, 300),
            business_name=self.words(item, "businessName", at, 300),
            logical_type=self.key(item, "logicalType", at, 60),
            physical_type=self.key(item, "physicalType", at, 200),
            classification=self.key(item, "classification", at, 60),
            term=term_of(item),
            description=self.words(item, "description", at),
            is_required=item.get("required") is True,
            is_unique=item.get("unique") is True,
            is_primary_key=item.get("primaryKey") is True,
        )


def term_of(item: Mapping[str, JSONValue]) -> str:
    """Return the slug of the business term that a property names by its definition's URL."""
    definitions = item.get("authoritativeDefinitions")
    for entry in definitions if isinstance(definitions, list) else ():
        if isinstance(entry, Mapping) and entry.get("type") == "businessDefinition":
            _, marker, slug = str(entry.get("url", "")).rpartition("/glossary/")
            if marker and is_slug(slug):
                return slug
    return ""
