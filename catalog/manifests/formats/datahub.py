"""Metadata files of DataHub: data products, and datasets that no data product exposes; pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests.formats import datahub_yaml
from catalog.manifests.formats.datahub_columns import ColumnReader, tags_of, term_urns
from catalog.manifests.formats.datahub_entities import SNAPSHOT, Entity, EntityReader
from catalog.manifests.formats.datahub_urns import dataset_name, dataset_of_column, platform_of
from catalog.manifests.formats.source_object import Slugs, SourceObject, links, not_kept
from catalog.manifests.formats.tables import Table, build_product, table_contract
from catalog.manifests.formats.types import MEGABYTE, Format, ImportedProduct, SourceFile
from catalog.types import JSONObject, JSONValue

SYSTEM = "datahub"
DATASET, DATA_PRODUCT, COLUMN = "dataset", "dataProduct", "schemaField"
# Entities of which only the names are read, where others refer to them: the aspect with the name.
_NAMED_BY = {
    "tag": "tagProperties",
    "glossaryTerm": "glossaryTermInfo",
    "domain": "domainProperties",
    "corpuser": "corpUserInfo",
    "corpGroup": "corpGroupInfo",
}
# Aspects that repeat what the URN of their entity says, and those that hold values of the data.
_KEYS = ("datasetKey", "dataProductKey", "schemaFieldKey")
_PROFILES = ("datasetProfile",)


def detects(value: JSONValue) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict):
        return False
    is_proposal = "entityType" in first and "aspectName" in first
    return is_proposal or SNAPSHOT in first or bool(datahub_yaml.kind_of(value))


def read(files: Sequence[SourceFile]) -> Iterator[ImportedProduct]:
    """Yield the products of files. Raises ValidationFailed."""
    slugs = Slugs()
    for file in files:
        if datahub_yaml.kind_of(file.value):
            yield from datahub_yaml.read(file, slugs)
            continue
        reader = EntityReader()
        entities = reader.read(file)
        yield from _ProductReader(entities, slugs, list(reader.losses())).products()


FORMAT = Format(
    name=SYSTEM,
    title="DataHub metadata",
    versions="change proposals (MCP), snapshots (MCE), data products and contracts as YAML",
    files="lists of proposals or snapshots in JSON, or one data product or contract in YAML",
    detects=detects,
    read=read,
    max_bytes=64 * MEGABYTE,
)


class _ProductReader:
    """Makes products of the entities of one file."""

    def __init__(
        self, entities: Mapping[str, Entity], slugs: Slugs, losses: Iterable[Issue]
    ) -> None:
        self._entities = entities
        self._slugs = slugs
        self._losses = list(losses)
        self._names = {
            urn: entity.aspect(_NAMED_BY[entity.type]).text("displayName", "fullName", "name")
            for urn, entity in entities.items()
            if entity.type in _NAMED_BY
        }
        self._columns: dict[str, dict[str, list[SourceObject]]] = defaultdict(dict)
        for entity in entities.values():
            if entity.type == COLUMN and (place := dataset_of_column(entity.urn)):
                self._columns[place[0]][place[1]] = list(entity.aspects.values())
        self._upstreams = self._upstreams_of_jobs()

    def products(self) -> Iterator[ImportedProduct]:
        """Yield data products, then the datasets that none of them exposes.

        What belongs to no product is reported with the first one.
        """
        products = [one for one in self._entities.values() if one.type == DATA_PRODUCT]
        datasets = {urn: one for urn, one in self._entities.items() if one.type == DATASET}
        exposed = {product.urn: self._exposed(product) for product in products}
        inside = {urn for urns in exposed.values() for urn in urns}
        alone = [one for urn, one in datasets.items() if urn not in inside]
        losses = [*self._losses, *self._other_entities()]
        if not products and not datasets:
            kinds = Counter(one.type for one in self._entities.values())
            listed = ", ".join(f"{kind} ({count:,})" for kind, count in kinds.items())
            message = f"The file holds no dataset and no data product, but {listed or 'nothing'}."
            raise ValidationFailed([Issue(location="", message=message)])
        for entity, urns in [
            *((product, exposed[product.urn]) for product in products),
            *((dataset, [dataset.urn]) for dataset in alone),
        ]:
            if entity.is_removed:
                losses.append(not_kept(entity.pointer, entity.urn, "it is marked as removed"))
                continue
            yield self._product(entity, urns, losses)
            losses = []

    def _exposed(self, product: Entity) -> list[str]:
        """Return the datasets that a data product exposes: its output ports, else its assets."""
        assets = product.aspect("dataProductProperties").objects("assets")
        flagged = [(asset.text("destinationUrn"), asset.flag("outputPort")) for asset in assets]
        ports = [urn for urn, is_port in flagged if is_port]
        datasets = [urn for urn in ports or [urn for urn, _ in flagged] if dataset_name(urn)]
        return list(dict.fromkeys(datasets))

    def _product(
        self, entity: Entity, urns: Sequence[str], losses: Iterable[Issue]
    ) -> ImportedProduct:
        properties = entity.aspect(f"{entity.type}Properties")
        edited = entity.aspect(f"editable{entity.type[:1].upper()}{entity.type[1:]}Properties")
        tables = [self._table(urn) for urn in urns]
        inner = (self._entities.get(urn) for urn in urns)
        parts = [entity, *(one for one in inner if one is not None and one is not entity)]
        name = properties.text("name") or dataset_name(entity.urn) or entity.short_name
        own = set(urns)
        ups = [up for urn in urns for up in self._upstreams_of(urn) if up not in own]
        return build_product(
            SYSTEM,
            identifier=entity.urn,
            name=name,
            slug=self._slugs.unique(name, f"{name}-{platform_of(entity.urn)}"),
            purpose=edited.text("description") or properties.text("description"),
            domain=self._domain(entity),
            tags=self._tags(entity),
            members=list(self._members(entity)),
            definitions=self._links(entity, properties),
            tables=tables,
            upstreams=[(dataset_name(up) or up, up) for up in dict.fromkeys(ups)],
            extras={place: value for one in parts for place, value in _rest(one)},
            losses=[*losses, *(loss for one in parts for loss in _lost_profiles(one))],
        )

    def _table(self, urn: str) -> Table:
        entity = self._entities.get(urn) or Entity(urn, DATASET, "")
        reader = ColumnReader(self._names, self._columns.get(urn, {}))
        schema = entity.aspect("schemaMetadata")
        columns = reader.columns(schema, entity.aspect("editableSchemaMetadata"))
        name = entity.aspect("datasetProperties").text("name") or dataset_name(urn)
        description = entity.aspect("editableDatasetProperties").text("description")
        return Table(
            name=name,
            physical_name=dataset_name(urn),
            port_type=platform_of(urn),
            description=description or entity.aspect("datasetProperties").text("description"),
            contract=table_contract(urn, name, dataset_name(urn), columns),
        )

    def _upstreams_of(self, urn: str) -> list[str]:
        entity = self._entities.get(urn) or Entity(urn, DATASET, "")
        upstreams = entity.aspect("upstreamLineage").objects("upstreams")
        direct = [up for one in upstreams if (up := one.text("dataset")) and up != urn]
        return [*direct, *(up for up in self._upstreams.get(urn, ()) if up != urn)]

    def _upstreams_of_jobs(self) -> dict[str, list[str]]:
        """Return what jobs read to write each dataset."""
        read_for: dict[str, list[str]] = defaultdict(list)
        for entity in self._entities.values():
            if entity.type == "dataJob":
                ends = entity.aspect("dataJobInputOutput")
                for output in ends.texts("outputDatasets"):
                    read_for[output] += ends.texts("inputDatasets")
        return read_for

    def _tags(self, entity: Entity) -> list[str]:
        terms = term_urns(entity.aspect("glossaryTerms"))
        names = (self._names.get(urn) or urn.rpartition(":")[2] for urn in terms)
        return [*tags_of(entity.aspect("globalTags"), self._names), *names]

    def _domain(self, entity: Entity) -> str:
        """Return the name of the domain, which is kept too: here a product has one of ours."""
        urns = entity.aspect("domains").value.get("domains")
        urn = str(urns[0]) if isinstance(urns, list) and urns else ""
        return self._names.get(urn) or urn.rpartition(":")[2]

    def _members(self, entity: Entity) -> Iterator[JSONObject]:
        for owner in entity.aspect("ownership").objects("owners"):
            if urn := owner.text("owner"):
                role = owner.text("typeUrn").rpartition(":")[2] or owner.text("type")
                member = {"username": urn.rpartition(":")[2], "name": self._names.get(urn)}
                member["role"] = role.removeprefix("__system__")
                yield {key: value for key, value in member.items() if value}

    def _links(self, entity: Entity, properties: SourceObject) -> list[JSONObject]:
        memory = entity.aspect("institutionalMemory").objects("elements")
        return links(
            [
                *(("documentation", one.text("url"), one.text("description")) for one in memory),
                ("documentation", properties.text("externalUrl"), ""),
                *(
                    ("businessDefinition", urn, self._names.get(urn) or "")
                    for urn in term_urns(entity.aspect("glossaryTerms"))
                ),
            ]
        )

    def _other_entities(self) -> Iterator[Issue]:
        """Yield a loss for each type of entity that is no product."""
        others = [
            one
            for one in self._entities.values()
            if one.type not in (DATASET, DATA_PRODUCT, COLUMN)
        ]
        first = {one.type: one.pointer for one in reversed(others)}
        for kind, count in Counter(one.type for one in others).items():
            reason = "only datasets and data products are products here"
            if kind in _NAMED_BY:
                reason = "only its name is used, where products refer to it"
            yield not_kept(first[kind], f"{kind} ({count:,} of them)", reason)


def _rest(entity: Entity) -> Iterator[tuple[str, JSONValue]]:
    """Yield what nobody read of an entity's aspects, earlier values too, by its pointer."""
    for name, aspect in (*entity.aspects.items(), *entity.earlier):
        if name not in (*_KEYS, *_PROFILES):
            yield from aspect.rest()


def _lost_profiles(entity: Entity) -> Iterator[Issue]:
    for name, aspect in entity.aspects.items():
        if name in _PROFILES:
            yield not_kept(aspect.pointer, name, "it holds values of the data")
