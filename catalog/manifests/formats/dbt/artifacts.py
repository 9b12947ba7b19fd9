"""The artifacts of dbt: which files they are, and their nodes with nothing of a wrong type; pure.

Manifests of versions 4 to 12 differ in what is optional only, so all are read alike.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from jsonpointer import escape

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue, Severity, shortened
from catalog.manifests.formats.types import SourceFile
from catalog.types import JSONObject, JSONValue

_SCHEMA = re.compile(r"https://schemas\.getdbt\.com/dbt/([a-z-]+)/v(\d{1,3})(?:\.json)?")
MANIFEST, CATALOG, RUN_RESULTS = "manifest", "catalog", "run-results"
# The versions that are read, from the first to the last that is known.
VERSIONS = {MANIFEST: (4, 12), CATALOG: (1, 1), RUN_RESULTS: (4, 6)}
# What has rows in the warehouse, and so may be served.
RELATIONS = ("model", "snapshot", "seed")
_MANIFEST_HINT = "Run `dbt parse` and import target/manifest.json."


def schema_of(value: JSONValue) -> tuple[str, int] | None:
    """Return the kind and version of an artifact; None for anything else."""
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    declared = metadata.get("dbt_schema_version") if isinstance(metadata, Mapping) else None
    match = _SCHEMA.fullmatch(declared) if isinstance(declared, str) else None
    return (match[1], int(match[2])) if match else None


def is_dbt(value: JSONValue) -> bool:
    schema = schema_of(value)
    return schema is not None and schema[0] in VERSIONS


def mapping(value: JSONValue) -> Mapping[str, JSONValue]:
    return value if isinstance(value, Mapping) else {}


def items(value: JSONValue) -> list[JSONValue]:
    return value if isinstance(value, list) else []


def text(value: JSONValue) -> str:
    return value.strip() if isinstance(value, str) else ""


def texts(value: JSONValue) -> list[str]:
    """Return a list of texts, from a list or from one text."""
    listed = [value] if isinstance(value, str) else items(value)
    return [item.strip() for item in listed if isinstance(item, str) and item.strip()]


@dataclass(frozen=True)
class Node:
    """A model, seed, snapshot, source table, test or exposure of a manifest.

    `values` are its members; what `config` says of one holds where the member is missing.
    """

    id: str
    section: str
    values: Mapping[str, JSONValue]

    @property
    def pointer(self) -> str:
        return f"/{self.section}/{escape(self.id)}"

    @property
    def type(self) -> str:
        return text(self.values.get("resource_type"))

    @property
    def name(self) -> str:
        return text(self.values.get("name")) or self.id

    @property
    def package(self) -> str:
        return text(self.values.get("package_name"))

    @property
    def config(self) -> Mapping[str, JSONValue]:
        return mapping(self.values.get("config"))

    @property
    def depends_on(self) -> list[str]:
        return texts(mapping(self.values.get("depends_on")).get("nodes"))

    def get(self, key: str) -> JSONValue:
        value = self.values.get(key)
        return self.config.get(key) if value in (None, "", [], {}) else value

    @property
    def is_public(self) -> bool:
        return text(self.get("access")) == "public"

    @property
    def has_contract(self) -> bool:
        return mapping(self.get("contract")).get("enforced") is True

    @property
    def is_relation(self) -> bool:
        """Return True if it has rows of its own: an ephemeral model is part of others."""
        return self.type in RELATIONS and self.config.get("materialized") != "ephemeral"

    @property
    def version(self) -> str:
        """Return the version of the port that serves a model: 1.0.0 for one without versions."""
        number = self.values.get("version")
        match = re.fullmatch(r"\d{1,6}", str(number)) if not isinstance(number, bool) else None
        return f"{match[0]}.0.0" if match else text(number) or "1.0.0"


@dataclass
class Artifacts:
    """A manifest with the catalog and run results that were given with it."""

    manifest: Mapping[str, JSONValue]
    manifest_file: str
    catalog: Mapping[str, JSONValue] = field(default_factory=dict)
    catalog_file: str = ""
    runs: list[tuple[str, Mapping[str, JSONValue]]] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    sources: dict[str, Node] = field(default_factory=dict)
    exposures: dict[str, Node] = field(default_factory=dict)
    groups: dict[str, Node] = field(default_factory=dict)

    @property
    def project(self) -> str:
        """Return the name of the project itself; empty if the manifest is too old to say it."""
        return text(mapping(self.manifest.get("metadata")).get("project_name"))

    @property
    def adapter(self) -> str:
        return text(mapping(self.manifest.get("metadata")).get("adapter_type"))

    def relations(self) -> Iterator[Node]:
        return (node for node in self.nodes.values() if node.type in RELATIONS)

    def tests(self) -> Iterator[Node]:
        return (node for node in self.nodes.values() if node.type == "test")

    def node(self, identifier: str) -> Node | None:
        return self.nodes.get(identifier) or self.sources.get(identifier)

    @cached_property
    def groups_by_name(self) -> dict[str, Node]:
        """Return the groups by name; of several packages with one, the first."""
        groups: dict[str, Node] = {}
        for group in self.groups.values():
            groups.setdefault(group.name, group)
        return groups

    @cached_property
    def exposures_by_node(self) -> dict[str, list[Node]]:
        """Return the exposures that read each node."""
        exposures: dict[str, list[Node]] = {}
        for exposure in self.exposures.values():
            for key in exposure.depends_on:
                exposures.setdefault(key, []).append(exposure)
        return exposures

    @cached_property
    def semantic_models(self) -> dict[str, list[Node]]:
        """Return the semantic models that are built on each node."""
        models: dict[str, list[Node]] = {}
        for identifier, values in mapping(self.manifest.get("semantic_models")).items():
            model = Node(identifier, "semantic_models", mapping(values))
            for key in model.depends_on:
                models.setdefault(key, []).append(model)
        return models

    def catalog_of(self, node: Node) -> Mapping[str, JSONValue]:
        return mapping(mapping(self.catalog.get(node.section)).get(node.id))


def read_artifacts(sources: Sequence[SourceFile]) -> Artifacts:
    """Return the artifacts of an import. Raises ValidationFailed without one readable manifest."""
    by_kind: dict[str, list[SourceFile]] = {kind: [] for kind in VERSIONS}
    issues = []
    for source in sources:
        schema = schema_of(next(iter(source.values), None))
        if schema is None or schema[0] not in by_kind:
            message = "This is no manifest, catalog or run results of dbt."
            location = f"{source.name}#/metadata/dbt_schema_version"
            raise ValidationFailed.of(location, message, _MANIFEST_HINT)
        if issue := _version_issue(source, *schema):
            if issue.is_error and schema[0] == MANIFEST:
                raise ValidationFailed([issue])
            issues.append(issue)
        if issue is None or issue.code == "newer":
            by_kind[schema[0]].append(source)
    _require_one(by_kind[MANIFEST], MANIFEST)
    [manifest] = by_kind[MANIFEST]
    _require_one(by_kind[CATALOG] or by_kind[MANIFEST], CATALOG)
    artifacts = Artifacts(
        manifest=manifest.value,
        manifest_file=manifest.name,
        catalog=by_kind[CATALOG][0].value if by_kind[CATALOG] else {},
        catalog_file=by_kind[CATALOG][0].name if by_kind[CATALOG] else "",
        runs=[(source.name, source.value) for source in by_kind[RUN_RESULTS]],
        issues=issues,
    )
    for section in ("nodes", "sources", "exposures", "groups"):
        _read_section(artifacts, section)
    return artifacts


def _require_one(sources: Sequence[SourceFile], kind: str) -> None:
    if len(sources) == 1:
        return
    name = sources[1].name if sources else ""
    message = (
        f"A second {kind}: import each project by itself." if sources else f"No {kind} is given."
    )
    location = f"{name}#/metadata" if name else "/metadata"
    raise ValidationFailed.of(location, message, _MANIFEST_HINT)


def _version_issue(source: SourceFile, kind: str, version: int) -> Issue | None:
    first, last = VERSIONS[kind]
    location = f"{source.name}#/metadata/dbt_schema_version"
    if version < first:
        is_manifest = kind == MANIFEST
        return Issue(
            location=location,
            message=f"Version {version} of {kind} is not read.",
            hint=f"Use dbt 1.0 or later, which writes version {first} to {last}.",
            severity=Severity.ERROR if is_manifest else Severity.WARNING,
        )
    if version > last:
        message = (
            f"Version {version} of {kind} is newer than any that is known; it is read as {last}."
        )
        return Issue(location=location, message=message, code="newer", severity=Severity.WARNING)
    return None


def _read_section(artifacts: Artifacts, section: str) -> None:
    """Read the nodes of a section; one of a wrong type is a warning, and left out."""
    declared = artifacts.manifest.get(section)
    if declared is not None and not isinstance(declared, Mapping):
        raise ValidationFailed.of(f"{artifacts.manifest_file}#/{section}", "Must be an object.")
    nodes: dict[str, Node] = getattr(artifacts, section)
    for identifier, values in mapping(declared).items():
        if isinstance(values, Mapping):
            nodes[identifier] = Node(identifier, section, values)
            continue
        location = f"{artifacts.manifest_file}#/{section}/{escape(identifier)}"
        message = f"{shortened(identifier)} is no object, so it is left out."
        artifacts.issues.append(
            Issue(location=location, message=message, severity=Severity.WARNING)
        )


def without_empty(values: Mapping[str, JSONValue]) -> JSONObject:
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
