"""An output port as a Croissant 1.1 dataset with RAI properties, and all that this loses; pure.

A product that was imported from Croissant is handed out as the document that came, with what was
edited since. Where that would not load in the clients, it is written again from the product.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from jsonpointer import escape

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests.formats.croissant.checks import check_document
from catalog.manifests.formats.croissant.importing import (
    DERIVED_FROM,
    STANDARD,
    read_document,
)
from catalog.manifests.formats.croissant.merging import merge
from catalog.manifests.formats.croissant.tables import FileFacts, NodeIds, Table, TableWriter
from catalog.manifests.formats.croissant.vocabulary import CONFORMS_TO, CONTEXT, NODE_ID
from catalog.manifests.formats.types import KEPT_FIELDS
from catalog.products.projection import custom
from catalog.products.reuse import CITATION, LICENSE, reuse_of, suggested_citation
from catalog.provenance.answers import UNKNOWN, rai_losses, rai_values
from catalog.provenance.projection import KEY, parse_provenance
from catalog.types import JSONObject, JSONValue

# What a document of ours says that a dataset says too, or that says nothing; all else is lost.
_PRODUCT_KEYS = {"name", "version", "tags", "team", "domain", "apiVersion", "kind", "id"}
_PRODUCT_KEYS |= {"description", "customProperties", "inputPorts", "outputPorts"}
_DESCRIPTION_KEYS = {"purpose", "limitations", "usage"}
_CONTRACT_KEYS = {"apiVersion", "kind", "servers", "schema"}
_TABLE_KEYS = {"name", "description", "properties", "logicalType", "customProperties"}
_COLUMN_KEYS = _TABLE_KEYS | {"items", "primaryKey", "primaryKeyPosition"}
_READ_COLUMN_KEYS = _COLUMN_KEYS | {"physicalName"}
_PROPERTIES = {LICENSE, CITATION, KEY, KEPT_FIELDS}
_PORT_LOSSES = {
    "outputPorts": "A dataset is one port; of that, the version and the type are lost.",
    "inputPorts": "Only the products are named, and only those that the reader can see.",
}
MAX_LOSSES = 1_000
_IRI = re.compile(r"(https?|urn|doi):[^\s<>\"{}|\\^`]+")


@dataclass(frozen=True, kw_only=True)
class DatasetFacts:
    """One output port of a product, as its reader may see it.

    `tree` and `contract` are the documents; all else is what they do not say: addresses, dates,
    the file that is served, and what was measured.
    """

    tree: JSONObject
    contract: JSONObject
    iri: str
    page: str
    publisher: str
    published_on: date | None = None
    file: FileFacts | None = None
    tables: Sequence[Table] = ()
    sources: Sequence[tuple[str, str]] = ()
    imbalances: Sequence[str] = ()
    losses: Sequence[Issue] = ()


@dataclass(frozen=True)
class CroissantExport:
    """The document, and what it does not say, by JSON Pointers in the product or its contract."""

    document: JSONObject
    losses: list[Issue] = field(default_factory=list)


def export(facts: DatasetFacts) -> CroissantExport:
    """Return the dataset of an output port; it always loads in Croissant's clients."""
    written = write(facts)
    fields = custom(facts.tree, KEPT_FIELDS)
    ours = fields.get(STANDARD) if isinstance(fields, Mapping) else None
    original = ours.get("") if isinstance(ours, Mapping) else None
    if not isinstance(original, dict):
        return written
    try:
        imported = read_document(original)
    except ValidationFailed as invalid:
        return _rewritten(written, invalid.issues)
    before = replace(
        facts,
        tree=imported.tree,
        contract=imported.contracts[0],
        tables=tables_of(imported.contracts[0]),
        file=None,
        sources=(),
        imbalances=(),
        losses=(),
    )
    edited = write(facts, groups_unread=False)
    unedited = write(before, groups_unread=False)
    document = merge(original, unedited.document, edited.document)
    if issues := check_document(document):
        return _rewritten(written, issues)
    # What the import itself wrote is in the document that came.
    known = {*unedited.losses, *facts.losses}
    return CroissantExport(document, [loss for loss in edited.losses if loss not in known])


