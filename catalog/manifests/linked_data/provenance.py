"""Where a product comes from, as PROV: one set of records for RDF (PROV-O) and for PROV-JSON; pure.

Answers, input ports, publications and measurements. What nobody answered is left out: PROV has no
word for "unknown", which the statement in `dct:provenance` has.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from catalog.manifests.linked_data.facts import ImbalanceFacts, ProductFacts
from catalog.manifests.linked_data.graph import (
    IRI,
    PREFIXES,
    Triple,
    are,
    clean,
    moment,
    text,
    version_iri,
)
from catalog.manifests.linked_data.period import period_of
from catalog.manifests.linked_data.quality import measurement_of
from catalog.types import JSONObject

CLASSES = {"entity": "prov:Entity", "activity": "prov:Activity", "agent": "prov:Agent"}
# Relation in PROV-JSON -> its two ends there, and the property of PROV-O.
RELATIONS = {
    "wasGeneratedBy": ("prov:entity", "prov:activity"),
    "used": ("prov:activity", "prov:entity"),
    "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity"),
    "wasAttributedTo": ("prov:entity", "prov:agent"),
    "wasAssociatedWith": ("prov:activity", "prov:agent"),
    "specializationOf": ("prov:specificEntity", "prov:generalEntity"),
}


@dataclass(frozen=True, kw_only=True)
class Record:
    """An entity, an activity or an agent; `type` is the compact name of any other class."""

    kind: str
    iri: IRI
    label: str
    type: str = ""
    note: str = ""
    started: datetime | None = None
    ended: datetime | None = None


@dataclass(frozen=True)
class Provenance:
    """Records and the relations between them; `statement` is all of it as text."""

    base: str
    product: IRI
    records: dict[IRI, Record] = field(default_factory=dict)
    relations: list[tuple[str, IRI, IRI]] = field(default_factory=list)
    statement: str = ""

    def add(self, record: Record) -> IRI:
        self.records.setdefault(record.iri, record)
        return record.iri

    def relate(self, relation: str, subject: IRI, target: IRI) -> None:
        self.relations.append((relation, subject, target))

    def triples(self) -> Iterator[Triple]:
        for record in self.records.values():
            yield from are(record.iri, CLASSES[record.kind], *filter(None, [record.type]))
            yield record.iri, "rdfs:label", text(record.label)
            if record.note:
                yield record.iri, "rdfs:comment", text(record.note)
            if record.started:
                yield record.iri, "prov:startedAtTime", moment(record.started)
            if record.ended:
                yield record.iri, "prov:endedAtTime", moment(record.ended)
        for relation, subject, target in self.relations:
            yield subject, f"prov:{relation}", target
        if self.statement:
            node = self.product.part("provenance")
            yield self.product, "dct:provenance", node
            yield from are(node, "dct:ProvenanceStatement")
            yield node, "rdfs:label", text(self.statement)

    def as_json(self) -> JSONObject:
        """Return the document of PROV-JSON; relations are numbered, so equal ones are equal."""
        prefixes = {name: PREFIXES[name] for name in ("dcat", "dct", "foaf", "rdfs")}
        document: JSONObject = {"prefix": {"assay": f"{self.base}/", **prefixes}}
        for record in self.records.values():
            names = document.setdefault(record.kind, {})
            names[self._name(record.iri)] = self._attributes(record)
        for relation, subject, target in self.relations:
            rows = document.setdefault(relation, {})
            first, second = RELATIONS[relation]
            ends = {first: self._name(subject), second: self._name(target)}
            rows[f"_:{relation}{len(rows) + 1}"] = ends
        return document

    def _attributes(self, record: Record) -> JSONObject:
        attributes: JSONObject = {"prov:label": clean(record.label)}
        if record.type:
            attributes["prov:type"] = {"$": record.type, "type": "prov:QUALIFIED_NAME"}
        if record.note:
            attributes["rdfs:comment"] = clean(record.note)
        if record.started:
            attributes["prov:startTime"] = moment(record.started).value
        if record.ended:
            attributes["prov:endTime"] = moment(record.ended).value
        if record.iri == self.product and self.statement:
            attributes["dct:provenance"] = clean(self.statement)
        return attributes

    def _name(self, iri: IRI) -> str:
        return f"assay:{iri.value.removeprefix(f'{self.base}/')}"


def provenance_of(facts: ProductFacts) -> Provenance:
    """Return all that is known of where a product comes from, as its reader may see it."""
    provenance = Provenance(facts.base, IRI(facts.iri), statement=_statement(facts))
    kind = "dcat:Dataset"
    provenance.add(Record(kind="entity", iri=IRI(facts.iri), label=facts.name, type=kind))
    publisher = Record(
        kind="agent",
        iri=IRI(facts.domain.url).part("publisher"),
        label=facts.domain.name,
        type="prov:Organization",
    )
    provenance.relate("wasAttributedTo", IRI(facts.iri), provenance.add(publisher))
    _add_collection(provenance, facts)
    _add_sources(provenance, facts)
    _add_publications(provenance, facts, publisher.iri)
    _add_measurements(provenance, facts)
    return provenance


def _add_collection(provenance: Provenance, facts: ProductFacts) -> None:
    """Add how the data was collected and from what, as far as that is answered."""
    source, method = facts.answer("source"), facts.answer("collection_method")
    if not (source or method):
        return
    period = period_of(facts.answer("period"))
    first, last = (period.first_day, period.last_day) if period else (None, None)
    collection = Record(
        kind="activity",
        iri=provenance.product.part("collection"),
        label="Collection",
        note=method,
        started=datetime(first.year, first.month, first.day, tzinfo=UTC) if first else None,
        ended=datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=UTC) if last else None,
    )
    provenance.relate("wasGeneratedBy", provenance.product, provenance.add(collection))
    if source:
        origin = Record(kind="entity", iri=provenance.product.part("source"), label=source)
        provenance.relate("used", collection.iri, provenance.add(origin))


def _add_sources(provenance: Provenance, facts: ProductFacts) -> None:
    """Add the product of each input port, or the port alone where the reader sees no product."""
    for source in facts.sources:
        is_known = bool(source.iri)
        record = Record(
            kind="entity",
            iri=IRI(source.iri) if is_known else provenance.product.part("input", source.port),
            label=source.name if is_known else source.port,
            type="dcat:Dataset" if is_known else "",
        )
        provenance.relate("wasDerivedFrom", provenance.product, provenance.add(record))


def _add_publications(provenance: Provenance, facts: ProductFacts, publisher: IRI) -> None:
    """Add each published version, newest first, with the publication that made it."""
    later: IRI | None = None
    for version in facts.versions:
        entity = Record(
            kind="entity",
            iri=version_iri(facts.iri, version.version),
            label=f"{facts.name} {version.version}",
        )
        publication = Record(
            kind="activity",
            iri=provenance.product.part("publication", version.version),
            label=f"Publication of version {version.version}",
            note=version.note,
            started=version.published_at,
            ended=version.published_at,
        )
        provenance.relate("specializationOf", provenance.add(entity), provenance.product)
        provenance.relate("wasGeneratedBy", entity.iri, provenance.add(publication))
        provenance.relate("wasAssociatedWith", publication.iri, publisher)
        if later:
            provenance.relate("wasDerivedFrom", later, entity.iri)
        later = entity.iri


def _add_measurements(provenance: Provenance, facts: ProductFacts) -> None:
    for metric in facts.metrics:
        assay = Record(
            kind="agent",
            iri=IRI(f"{facts.base}/").part("assay"),
            label="Assay",
            type="prov:SoftwareAgent",
        )
        entity = Record(
            kind="entity",
            iri=measurement_of(facts, metric),
            label=f"{metric.indicator} of {facts.name}",
        )
        activity = Record(
            kind="activity",
            iri=provenance.product.part("measurement", metric.indicator),
            label=f"Measurement of {metric.indicator}",
            ended=metric.as_of,
        )
        provenance.relate("wasGeneratedBy", provenance.add(entity), provenance.add(activity))
        provenance.relate("used", activity.iri, provenance.product)
        provenance.relate("wasAssociatedWith", activity.iri, provenance.add(assay))


def _statement(facts: ProductFacts) -> str:
    """Return every answer and declared imbalance as text, unknown ones as unknown."""
    lines = []
    for answer in facts.answers:
        words = {"answered": answer.text, "unknown": "Unknown."}
        content = words.get(answer.state) or f"Does not apply: {answer.text}"
        lines.append(f"{answer.title} {content}")
    return "\n".join([*lines, *map(_imbalance, facts.imbalances)])


def _imbalance(row: ImbalanceFacts) -> str:
    """Return a declared imbalance as a sentence with the numbers of its document."""
    parts = [f"Declared: {row.attribute} {row.group}"]
    if row.share is not None:
        parts.append(f"share {row.share!r}")
    if row.n is not None:
        parts.append(f"{row.n} records")
    if row.reference_share is not None or row.reference_name:
        share = "" if row.reference_share is None else f" {row.reference_share!r}"
        dated = f", {row.reference_date}" if row.reference_date else ""
        parts.append(f"reference{share} ({row.reference_name or 'unnamed'}{dated})")
    return ", ".join(parts) + "."
