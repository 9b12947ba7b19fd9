"""Files of OpenSLO as products: one for each service, its SLOs as service levels; pure."""

from collections.abc import Iterator, Mapping, Sequence

from catalog.contracts.projection import new_tree
from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests.formats.openslo.documents import (
    STANDARD,
    annotation_of,
    display_name_of,
    document_issues,
    documents_of,
    service_of,
    spec_of,
)
from catalog.manifests.formats.openslo.mapping import (
    DEFAULT_WINDOW,
    entries_of_slo,
    level_of_entry,
    level_of_objective,
    window_of,
)
from catalog.manifests.formats.types import ImportedProduct, SourceFile, kept_fields, product_tree
from catalog.types import JSONObject, JSONValue

Documents = Sequence[tuple[str, JSONObject]]


def read(files: Sequence[SourceFile]) -> Iterator[ImportedProduct]:
    """Yield a product for each service. Raises ValidationFailed with every rule that is broken."""
    documents: list[tuple[str, JSONObject]] = []
    issues: list[Issue] = []
    for file in files:
        for pointer, value in documents_of(file, f"{file.name}#" if len(files) > 1 else ""):
            issues += [issue for issue in document_issues(value, pointer) if issue.is_error]
            documents += [(pointer, value)] if isinstance(value, dict) else []
    services = dict.fromkeys(filter(None, (service_of(one) for _, one in documents)))
    if not services and not issues:
        kinds = ", ".join(dict.fromkeys(str(one.get("kind")) for _, one in documents))
        message = f"Products are made of services and SLOs, but this holds {kinds}."
        hint = "Import it together with the SLOs that refer to it."
        issues.append(Issue(location="", message=message, hint=hint))
    if issues:
        raise ValidationFailed(issues[:100])
    shared = [pair for pair in documents if not service_of(pair[1])]
    for service in services:
        own = [pair for pair in documents if service_of(pair[1]) == service]
        yield _product(service, own, shared)
        shared = []


def _product(service: str, own: Documents, shared: Documents) -> ImportedProduct:
    """Return the product of a service; what services share is kept with the first of them."""
    slos = [one for _, one in own if one["kind"] == "SLO"]
    definition = next((one for _, one in own if one["kind"] == "Service"), {})
    entries, objectives = _entries(definition, slos), _objectives(definition, slos)
    made_here = annotation_of(definition, "product")
    identifier = made_here if isinstance(made_here, str) and made_here else service
    documents = {pointer: one for pointer, one in (*own, *shared) if not _is_ours(one)}
    custom: Mapping[str, JSONValue] = {"assayObjectives": objectives}
    tree = product_tree(
        identifier=identifier,
        name=(display_name_of(definition) if definition else service)[:200],
        description={"purpose": spec_of(definition).get("description")} if definition else {},
        customProperties=[
            *({"property": key, "value": value} for key, value in custom.items() if value),
            *kept_fields(STANDARD, documents),
        ],
    )
    tree["description"] = {k: v for k, v in tree.get("description", {}).items() if v}
    return ImportedProduct(
        identifier=identifier,
        tree={key: value for key, value in tree.items() if value},
        contracts=tuple(_contract(key, levels) for key, levels in entries.items()),
    )


def _contract(identifier: str, levels: list[JSONObject]) -> JSONObject:
    """Return a contract that says nothing but service levels, so that the rest of it stays."""
    contract = new_tree(identifier=identifier, name="", servers=[]) | {"slaProperties": levels}
    return {key: value for key, value in contract.items() if value}


def _entries(definition: JSONObject, slos: Sequence[JSONObject]) -> dict[str, list[JSONObject]]:
    """Return the service levels by contract: those that documents of ours were made from, in their
    order, and those of other tools in a contract of the service.
    """
    placed: list[tuple[str, int, JSONObject]] = []
    for item in _listed(annotation_of(definition, "entries")):
        placed += _place(item)
    foreign = []
    for slo in slos:
        made_from = annotation_of(slo, "entry")
        if isinstance(made_from, dict) and (places := _place(made_from)):
            placed += [(c, n, _edited_entry(entry, slo)) for c, n, entry in places]
        elif not _is_ours(slo):
            foreign += entries_of_slo(slo)
    entries: dict[str, list[JSONObject]] = {}
    for contract, _, entry in sorted(placed, key=lambda place: place[:2]):
        entries.setdefault(contract, []).append(entry)
    if foreign:
        service = service_of(slos[0])
        entries.setdefault(f"{STANDARD}:{service}", []).extend(foreign)
    return entries


def _place(item: JSONValue) -> list[tuple[str, int, JSONObject]]:
    if not isinstance(item, dict):
        return []
    contract, index, entry = (item.get(key) for key in ("contract", "index", "entry"))
    if not isinstance(contract, str) or type(index) is not int or not isinstance(entry, dict):
        return []
    return [(contract, index, entry)]


def _objectives(definition: JSONObject, slos: Sequence[JSONObject]) -> list[JSONObject]:
    placed = [annotation_of(definition, "objectives")]
    items = [item for item in _listed(placed[0]) if isinstance(item, dict)]
    items += [
        item | {"objective": _edited_objective(item["objective"], slo)}
        for slo in slos
        if isinstance(item := annotation_of(slo, "objective"), dict)
        and isinstance(item.get("objective"), dict)
    ]
    ordered = sorted(items, key=lambda item: str(item.get("index")).zfill(6))
    return [item["objective"] for item in ordered if isinstance(item.get("objective"), dict)]


def _edited_entry(entry: JSONObject, slo: JSONObject) -> JSONObject:
    """Return an entry as it was, or with the value that the SLO has had since then."""
    level, objective = level_of_entry(entry), _first_objective(slo)
    if isinstance(level, str):
        return entry
    if level.limit is not None:
        value = objective.get("value")
        is_same = not isinstance(value, int | float) or value == level.limit
        return entry if is_same else entry | {"value": value, "unit": "s"}
    target = objective.get("target")
    if not isinstance(target, int | float) or target == level.target:
        return entry
    return entry | {"value": round(target * 100, 10), "unit": "%"}


def _edited_objective(objective: JSONObject, slo: JSONObject) -> JSONObject:
    level, stated = level_of_objective(objective), _first_objective(slo)
    if isinstance(level, str):
        return objective
    edits: dict[str, tuple[JSONValue, JSONValue]] = {"target": (level.target, stated.get("target"))}
    if level.limit is not None:
        edits["threshold"] = (level.limit, stated.get("value"))
    window = str(objective.get("window") or DEFAULT_WINDOW)
    edits["window"] = (window, window_of(slo) or window)
    changed = {key: new for key, (old, new) in edits.items() if new is not None and new != old}
    return objective | changed


def _first_objective(slo: JSONObject) -> JSONObject:
    objectives = spec_of(slo).get("objectives")
    first = objectives[0] if isinstance(objectives, list) and objectives else None
    return first if isinstance(first, dict) else {}


def _is_ours(document: JSONObject) -> bool:
    """Return True for a document made from a product here, which is made again from it."""
    keys = ("product", "entry", "objective", "entries")
    return any(annotation_of(document, key) is not None for key in keys)


def _listed(value: JSONValue) -> list[JSONValue]:
    return value if isinstance(value, list) else []
