"""Many documents sorted into bundles: a product with its contracts lands or fails as one; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from catalog.issues import Severity, did_you_mean, shortened
from catalog.manifests import bitol_odps, odcs
from catalog.manifests.issues import DocumentIssue, ParseError
from catalog.manifests.readers import read_documents
from catalog.manifests.source_map import Document
from catalog.products.projection import slug_in
from catalog.types import JSONObject

# Documents are kept while they are small together; of a large set each is read again at its turn.
MOST_KEPT_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Source:
    """One text: its name, and how to get its bytes. `is_asked_for` by name, not met in a folder."""

    name: str
    read: Callable[[], bytes]
    is_asked_for: bool = True


@dataclass(frozen=True)
class Bundle:
    """One product's document, or None where only its contracts came, and these contracts."""

    product: Document | None
    contracts: tuple[Document, ...]
    problems: tuple[DocumentIssue, ...]

    @property
    def identifier(self) -> str:
        """Return the id of the product's document, else of the first contract."""
        return str(self.first.tree.get("id"))

    @property
    def name(self) -> str:
        """Return what a report calls it."""
        return shortened(str(self.first.tree.get("name") or self.identifier), 80)

    @property
    def file(self) -> str:
        """Return the file that it came from."""
        return self.first.file

    @property
    def has_errors(self) -> bool:
        """Say whether it cannot land as it is."""
        return any(problem.is_error for problem in self.problems)

    @property
    def first(self) -> Document:
        """Return the document that stands for the bundle."""
        return self.product or self.contracts[0]


@dataclass(frozen=True)
class _Place:
    """Where a document stands: its source's number and its own number within it."""

    source: int
    position: int
    identifier: str
    file: str


@dataclass
class _Kinds:
    addresses: dict[tuple[str, str], _Place] = field(default_factory=dict)
    products: dict[str, _Place] = field(default_factory=dict)
    contracts: dict[str, list[_Place]] = field(default_factory=dict)
    named_by: dict[str, list[str]] = field(default_factory=dict)


class BundleCollector:
    """The bundles of some sources. `problems` are those of documents that belong to none."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.problems: list[DocumentIssue] = []
        self._sources = list(sources)
        self._kept: dict[int, list[Document]] = {}
        self._kept_bytes = 0
        self._kinds = _Kinds()
        for number, source in enumerate(self._sources):
            self._sort(number, source)

    def __len__(self) -> int:
        return len(self._kinds.products) + len(self._orphans())

    def bundles(self) -> Iterator[Bundle]:
        """Yield each bundle, checked, in the order of the sources."""
        for place in self._kinds.products.values():
            yield from self._bundle(place, self._contracts_of(place))
        for places in self._orphans():
            yield from self._bundle(None, places)

    def _contracts_of(self, product: _Place) -> list[_Place]:
        return [
            place
            for identifier, products in self._kinds.named_by.items()
            if product.identifier in products
            for place in self._kinds.contracts.get(identifier, ())
        ]

    def _orphans(self) -> list[list[_Place]]:
        named = self._kinds.named_by
        return [places for key, places in self._kinds.contracts.items() if key not in named]

    def _sort(self, number: int, source: Source) -> None:
        try:
            documents = self._documents(number)
        except ParseError as error:
            self.problems.append(error.issue)
            return
        except OSError as error:
            self.problems.append(_unreadable(source, error))
            return
        for position, document in enumerate(documents):
            self._file(_Place(number, position, "", source.name), document, source)

    def _file(self, place: _Place, document: Document, source: Source) -> None:
        kind, identifier = document.tree.get("kind"), str(document.tree.get("id"))
        place = _Place(place.source, place.position, identifier, place.file)
        if kind == bitol_odps.KIND:
            self._file_product(place, document)
        elif kind == odcs.KIND:
            self._kinds.contracts.setdefault(identifier, []).append(place)
        else:
            self.problems.append(_unknown_kind(document, source))

    def _file_product(self, place: _Place, document: Document) -> None:
        if twin := self._twin(place, document.tree):
            message = f"the same product is in {shortened(twin.file)} already, by its id or address"
            hint = "Remove one of the two, or give it an id and a name of its own."
            self.problems.append(document.issue(("id",), "manifest.twice", message, hint))
            return
        for identifier in contract_ids(document.tree):
            self._kinds.named_by.setdefault(identifier, []).append(place.identifier)

    def _twin(self, place: _Place, tree: JSONObject) -> _Place | None:
        """Return the product before this one with its id or address; else keep this one's."""
        slug = slug_in(tree)
        address = (str(tree.get("domain")), slug)
        twin = self._kinds.products.get(place.identifier)
        twin = twin or (self._kinds.addresses.get(address) if slug else None)
        if twin is None:
            self._kinds.products[place.identifier] = self._kinds.addresses[address] = place
        return twin

    def _documents(self, number: int) -> list[Document]:
        if number in self._kept:
            return self._kept[number]
        source = self._sources[number]
        content = source.read()
        documents = read_documents(content, name=source.name)
        if self._kept_bytes + len(content) <= MOST_KEPT_BYTES:
            self._kept[number] = documents
            self._kept_bytes += len(content)
        return documents

    def _bundle(self, product: _Place | None, contracts: list[_Place]) -> Iterator[Bundle]:
        places = [*([product] if product else []), *contracts]
        try:
            documents = [self._documents(place.source)[place.position] for place in places]
        except (ParseError, OSError, IndexError):
            self.problems.append(_changed(places[0]))
            return
        problems = [problem for document in documents for problem in check(document)]
        first = documents[0] if product else None
        held = documents[1 if product else 0 :]
        yield Bundle(first, tuple(held), (*problems, *_twins(held)))


