"""A product's objectives and service levels as documents of OpenSLO, and what they lose; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.issues import Issue
from catalog.manifests.formats.openslo.documents import (
    STANDARD,
    VERSION,
    annotations,
    labelled,
    name_of,
    service_of,
)
from catalog.manifests.formats.openslo.mapping import (
    DEFAULT_PERCENTILE,
    DEFAULT_TARGET,
    DEFAULT_WINDOW,
    Level,
    entries_of_slo,
    level_of_entry,
    level_of_objective,
    slo_document,
    with_value,
)
from catalog.manifests.formats.source_object import not_kept
from catalog.manifests.formats.types import KEPT_FIELDS
from catalog.products.projection import custom, custom_pointer
from catalog.types import JSONObject, JSONValue

OBJECTIVES = "assayObjectives"
_BUDGETING = {True: "Timeslices", False: "Occurrences"}


@dataclass(frozen=True, kw_only=True)
class ServiceFacts:
    """A product: its document and address, and its contracts as documents."""

    tree: JSONObject
    domain: str
    slug: str
    iri: str
    contracts: Sequence[JSONObject] = ()


@dataclass(frozen=True, kw_only=True)
class OpenSloExport:
    """The documents, and what of the product they do not say.

    Locations are JSON Pointers in the product or, after `contract#`, the contract of that id.
    """

    documents: list[JSONObject]
    losses: list[Issue]


def export(facts: ServiceFacts) -> OpenSloExport:
    """Return one document of the service, those that were imported, and one for each promise."""
    return _Export(facts).result()


class _Export:
    """Collects documents and losses; names are unique within them."""

    def __init__(self, facts: ServiceFacts) -> None:
        self._facts = facts
        extras = custom(facts.tree, KEPT_FIELDS)
        fields = extras.get(STANDARD) if isinstance(extras, dict) else None
        pairs = sorted((fields or {}).items(), key=lambda pair: _natural(pair[0]))
        self._imported = [one for _, one in pairs if isinstance(one, dict)]
        services = [service_of(one) for one in self._imported if service_of(one)]
        self._service = services[0] if services else labelled((facts.domain, facts.slug))
        self._names = {name_of(one) for one in self._imported}
        self._losses: list[Issue] = []
        # What is no SLO, kept in the document of the service so that it returns.
        self._entries: list[JSONValue] = []
        self._objectives: list[JSONValue] = []

    def result(self) -> OpenSloExport:
        imported, represented = self._imported_documents()
        promised = [*self._objective_documents(), *self._entry_documents(represented)]
        # An imported service keeps the document that it came with, and one without has none.
        own = [] if imported else [self._service_document()]
        return OpenSloExport(documents=[*own, *imported, *promised], losses=self._losses)

    def _imported_documents(self) -> tuple[list[JSONObject], set[str]]:
        """Return the documents of other tools, with edited values, and the ids of their entries."""
        entries = [entry for _, _, entry in self._all_entries()]
        represented: set[str] = set()
        documents = []
        for document in self._imported:
            if document.get("kind") == "SLO":
                ids = {str(entry["id"]) for entry in entries_of_slo(document)}
                present = [entry for entry in entries if str(entry.get("id")) in ids]
                if not present:
                    continue
                represented |= ids
                document = with_value(document, present)
            documents.append(document)
        return documents, represented

    def _all_entries(self) -> Iterator[tuple[str, int, JSONObject]]:
        for contract in self._facts.contracts:
            levels = contract.get("slaProperties")
            for index, entry in enumerate(levels if isinstance(levels, list) else ()):
                if isinstance(entry, dict):
                    yield str(contract.get("id")), index, entry

    def _entry_documents(self, represented: set[str]) -> Iterator[JSONObject]:
        for contract, index, entry in self._all_entries():
            if str(entry.get("id")) in represented:
                continue
            place, kind = f"contract#/slaProperties/{index}", str(entry.get("property", ""))
            origin = {"contract": contract, "index": index, "entry": entry}
            level = level_of_entry(entry)
            if isinstance(level, str):
                self._losses.append(not_kept(place, kind or "A service level", level))
                self._entries.append(origin)
                continue
            self._losses.append(_assumption(place, level))
            yield slo_document(
                level,
                name=self._unique(self._service, kind, str(entry.get("id") or "")),
                title=kind,
                service=self._service,
                source={
                    key: str(value)
                    for key, value in (
                        ("contract", contract),
                        ("property", kind),
                        ("element", entry.get("element")),
                    )
                    if value
                },
                description=str(entry.get("description") or ""),
                entry=origin,
            )

    def _objective_documents(self) -> Iterator[JSONObject]:
        declared = custom(self._facts.tree, OBJECTIVES)
        at = custom_pointer(self._facts.tree, OBJECTIVES)
        for index, objective in enumerate(declared if isinstance(declared, list) else ()):
            if not isinstance(objective, dict):
                continue
            kind, port = str(objective.get("indicator", "")), str(objective.get("port") or "")
            origin = {"index": index, "objective": objective}
            level = level_of_objective(objective)
            if isinstance(level, str):
                self._losses.append(not_kept(f"{at}/{index}", kind or "An objective", level))
                self._objectives.append(origin)
                continue
            # A percentile implies time slices.
            is_sliced = objective.get("budgeting") == "timeslices" or "percentile" in objective
            source: JSONObject = {"product": self._facts.iri, "indicator": kind, "port": port}
            if kind == "latency":
                source["percentile"] = objective.get("percentile") or DEFAULT_PERCENTILE
            yield slo_document(
                level,
                name=self._unique(self._service, port, kind),
                title=f"{kind} of {port}" if port else kind,
                service=self._service,
                source={key: value for key, value in source.items() if value},
                window=str(objective.get("window") or DEFAULT_WINDOW),
                budgeting=_BUDGETING[is_sliced],
                objective=origin,
            )

    def _service_document(self) -> JSONObject:
        tree = self._facts.tree
        description = tree.get("description")
        purpose = description.get("purpose") if isinstance(description, dict) else None
        origin = annotations(
            product=tree.get("id"), entries=self._entries, objectives=self._objectives
        )
        return {
            "apiVersion": VERSION,
            "kind": "Service",
            "metadata": {
                "name": self._service,
                "displayName": str(tree.get("name") or self._facts.slug),
                "annotations": origin,
            },
            "spec": {"description": str(purpose)[:1050]} if purpose else {},
        }

    def _unique(self, *parts: str) -> str:
        name = labelled(parts)
        number = 2
        while name in self._names:
            name = labelled((labelled(parts)[:58], str(number)))
            number += 1
        self._names.add(name)
        return name


def _natural(pointer: str) -> list[tuple[int, str]]:
    """Return a key that sorts pointers as the documents came: /9 before /10."""
    return [(int(part) if part.isdecimal() else -1, part) for part in pointer.split("/")]


def _assumption(place: str, level: Level) -> Issue:
    """Return that an SLO says more than its entry: ODCS has no windows and no shares of time."""
    target = f"a target of {DEFAULT_TARGET:.0%} and " if level.is_assumed else ""
    window = f"{target}a rolling window of {DEFAULT_WINDOW}"
    message = f"The contract states neither window nor share of time: {window} is assumed."
    return Issue(location=place, message=message, code="assumed")
