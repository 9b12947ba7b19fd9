"""A product's document, parsed and checked once; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from catalog.exceptions import ValidationFailed, require_valid
from catalog.issues import Issue
from catalog.products.document_size import measure, size_issues
from catalog.products.json_diff import make_patch
from catalog.products.projection import ProductColumns, check_storable, digest_of, parse_columns
from catalog.products.projectors import projectors
from catalog.types import JSONObject


@dataclass(frozen=True)
class ProductDocument:
    """A valid tree with its columns; `parts` are what other slices read in it, by projector."""

    tree: JSONObject
    columns: ProductColumns
    parts: Mapping[str, object]

    @cached_property
    def digest(self) -> str:
        return digest_of(self.tree)


@dataclass(frozen=True)
class DocumentChange:
    """A document and the JSON Patch (RFC 6902) that leads to it from `before`."""

    before: JSONObject
    document: ProductDocument
    patch: Sequence[JSONObject]


def plan_change(
    before: JSONObject, tree: JSONObject | ProductDocument | DocumentChange
) -> DocumentChange:
    """Return the change to a document, without a lock. Raises ValidationFailed."""
    if isinstance(tree, DocumentChange):
        return tree
    document = parse_document(tree)
    return DocumentChange(before, document, make_patch(before, document.tree))


def parse_document(tree: JSONObject | ProductDocument) -> ProductDocument:
    """Return a product's document. Raises ValidationFailed with every issue of every part."""
    if isinstance(tree, ProductDocument):
        return tree
    if not isinstance(tree, dict):
        raise ValidationFailed.of("/", "Must be an object.")
    require_valid(size_issues(measure(tree)))
    require_valid(check_storable(tree))
    columns, parts = None, {}
    issues: list[Issue] = []
    try:
        columns = parse_columns(tree)
    except ValidationFailed as invalid:
        issues += invalid.issues
    for name, projector in projectors().items():
        try:
            parts[name] = projector.parse(tree)
        except ValidationFailed as invalid:
            issues += invalid.issues
    if columns is None or issues:
        raise ValidationFailed(issues)
    return ProductDocument(tree, columns, parts)