def _rewritten(written: CroissantExport, issues: Sequence[Issue]) -> CroissantExport:
    message = "The imported document would not load in Croissant's clients, so it is not used"
    reasons = [
        Issue(location=f"kept#{issue.location}", message=f"{message}: {issue.message}")
        for issue in issues
    ]
    return CroissantExport(written.document, [*reasons, *written.losses])


def write(facts: DatasetFacts, *, groups_unread: bool = True) -> CroissantExport:
    """Return the dataset written from the documents of the product and its contract.

    Fields that no file has are grouped, unless they are only compared.
    """
    tree, reuse = facts.tree, reuse_of(facts.tree)
    name, version = str(tree.get("name") or ""), str(tree.get("version") or "")
    creator = _team(tree) or facts.publisher
    description = tree.get("description")
    purpose = description.get("purpose") if isinstance(description, Mapping) else None
    document: JSONObject = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "@id": facts.iri,
        "name": name,
        "description": purpose,
        "conformsTo": CONFORMS_TO,
        "url": facts.page,
        "identifier": str(tree.get("id") or "") or None,
        "license": _license(reuse.license_url, reuse.license),
        "creator": {"@type": "sc:Organization", "name": creator},
        "publisher": {"@type": "sc:Organization", "name": facts.publisher},
        "datePublished": facts.published_on.isoformat() if facts.published_on else None,
        "version": version,
        "citeAs": reuse.citation or _citation(facts, creator, name, version),
        "keywords": _keywords(tree),
        "usageInfo": _usage(tree, facts.page),
        "prov:wasDerivedFrom": _derived_from(facts),
        **_rai(tree, facts.imbalances),
    }
    ids = NodeIds({facts.iri})
    writer = TableWriter(ids, facts.file, groups_unread=groups_unread)
    if facts.file:
        writer.file_id = ids.allot(facts.file.name)
        document["distribution"] = [_file(facts.file, writer.file_id)]
    document["recordSet"] = [writer.record_set(table) for table in facts.tables]
    losses = [*facts.losses, *writer.losses, *_losses(facts)]
    if len(losses) > MAX_LOSSES:
        message = f"{len(losses) - MAX_LOSSES} more losses are not listed."
        losses = [*losses[:MAX_LOSSES], Issue(location="/", message=message)]
    return CroissantExport(
        {key: value for key, value in document.items() if value not in (None, "", [], {})}, losses
    )


def tables_of(contract: Mapping[str, JSONValue]) -> list[Table]:
    """Return the tables of a contract, with nothing that was measured."""
    schema = contract.get("schema")
    return [
        Table(node=node, pointer=f"/schema/{index}")
        for index, node in enumerate(schema if isinstance(schema, list) else ())
        if isinstance(node, Mapping)
    ]


def _file(file: FileFacts, identifier: str) -> JSONObject:
    return {
        "@type": "cr:FileObject",
        "@id": identifier,
        "name": file.name,
        "contentUrl": file.url,
        "contentSize": f"{file.size} B",
        "encodingFormat": file.media_type,
        "sha256": file.sha256,
    }


def _team(tree: JSONObject) -> str:
    team = tree.get("team")
    name = team.get("name") if isinstance(team, Mapping) else None
    return name.strip() if isinstance(name, str) else ""


def _license(url: str, text: str) -> JSONValue:
    if url or not text:
        return url
    return {"@type": "sc:CreativeWork", "name": text}


def _citation(facts: DatasetFacts, creator: str, name: str, version: str) -> str:
    """Return the citation that the page suggests; none for what has no date yet."""
    if facts.published_on is None:
        return ""
    return suggested_citation(
        publisher=creator,
        year=facts.published_on.year,
        name=name,
        version=version,
        iri=facts.iri,
    )


def _keywords(tree: JSONObject) -> list[str]:
    tags = tree.get("tags")
    texts = (tag for tag in (tags if isinstance(tags, list) else ()) if isinstance(tag, str))
    return list(dict.fromkeys(texts))


def _usage(tree: JSONObject, page: str) -> JSONObject:
    """Return what the document says of the product's use and its limits."""
    description = tree.get("description")
    parts = description if isinstance(description, Mapping) else {}
    texts = [text for key in ("usage", "limitations") if isinstance(text := parts.get(key), str)]
    text = "\n\n".join(filter(None, texts))
    return {"@type": "sc:CreativeWork", "name": "Usage", "text": text, "url": page} if text else {}


