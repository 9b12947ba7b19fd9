"""Entries of a contract's `slaProperties` as objectives of its product, and the reverse; pure."""

from collections.abc import Iterator, Mapping, Sequence

from catalog.manifests.formats.openslo.mapping import level_of_entry
from catalog.products.projection import custom
from catalog.types import JSONObject, JSONValue

OBJECTIVES = "assayObjectives"
OBJECTIVE = "assayObjective"
# ODCS states no share of checks, so it is assumed and said to be.
ASSUMED_TARGET = 0.95
# A greater latency is not that of an answer but of the data: ODCS's own example is four days.
MAX_ANSWER_SECONDS = 600
_SAME = {"uptime": "availability", "responsetime": "latency"}
_SAME |= dict.fromkeys(("timeliness", "delay"), "freshness")
_SHARES = frozenset("completeness accuracy validity uniqueness".split())


def objective_of_entry(entry: Mapping[str, JSONValue]) -> JSONObject | None:
    """Return the objective that an entry states; None if it states none that can be measured."""
    if isinstance(made_from := custom(entry, OBJECTIVE), dict):
        return made_from
    level = level_of_entry(entry)
    if isinstance(level, str):
        return None
    kind = str(entry.get("property", "")).replace("_", "").replace("-", "").casefold()
    kind = _SAME.get(kind, kind)
    if kind == "availability":
        return {"indicator": kind, "target": level.target}
    if kind in _SHARES:
        return {"indicator": kind, "target": ASSUMED_TARGET, "threshold": level.target}
    if kind not in ("latency", "freshness") or not level.limit:
        return None
    is_of_data = kind == "freshness" or "element" in entry or level.limit > MAX_ANSWER_SECONDS
    indicator = "freshness" if is_of_data else "latency"
    return {"indicator": indicator, "target": ASSUMED_TARGET, "threshold": level.limit}


def entry_of_objective(objective: JSONObject) -> JSONObject:
    """Return an entry for an objective, which returns from it unchanged."""
    indicator, threshold = str(objective.get("indicator")), objective.get("threshold")
    value: JSONValue
    if indicator == "availability":
        value, unit = _percent(objective.get("target")), "%"
    elif indicator in _SHARES:
        value, unit = _percent(threshold), "%"
    else:
        value, unit = threshold, "rows" if indicator == "volume" else "s"
    origin: JSONObject = {"property": OBJECTIVE, "value": objective}
    return {"property": indicator, "value": value, "unit": unit, "customProperties": [origin]}


def stated_objectives(contracts: Sequence[JSONObject]) -> list[JSONObject]:
    """Return the objectives that contracts state, each once."""
    stated = filter(None, map(objective_of_entry, _entries(contracts)))
    unique: list[JSONObject] = []
    for objective in stated:
        if objective not in unique:
            unique.append(objective)
    return unique


def with_objectives(contract: JSONObject, product: JSONObject) -> JSONObject:
    """Return a contract with the objectives of its product that it does not state already.

    An objective of one port belongs to the contract that this port serves.
    """
    known = stated_objectives([contract])
    serving = {
        str(port.get("name"))
        for port in _objects(product.get("outputPorts"))
        if port.get("contractId") == contract.get("id")
    }
    added = [
        entry_of_objective(objective)
        for objective in _objects(custom(product, OBJECTIVES))
        if objective not in known and objective.get("port", "") in {"", *serving}
    ]
    if not added:
        return contract
    return contract | {"slaProperties": [*_objects(contract.get("slaProperties")), *added]}


def _entries(contracts: Sequence[JSONObject]) -> Iterator[JSONObject]:
    for contract in contracts:
        yield from _objects(contract.get("slaProperties"))


def _objects(value: JSONValue) -> list[JSONObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _percent(share: JSONValue) -> float:
    return round(float(share) * 100, 10) if isinstance(share, int | float) else 0.0
