"""What Croissant's clients refuse to load, as far as it can be said without them; pure."""

import re
from collections.abc import Iterator, Mapping

from jsonpointer import escape

from catalog.issues import Issue
from catalog.manifests.formats.croissant.linked_data import Node, dataset_of
from catalog.manifests.formats.croissant.vocabulary import SCHEMA_ORG, VERSIONS
from catalog.types import JSONObject, JSONValue

MAX_ISSUES = 20
_HTTP_SCHEMA_ORG = "http://schema.org/"
_ISO_DATE = re.compile(r"\d{4}(-?\d\d(-?\d\d([T ].*)?)?)?")
_DATES = ("datePublished", "dateCreated", "dateModified")


def check_document(document: JSONObject) -> list[Issue]:
    """Return why clients would refuse a document; empty if they load it."""
    dataset = dataset_of(document)
    if dataset is None or dataset.pointer:
        return [Issue(location="/@type", message="The document is no Dataset by itself.")]
    issues: list[Issue] = []
    for check in (_context, _ids, _dataset, _distribution, _fields, _unread):
        for issue in check(dataset):
            issues.append(issue)
            if len(issues) >= MAX_ISSUES:
                return issues
    return issues


def _context(dataset: Node) -> Iterator[Issue]:
    declared = dataset.value.get("@context")
    if not isinstance(declared, Mapping):
        yield Issue(location="/@context", message="The context must be an object.")
        return
    if _HTTP_SCHEMA_ORG in declared.values():
        message = f"The clients read {SCHEMA_ORG} only."
        yield Issue(location="/@context", message=message)
    if not isinstance(declared.get("@language"), str):
        yield Issue(location="/@context/@language", message="The context needs a @language.")
    if not set(dataset.texts("conformsTo")) & set(VERSIONS):
        yield Issue(location="/conformsTo", message="The version of Croissant is not stated.")


def _ids(dataset: Node) -> Iterator[Issue]:
    stack: list[tuple[str, JSONValue]] = [("", dataset.value)]
    while stack:
        at, value = stack.pop()
        if isinstance(value, Mapping):
            identifier = value.get("@id", "")
            if not isinstance(identifier, str) or re.search(r"\s", identifier):
                yield Issue(location=f"{at}/@id", message="An @id must be a text without spaces.")
            stack += [(f"{at}/{escape(str(key))}", item) for key, item in value.items()]
        elif isinstance(value, list):
            stack += [(f"{at}/{index}", item) for index, item in enumerate(value)]


def _dataset(dataset: Node) -> Iterator[Issue]:
    for name in _DATES:
        for at, value in dataset.values(name):
            if not isinstance(value, str) or not _ISO_DATE.fullmatch(value.strip()):
                yield Issue(location=at, message="Must be a date of ISO 8601.")
    for name in ("creator", "publisher"):
        for at, value in dataset.values(name):
            types = Node(dataset.context, value).types if isinstance(value, Mapping) else []
            if not {"Organization", "Person"} & set(types[:1]):
                yield Issue(location=at, message="Must be an Organization or a Person.")


def _distribution(dataset: Node) -> Iterator[Issue]:
    is_live = dataset.flag("isLiveDataset")
    for node in dataset.nodes("distribution"):
        is_set = "FileSet" in node.types
        if not is_set and "FileObject" not in node.types:
            yield Issue(
                location=f"{node.pointer}/@type", message="Must be a FileObject or FileSet."
            )
        if not node.id:
            yield Issue(location=f"{node.pointer}/@id", message="A file needs an @id.")
        needed = ["encodingFormat", *(["includes"] if is_set else [])]
        if not is_set and not node.values("containedIn"):
            needed.append("contentUrl")
            if not is_live and bool(node.text("sha256")) == bool(node.text("md5")):
                message = "A file needs one checksum, sha256 or md5."
                yield Issue(location=node.pointer, message=message)
        for name in needed:
            if not node.text(name):
                yield Issue(location=node.pointer, message=f"A file needs {name}.")


def _fields(dataset: Node) -> Iterator[Issue]:
    record_sets = dataset.nodes("recordSet")
    fields = [field for record_set in record_sets for field in _below(record_set)]
    nodes = [*dataset.nodes("distribution"), *record_sets, *fields]
    known = {node.id: node for node in nodes}
    for node in (*record_sets, *fields):
        if not node.id:
            yield Issue(location=f"{node.pointer}/@id", message="Each node needs an @id.")
    for node in fields:
        if "Field" not in node.types:
            yield Issue(location=f"{node.pointer}/@type", message="Must be a Field.")
        if (source := _target(node)) and source not in known:
            yield Issue(location=f"{node.pointer}/source", message="The source does not exist.")
        if not node.nodes("subField") and not _has_type(node, known):
            yield Issue(location=node.pointer, message="A field needs a dataType.")


def _unread(dataset: Node) -> Iterator[Issue]:
    """Yield the fields without a source of record sets that have no source at all."""
    for record_set in dataset.nodes("recordSet"):
        fields = record_set.nodes("field")
        parts = [*fields, *(part for node in fields for part in node.nodes("subField"))]
        if record_set.values("data") or any(map(_target, parts)):
            continue
        for node in fields:
            if not node.nodes("subField") and not node.values("value"):
                yield Issue(location=node.pointer, message="A field needs a source or a value.")


def _below(node: Node) -> Iterator[Node]:
    for name in ("field", "subField"):
        for child in node.nodes(name):
            yield child
            yield from _below(child)


def _target(node: Node) -> str:
    source = node.node("source")
    for name in ("field", "fileObject", "fileSet") if source else ():
        assert source is not None
        if target := source.node(name):
            return target.id
    return ""


def _has_type(node: Node, known: Mapping[str, Node], depth: int = 0) -> bool:
    """Return True if a field has a data type, its own or that of the field it comes from."""
    if node.texts("dataType"):
        return True
    target = known.get(_target(node))
    return depth < 16 and target is not None and _has_type(target, known, depth + 1)
