"""A product's document, parsed and checked once; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from catalog.exceptions import ValidationFailed, require_valid
from catalog.issues import Issue
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


def parse_document(tree: JSONObject | ProductDocument) -> ProductDocument:
    """Return a product's document. Raises ValidationFailed with every issue of every part."""
    if isinstance(tree, ProductDocument):
        return tree
    if not isinstance(tree, dict):
        raise ValidationFailed.of("/", "Must be an object.")
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