def _derived_from(facts: DatasetFacts) -> list[JSONObject]:
    """Return the products that it is made from, and what else the answer names."""
    sources: list[JSONObject] = [
        {"@id": iri, "@type": "prov:Entity", "name": name} for iri, name in facts.sources
    ]
    for answer in parse_provenance(facts.tree).answers:
        for text in (*answer.values, answer.text) if answer.question == DERIVED_FROM else ():
            node: JSONObject = {"@id": text} if _IRI.fullmatch(text) else {"name": text}
            sources += [{"@type": "prov:Entity"} | node] if text else []
    return sources


def _rai(tree: JSONObject, imbalances: Sequence[str]) -> JSONObject:
    """Return the answers as RAI properties; imbalances are sentences of `dataBiases`."""
    values = rai_values(parse_provenance(tree).answers)
    if imbalances:
        values["dataBiases"] = [*values.get("dataBiases", ()), *imbalances]
    return {
        f"rai:{name}": texts[0] if len(texts) == 1 else texts
        for name, texts in values.items()
        if texts
    }


def _losses(facts: DatasetFacts) -> Iterator[Issue]:
    yield from _product_losses(facts.tree)
    known = _READ_COLUMN_KEYS if facts.file else _COLUMN_KEYS
    for key in facts.contract:
        if key not in _CONTRACT_KEYS:
            yield _no_place(f"contract#/{escape(key)}")
    for table in tables_of(facts.contract):
        yield from _node_losses(table.node, table.pointer, _TABLE_KEYS, known)


def _product_losses(tree: JSONObject) -> Iterator[Issue]:
    team = tree.get("team")
    lost = [f"/{escape(key)}" for key in tree if key not in _PRODUCT_KEYS]
    if isinstance(team, Mapping):
        lost += [f"/team/{escape(key)}" for key in team if key != "name"]
    for index, item in enumerate(_list(tree, "customProperties")):
        if not isinstance(item, Mapping) or item.get("property") not in _PROPERTIES:
            lost.append(f"/customProperties/{index}")
    if isinstance(description := tree.get("description"), Mapping):
        others = (key for key in description if key not in _DESCRIPTION_KEYS)
        lost += [f"/description/{escape(key)}" for key in others]
    yield from map(_no_place, lost)
    for key, message in _PORT_LOSSES.items():
        if tree.get(key):
            yield Issue(location=f"/{key}", message=message)
    yield from _provenance_losses(tree)
    if not reuse_of(tree).license:
        message = "No licence is stated, which Croissant asks for."
        yield Issue(location=f"/{LICENSE}", message=message)


def _provenance_losses(tree: JSONObject) -> Iterator[Issue]:
    provenance = parse_provenance(tree)
    for answer in rai_losses(provenance.answers):
        if answer.state == UNKNOWN:
            message = "Croissant cannot say that an answer is unknown."
            yield Issue(location=f"/provenance/{answer.question}", message=message)
        elif answer.question != DERIVED_FROM:
            yield _no_place(f"/provenance/{answer.question}")
    if provenance.imbalances:
        message = "Croissant has no figures of groups: they are sentences of dataBiases."
        yield Issue(location="/provenance/imbalances", message=message)


def _node_losses(
    node: Mapping[str, JSONValue], at: str, known: set[str], known_below: set[str]
) -> Iterator[Issue]:
    """Yield what is lost of a table or column, and of all that is nested in it."""
    for key in node:
        if key not in known:
            yield _no_place(f"contract#{at}/{escape(key)}")
    for index, item in enumerate(_list(node, "customProperties")):
        if not isinstance(item, Mapping) or item.get("property") != NODE_ID:
            yield _no_place(f"contract#{at}/customProperties/{index}")
    if isinstance(items := node.get("items"), Mapping):
        yield from _node_losses(items, f"{at}/items", known_below, known_below)
    for index, column in enumerate(_list(node, "properties")):
        if isinstance(column, Mapping):
            below = f"{at}/properties/{index}"
            yield from _node_losses(column, below, known_below, known_below)


def _list(node: Mapping[str, JSONValue], key: str) -> list[JSONValue]:
    value = node.get(key)
    return value if isinstance(value, list) else []


def _no_place(location: str) -> Issue:
    return Issue(location=location, message="Croissant has no place for it.")
