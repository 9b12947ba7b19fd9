"""What a format is: how its files are detected, and read as documents of ours; pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.issues import Issue
from catalog.products.projection import API_VERSION
from catalog.types import JSONObject, JSONValue

MEGABYTE = 1024 * 1024
# What a source says and we do not model, by standard and JSON Pointer: on a product or a column.
KEPT_FIELDS = "assayKeptFields"


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file that was read: one value of JSON, or the documents of YAML; always at least one."""

    name: str
    values: tuple[JSONValue, ...]
    sha256: str = ""

    @property
    def value(self) -> JSONValue:
        return self.values[0]


@dataclass(frozen=True, kw_only=True)
class ImportedProduct:
    """One product of a source, as documents of ours.

    `losses` say what was not kept, `issues` what is wrong; an error keeps this product alone from
    being imported. Locations are JSON Pointers into the source, `catalog.json#/nodes/x` where it
    has several files.
    """

    # Its id in the source, verbatim: the next import finds the product by it.
    identifier: str
    # A Bitol ODPS document, as `product_tree` returns it.
    tree: JSONObject
    # ODCS documents, as `catalog.contracts.projection.new_tree` returns them.
    contracts: tuple[JSONObject, ...] = ()
    losses: tuple[Issue, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Format:
    """A format of files that can be imported.

    Documents of ours have no `read`: they are stored as they came. `read` is pure, follows no
    address, and takes time in proportion to its files. It raises ValidationFailed (JSON Pointers
    into the source) for files that it can make nothing of.
    """

    name: str
    title: str
    # Which versions are read, and which files, for the list of formats.
    versions: str
    files: str
    detects: Callable[[JSONValue], bool]
    read: Callable[[Sequence[SourceFile]], Iterable[ImportedProduct]] | None = field(repr=False)
    # True if the files of one import belong together; otherwise each is read on its own.
    is_file_set: bool = False
    max_bytes: int = 2 * MEGABYTE


def product_tree(*, identifier: str, name: str, **fields: JSONValue) -> JSONObject:
    """Return the document of an imported product, which leaves its domain to the importer.

    Members that are empty are left out. What people add to a product here stays when it is imported
    again, so name only what the source says: a version only if it has one.
    """
    tree = {"apiVersion": API_VERSION, "kind": "DataProduct", "id": identifier, "name": name}
    tree |= fields
    return {key: value for key, value in tree.items() if value not in ("", [], {}, None)}


def kept_fields(standard: str, fields: Mapping[str, JSONValue]) -> list[JSONObject]:
    """Return custom properties that keep what we do not model, by its JSON Pointer in the source.

    None for no fields, so that it can be added to other custom properties.
    """
    return [{"property": KEPT_FIELDS, "value": {standard: dict(fields)}}] if fields else []
