"""Croissant 1.0 and 1.1 as a product with a contract and provenance answers; pure.

The whole document is kept with the product, so that nothing is lost and the export of a product
that nobody edited is the document that came.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from catalog.contracts.projection import MAX_SERVERS, new_tree
from catalog.exceptions import ValidationFailed
from catalog.identifiers import slug_of
from catalog.issues import Issue, Severity, shortened
from catalog.manifests.formats.croissant.linked_data import Node, dataset_of
from catalog.manifests.formats.croissant.vocabulary import (
    CROISSANT,
    GROUP,
    LOGICAL_TYPES,
    NODE_ID,
    VERSIONS,
)
from catalog.manifests.formats.types import (
    ImportedProduct,
    SourceFile,
    kept_fields,
    product_tree,
)
from catalog.products.reuse import CITATION, LICENSE
from catalog.products.tree_reader import MAX_TEXT
from catalog.provenance.answers import RAI_ALIASES, answers_from_rai
from catalog.provenance.projection import KEY, MAX_VALUE_LENGTH, MAX_VALUES
from catalog.provenance.questions import CURRENT_SET
from catalog.types import JSONObject, JSONValue

STANDARD = "croissant"
DERIVED_FROM = "derived_from"
PORT = "dataset"
# Spellings of RAI properties in published files, in addition to those that the record knows.
_ALIASES = RAI_ALIASES | {
    "annotationPlatform": "dataAnnotationPlatform",
    "annotationProtocol": "dataAnnotationProtocol",
    "annotatorsDemographics": "annotatorDemographics",
    "annotationPerItem": "annotationsPerItem",
    "dataCollectionRaw": "dataCollectionRawData",
    "dataCollectionMissing": "dataCollectionMissingData",
    "dataBias": "dataBiases",
    "useCases": "dataUseCases",
}
_PERIOD = ("dataCollectionTimeFrameStart", "dataCollectionTimeFrameEnd")


def read(sources: Sequence[SourceFile]) -> Iterator[ImportedProduct]:
    """Yield the product of each document. Raises ValidationFailed."""
    for source in sources:
        for document in source.values:
            yield read_document(document)


def read_document(document: JSONValue) -> ImportedProduct:
    """Return the product of one document. Raises ValidationFailed if it is no Croissant."""
    dataset = dataset_of(document) if isinstance(document, Mapping) else None
    if dataset is None:
        raise ValidationFailed.of("/@type", "This is no Dataset.", "Its @type is sc:Dataset.")
    reading = _Reading(dataset)
    reading.check_version()
    name = dataset.text("name")
    if not name:
        raise ValidationFailed.of(f"{dataset.pointer}/name", "The dataset needs a name.")
    tree = reading.product(name, document)
    return ImportedProduct(
        identifier=str(tree["id"]),
        tree=tree,
        contracts=(reading.contract(tree),),
        losses=tuple(reading.losses),
        issues=tuple(reading.issues),
    )


def identifier_of(dataset: Node) -> str:
    """Return what a dataset is known by: its absolute id, else its address with its name."""
    if ":" in dataset.id and not dataset.id.startswith("_:"):
        return dataset.id
    return "#".join(filter(None, (dataset.text("url"), dataset.text("name"))))


@dataclass
class _Reading:
    """One dataset that is read, with what is not kept and what is wrong."""

    dataset: Node
    losses: list[Issue] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def check_version(self) -> None:
        """Raise ValidationFailed for a version that is not read; warn if none is stated."""
        declared = self.dataset.texts("conformsTo")
        stated = [text for text in declared if text.startswith(CROISSANT)]
        location = f"{self.dataset.pointer}/conformsTo"
        hint = f"Use one of {', '.join(VERSIONS)}."
        if not stated and self.dataset.nodes("recordSet") + self.dataset.nodes("distribution"):
            message = "No version of Croissant is stated; it is read as 1.1."
            severity = Severity.WARNING
            self.issues.append(
                Issue(location=location, message=message, hint=hint, severity=severity)
            )
        elif not set(stated) & set(VERSIONS):
            version = shortened(", ".join(declared) or "none", 80)
            raise ValidationFailed.of(location, f"Version {version} is not read.", hint)

    def product(self, name: str, document: JSONValue) -> JSONObject:
        dataset, identifier = self.dataset, identifier_of(self.dataset)
        url = dataset.text("url")
        slug = {} if slug_of(name) else {"assaySlug": f"dataset-{digest_of(identifier)}"}
        properties: JSONObject = slug | {
            LICENSE: ", ".join(dataset.texts("license")),
            CITATION: dataset.text("citeAs"),
            KEY: self.provenance(),
        }
        version = dataset.text("version") or "1.0.0"
        creators = dataset.texts("creator") or dataset.texts("publisher")
        return product_tree(
            identifier=identifier,
            name=name,
            version=version,
            description={"purpose": text} if (text := dataset.text("description")) else None,
            tags=[*dict.fromkeys(dataset.texts("keywords"))],
            team={"name": ", ".join(creators)} if creators else None,
            outputPorts=[
                {"name": PORT, "version": "1.0.0", "type": "files", "contractId": identifier}
            ],
            authoritativeDefinitions=[{"type": "documentation", "url": url}]
            if url.startswith(("https://", "http://")) and not url.split()[1:]
            else None,
            customProperties=[
                {"property": key, "value": value} for key, value in properties.items() if value
            ]
            + kept_fields(STANDARD, {"": document}),
        )

    def provenance(self) -> JSONObject | None:
        """Return the answers that the RAI properties give, whichever way they are spelled."""
        properties: dict[str, list[str]] = {}
        for name, key, _value in self.dataset.members():
            if name.startswith("rai:"):
                term = name.removeprefix("rai:")
                spelled = properties.setdefault(_ALIASES.get(term, term), [])
                spelled += self.dataset.texts_at(key)
        start, end = (properties.pop(name, [""])[0] for name in _PERIOD)
        if start or end:
            properties.setdefault("dataCollectionTimeframe", [f"{start or '..'}/{end or '..'}"])
        answers = answers_from_rai(properties)
        if sources := self.dataset.texts("prov:wasDerivedFrom") + self.dataset.texts("isBasedOn"):
            answers[DERIVED_FROM] = {"state": "answered", "values": sources}
        for question, answer in answers.items():
            self._shorten(question, answer)
        return {"questionSet": CURRENT_SET.version, "answers": answers} if answers else None

    def _shorten(self, question: str, answer: JSONObject) -> None:
        """Cut what is longer than an answer can be; the document has it whole."""
        values = answer.get("values", [])
        short = [value[:MAX_VALUE_LENGTH] for value in values[:MAX_VALUES]]
        text = str(answer.get("text", ""))
        if short == values and len(text) <= MAX_TEXT:
            return
        answer |= {"values": short} if values else {}
        answer |= {"text": text[:MAX_TEXT]} if text else {}
        message = f"The answer to {question} is cut; the whole text is in the kept document."
        self.losses.append(Issue(location=self.dataset.pointer or "/", message=message))

    def contract(self, product: JSONObject) -> JSONObject:
        servers = [
            server for node in self.dataset.nodes("distribution") for server in _server(node)
        ]
        if len(servers) > MAX_SERVERS:
            message = f"Only the first {MAX_SERVERS} files are servers of the contract."
            self.losses.append(
                Issue(location=f"{self.dataset.pointer}/distribution", message=message)
            )
        tree = new_tree(
            identifier=product["id"], name=product["name"], servers=servers[:MAX_SERVERS]
        )
        tree["version"] = "1.0.0"
        tree["schema"] = [_table(node) for node in self.dataset.nodes("recordSet")]
        return tree


def digest_of(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _server(node: Node) -> Iterator[JSONObject]:
    """Yield where a file is, if it has an address; it is not called for that."""
    if location := node.text("contentUrl"):
        media_type = ", ".join(node.texts("encodingFormat"))
        yield {
            "server": (node.id or node.text("name") or location)[:120],
            "type": "custom",
            "location": location,
            **({"format": media_type} if media_type else {}),
            **({"description": text} if (text := node.text("description")) else {}),
        }


def _table(node: Node) -> JSONObject:
    name = _name_of(node, "")
    keys = [key.id for key in node.nodes("key")] or node.texts("key")
    table: JSONObject = {"name": name, "logicalType": "object"}
    if text := node.text("description"):
        table["description"] = text
    fields = node.nodes("field")
    if len(fields) == 1 and fields[0].id == f"{node.id}/{GROUP}" and not fields[0].node("source"):
        fields = fields[0].nodes("subField")
    if properties := [_column(field, node.id, keys) for field in fields]:
        table["properties"] = properties
    return table | _with_id(node)


def _column(node: Node, parent: str, keys: Sequence[str]) -> JSONObject:
    column: JSONObject = {"name": _name_of(node, parent)} | _type_of(node)
    extract = source.node("extract") if (source := node.node("source")) else None
    physical = extract.text("column") if extract else ""
    if physical and physical != column["name"]:
        column["physicalName"] = physical
    if text := node.text("description"):
        column["description"] = text
    if node.id and node.id in keys:
        column |= {"primaryKey": True, "primaryKeyPosition": keys.index(node.id) + 1}
    if fields := [_column(field, node.id, keys) for field in node.nodes("subField")]:
        column["logicalType"] = "object"
        column["properties"] = fields
    if node.flag("isArray") or node.flag("repeated"):
        column = _as_array(column)
    return column | _with_id(node)


def _as_array(column: JSONObject) -> JSONObject:
    inner = ("logicalType", "physicalType", "properties")
    items = {key: value for key, value in column.items() if key in inner}
    outer = {key: value for key, value in column.items() if key not in inner}
    return outer | {"logicalType": "array"} | ({"items": items} if items else {})


def _type_of(node: Node) -> JSONObject:
    """Return the types of a column: a logical one where ODCS has it, else the name as it is."""
    names = [node.context.name(text) for text in node.texts("dataType")]
    known = [LOGICAL_TYPES[name] for name in names if name in LOGICAL_TYPES]
    if known:
        others = [name for name in names if name not in _PLAIN]
        return {"logicalType": known[0]} | ({"physicalType": ", ".join(others)} if others else {})
    return {"physicalType": ", ".join(names)} if names else {}


# Data types that a logical type says in full.
_PLAIN = frozenset({"Text", "Integer", "Float", "Boolean", "Date", "DateTime", "Time"})


def _name_of(node: Node, parent: str) -> str:
    """Return the name of a table or column; the id of its table before it is left out."""
    name = node.text("name") or node.id or "unnamed"
    return name.removeprefix(f"{parent}/") if parent and name != f"{parent}/" else name


def _with_id(node: Node) -> JSONObject:
    return {"customProperties": [{"property": NODE_ID, "value": node.id}]} if node.id else {}
