"""Many documents sorted into bundles: a product is imported with its contracts or not at all."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice

from catalog.contracts.projection import ContractDocument
from catalog.issues import Severity, did_you_mean, shortened
from catalog.manifests.formats import bitol_odps, odcs
from catalog.manifests.formats.types import Format
from catalog.manifests.imported import convert
from catalog.manifests.issues import DocumentIssue, ParseError
from catalog.manifests.manifest import Bundle, Manifest, Originals
from catalog.manifests.readers import Source
from catalog.manifests.source_map import Document
from catalog.manifests.sources import Sources
from catalog.products.projection import slug_from
from catalog.types import JSONObject

# What a request may import: about a second of CPU if all are new.
MAX_PRODUCTS_OF_REQUEST = 50


@dataclass(frozen=True)
class _DocumentRef:
    """Where a document is: the index of its source, and its own index in that source."""

    source: int
    index: int
    identifier: str
    file: str


@dataclass
class _BundleIndex:
    products: dict[str, _DocumentRef] = field(default_factory=dict)
    addresses: dict[tuple[str, str], _DocumentRef] = field(default_factory=dict)
    contracts: dict[str, list[_DocumentRef]] = field(default_factory=dict)
    products_by_contract: dict[str, list[str]] = field(default_factory=dict)

    def contracts_of(self, product: _DocumentRef) -> list[_DocumentRef]:
        return [
            ref
            for identifier, products in self.products_by_contract.items()
            if product.identifier in products
            for ref in self.contracts.get(identifier, ())
        ]

    def unassigned(self) -> list[list[_DocumentRef]]:
        """Return the versions of each contract that no product in the sources names."""
        return [
            refs for key, refs in self.contracts.items() if key not in self.products_by_contract
        ]


class BundleCollector:
    """The bundles of some sources; `issues` are those of documents that belong to no bundle.

    Documents of ours are bundled by the contracts that their products name. Files of another format
    are read each on its own, or all together if the format says so.
    """

    def __init__(self, sources: Iterable[Source], chosen: Format | None = None) -> None:
        self.issues: list[DocumentIssue] = []
        self._sources = Sources(sources, chosen)
        self._index = _BundleIndex()
        self._converted: list[tuple[Format, list[int]]] = []
        self._products = 0
        for number, source in enumerate(self._sources.all):
            with self._reporting(source.name):
                self._collect(number, source)

    def __len__(self) -> int:
        ours = len(self._index.products) + len(self._index.unassigned())
        return ours + len(self._converted)

    def bundles(self) -> Iterator[Bundle]:
        """Yield each bundle, parsed, in the order of the sources."""
        for product in self._index.products.values():
            yield from self._bundle(product, self._index.contracts_of(product))
        for contracts in self._index.unassigned():
            yield from self._bundle(None, contracts)
        for file_format, numbers in self._converted:
            yield from self._convert(file_format, numbers)

    @contextmanager
    def _reporting(self, name: str) -> Iterator[None]:
        """Turn what keeps a source from being read into an issue."""
        try:
            yield
        except ParseError as error:
            self.issues.append(error.issue)
        except OSError as error:
            message = f"Cannot be read: {error.strerror or type(error).__name__}"
            hint = "Check that the file exists and is readable."
            self.issues.append(_file_issue(name, "manifest.unreadable", message, hint))

    def _collect(self, number: int, source: Source) -> None:
        content = self._sources.read(number)
        if content.format and content.format.read:
            self._add_converted(content.format, number)
            return
        documents = content.documents
        if not self._is_within_limit(source, len(documents)):
            return
        for index, document in enumerate(documents):
            kind, identifier = document.tree.get("kind"), str(document.tree.get("id"))
            ref = _DocumentRef(number, index, identifier, source.name)
            if kind == bitol_odps.KIND:
                self._add_product(ref, document)
            elif kind == odcs.KIND:
                self._index.contracts.setdefault(identifier, []).append(ref)
            else:
                self.issues.append(_unsupported_kind(document, source))

    def _add_converted(self, file_format: Format, number: int) -> None:
        for other, numbers in self._converted:
            if other is file_format and file_format.is_file_set:
                numbers.append(number)
                return
        self._converted.append((file_format, [number]))

    def _is_within_limit(self, source: Source, count: int) -> bool:
        """Count documents, or products; return False and report it if a request has too many."""
        self._products += count
        if not source.is_request or self._products <= MAX_PRODUCTS_OF_REQUEST:
            return True
        message = f"A request has at most {MAX_PRODUCTS_OF_REQUEST} products or contracts"
        hint = "Send them in several requests, or run manage.py import_manifests."
        self.issues.append(_file_issue(source.name, "manifest.too-many", message, hint))
        return False

    def _add_product(self, ref: _DocumentRef, document: Document) -> None:
        index, slug = self._index, slug_from(document.tree)
        address = (str(document.tree.get("domain")), slug)
        duplicate = index.products.get(ref.identifier)
        if duplicate := duplicate or (index.addresses.get(address) if slug else None):
            message = f"Duplicate product: {shortened(duplicate.file)} has its id or address"
            hint = "Remove one of the two, or give it an id and a name of its own."
            self.issues.append(document.issue(("id",), "manifest.duplicate", message, hint))
            return
        index.products[ref.identifier] = index.addresses[address] = ref
        for identifier in contract_ids(document.tree):
            index.products_by_contract.setdefault(identifier, []).append(ref.identifier)

    def _bundle(
        self, product: _DocumentRef | None, contracts: list[_DocumentRef]
    ) -> Iterator[Bundle]:
        refs = [*([product] if product else []), *contracts]
        try:
            documents = [self._sources.read(ref.source).documents[ref.index] for ref in refs]
            originals = self._originals(ref.source for ref in refs)
        except (ParseError, OSError, IndexError):
            message, hint = "The file changed while it was read", "Import it again."
            self.issues.append(_file_issue(refs[0].file, "manifest.changed", message, hint))
            return
        first = bitol_odps.parse(documents.pop(0)) if product else None
        parsed = tuple(odcs.parse(document) for document in documents)
        issues = [issue for manifest in parsed for issue in manifest.issues]
        issues = [*(first.issues if first else ()), *issues, *_duplicate_versions(parsed)]
        yield Bundle(first, parsed, tuple(issues), originals)

    def _originals(self, numbers: Iterable[int]) -> Originals:
        sources = self._sources
        return tuple(
            (sources.all[number], sources.read(number).sha256) for number in dict.fromkeys(numbers)
        )

    def _convert(self, file_format: Format, numbers: list[int]) -> Iterator[Bundle]:
        """Yield the bundles of a file of another format, or of several that belong together."""
        source = self._sources.all[numbers[0]]
        with self._reporting(source.name):
            contents = [self._sources.read(number) for number in numbers]
            items = convert(file_format, contents, self._originals(numbers))
            if source.is_request:
                first = list(islice(items, MAX_PRODUCTS_OF_REQUEST + 1))
                products = sum(isinstance(item, Bundle) for item in first)
                items = iter(first if self._is_within_limit(source, products) else ())
            for item in items:
                if isinstance(item, Bundle):
                    yield item
                else:
                    self.issues.append(item)


def contract_ids(tree: JSONObject) -> list[str]:
    """Return the ids of the contracts that a product's output ports name, each once."""
    ports = tree.get("outputPorts")
    identifiers = [
        str(port["contractId"])
        for port in (ports if isinstance(ports, list) else ())
        if isinstance(port, dict) and port.get("contractId") is not None
    ]
    return list(dict.fromkeys(identifiers))