def check(document: Document) -> list[DocumentIssue]:
    """Return what is wrong with a document by the standard that its kind names."""
    if document.tree.get("kind") == bitol_odps.KIND:
        return bitol_odps.check(document)
    return odcs.check(document)


def _twins(contracts: list[Document]) -> Iterator[DocumentIssue]:
    seen: dict[tuple[str, str], Document] = {}
    for contract in contracts:
        key = (str(contract.tree.get("id")), str(contract.tree.get("version")))
        first = seen.setdefault(key, contract)
        if first is not contract:
            name = " ".join(shortened(part) for part in key)
            message = f"contract {name} is here twice, first in {first.file}"
            hint = "Remove one of the two, or give it a version of its own."
            yield contract.issue(("version",), "manifest.twice", message, hint)


def contract_ids(tree: JSONObject) -> list[str]:
    """Return the ids of the contracts that a product's output ports name, each once."""
    ports = tree.get("outputPorts")
    named = [
        str(port["contractId"])
        for port in (ports if isinstance(ports, list) else ())
        if isinstance(port, dict) and port.get("contractId") is not None
    ]
    return list(dict.fromkeys(named))


def _unknown_kind(document: Document, source: Source) -> DocumentIssue:
    kind, tree = document.tree.get("kind"), document.tree
    kinds = (bitol_odps.KIND, odcs.KIND)
    severity = Severity.ERROR
    if "product" in tree and "kind" not in tree:
        message = "this looks like the other standard called ODPS, of the Linux Foundation"
        hint = "Write the product after Bitol's Open Data Product Standard."
    elif kind is None and str(tree.get("apiVersion", "")).lstrip("v").startswith("2."):
        message, hint = "this looks like a contract before ODCS 3.0", "Bring it to v3.2.0 first."
    elif kind is None:
        message, hint = "it does not say its kind", f"Add `kind: {kinds[0]}` or `{kinds[1]}`."
        if not source.is_asked_for and "apiVersion" not in tree:
            severity, message = Severity.WARNING, f"{message}, so it is left out"
    else:
        message = f"{shortened(str(kind), 40)} is no kind that is read"
        hint = did_you_mean(str(kind), kinds) or f"Use {kinds[0]} or {kinds[1]}."
    path = ("kind",) if kind is not None else ()
    return document.issue(path, "manifest.kind", message, hint, severity)


def _changed(place: _Place) -> DocumentIssue:
    message, hint = "the file changed while it was read", "Import it again."
    return _of_file(place.file, "manifest.changed", message, hint)


def _unreadable(source: Source, error: OSError) -> DocumentIssue:
    message = f"it cannot be read: {error.strerror or type(error).__name__}"
    hint = "See that the file is there and may be read."
    return _of_file(source.name, "manifest.unreadable", message, hint)


def _of_file(file: str, rule: str, message: str, hint: str) -> DocumentIssue:
    return DocumentIssue(
        file=file, line=1, column=1, location="", code=rule, message=message, hint=hint
    )