def _duplicate_versions(contracts: Sequence[Manifest[ContractDocument]]) -> Iterator[DocumentIssue]:
    first_by_key: dict[tuple[str, str], Document] = {}
    for contract in contracts:
        key = (contract.identifier, str(contract.tree.get("version")))
        first = first_by_key.setdefault(key, contract.document)
        if first is not contract.document:
            name = " ".join(shortened(part) for part in key)
            message = f"Duplicate contract {name}, first in {first.file}"
            hint = "Remove one of the two, or give it a version of its own."
            yield contract.document.issue(("version",), "manifest.duplicate", message, hint)


def _unsupported_kind(document: Document, source: Source) -> DocumentIssue:
    kind, tree = document.tree.get("kind"), document.tree
    kinds = (bitol_odps.KIND, odcs.KIND)
    severity = Severity.ERROR
    if "product" in tree and "kind" not in tree:
        message = "This looks like the other standard called ODPS, of the Linux Foundation"
        hint = "Write the product in Bitol's Open Data Product Standard."
    elif kind is None and str(tree.get("apiVersion", "")).lstrip("v").startswith("2."):
        message, hint = "This looks like a contract before ODCS 3.0", "Convert it to v3.2.0 first."
    elif kind is None:
        message, hint = "kind is missing", f"Add `kind: {kinds[0]}` or `kind: {kinds[1]}`."
        if not source.is_explicit and "apiVersion" not in tree:
            severity, message = Severity.WARNING, "Ignored: kind is missing"
    else:
        message = f"Unsupported kind {shortened(str(kind), 40)}"
        hint = did_you_mean(str(kind), kinds) or f"Use {kinds[0]} or {kinds[1]}."
    path = ("kind",) if kind is not None else ()
    return document.issue(path, "manifest.kind", message, hint, severity)


def _file_issue(file: str, code: str, message: str, hint: str) -> DocumentIssue:
    return DocumentIssue(file=file, line=1, column=1, code=code, message=message, hint=hint)
