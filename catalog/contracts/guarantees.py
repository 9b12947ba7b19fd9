"""Whether a bound, a quality rule or a freshness lets more through than before; pure.

Both sides are tried with values around every bound that they name, so that `minimum: 1` and
`exclusiveMinimum: 0` of whole numbers are equal.
"""

import json
import math
import re
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise

from catalog.types import JSONObject, JSONValue

Accepts = Callable[[float], bool]
Rule = Mapping[str, JSONValue]

# What each bound lets through.
_BOUND_TESTS: Mapping[str, Callable[[float, float], bool]] = {
    "minimum": lambda value, bound: value >= bound,
    "minLength": lambda value, bound: value >= bound,
    "minItems": lambda value, bound: value >= bound,
    "minProperties": lambda value, bound: value >= bound,
    "exclusiveMinimum": lambda value, bound: value > bound,
    "maximum": lambda value, bound: value <= bound,
    "maxLength": lambda value, bound: value <= bound,
    "maxItems": lambda value, bound: value <= bound,
    "maxProperties": lambda value, bound: value <= bound,
    "exclusiveMaximum": lambda value, bound: value < bound,
}
# The first of these that a rule has is its threshold.
_THRESHOLD_TESTS: Mapping[str, Callable[[float, Sequence[float]], bool]] = {
    "mustBe": lambda value, bounds: value == bounds[0],
    "mustNotBe": lambda value, bounds: value != bounds[0],
    "mustBeGreaterThan": lambda value, bounds: value > bounds[0],
    "mustBeGreaterOrEqualTo": lambda value, bounds: value >= bounds[0],
    "mustBeLessThan": lambda value, bounds: value < bounds[0],
    "mustBeLessOrEqualTo": lambda value, bounds: value <= bounds[0],
    "mustBeBetween": lambda value, bounds: bounds[0] <= value <= bounds[1],
    "mustNotBeBetween": lambda value, bounds: not bounds[0] <= value <= bounds[1],
}
_PERCENT = frozenset({"percent", "percentage", "%"})
_ADVISORY = frozenset({"info", "warning", "warn", "low", "minor", "trivial"})
# The metrics of the standard's library: whether they apply to a table, and to a column.
_METRICS = {
    "rowCount": (True, False),
    "duplicateValues": (True, True),
    "nullValues": (False, True),
    "missingValues": (False, True),
    "invalidValues": (False, True),
}
_SHARE_METRICS = frozenset({"nullValues", "missingValues", "invalidValues"})
# A list that a metric reads, and whether a further entry makes it count more rows.
_COUNTED_LISTS = {
    "invalidValues": ("validValues", False),
    "missingValues": ("missingValues", True),
    "duplicateValues": ("properties", False),
}
# What a rule measures, which pairs two rules without a name.
_MEASURE_KEYS = ("type", "metric", "rule", "query", "engine", "implementation")
_SECONDS = {
    60: frozenset({"m", "min", "minute", "minutes"}),
    3600: frozenset({"h", "hr", "hour", "hours"}),
    86_400: frozenset({"d", "day", "days"}),
}
_DURATION = re.compile(
    r"P(?:([\d.]+)Y)?(?:([\d.]+)M)?(?:([\d.]+)W)?(?:([\d.]+)D)?"
    r"(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?"
)
_DURATION_SECONDS = (31_536_000, 2_592_000, 604_800, 86_400, 3600, 60, 1)


def loosens_bounds(
    before: JSONObject, after: JSONObject, keys: Collection[str], *, is_whole: bool
) -> bool:
    """Return True if the bounds of these keys let a value through that they did not.

    `is_whole` says that values are whole numbers or days. Bounds that cannot be read as numbers
    or dates count as loosened, unless they are new.
    """
    old, new = (
        {key: _number(options[key]) for key in keys if options.get(key) is not None}
        for options in (before, after)
    )
    if not old or not new:
        return bool(old)
    if None in (*old.values(), *new.values()):
        return True
    return _accepts_more(
        lambda value: all(_BOUND_TESTS[key](value, bound or 0) for key, bound in old.items()),
        lambda value: all(_BOUND_TESTS[key](value, bound or 0) for key, bound in new.items()),
        _probes([bound or 0 for bound in (*old.values(), *new.values())], is_whole=is_whole),
    )


def loosens_freshness(before: Rule, after: Rule) -> bool:
    """Return True if data may be older than before, or if the ages cannot be compared."""
    if before.get("value") is None or after.get("value") is None:
        return before.get("value") is not None
    if before.get("element") is not None and before.get("element") != after.get("element"):
        return True
    if all(before.get(key) == after.get(key) for key in ("value", "unit")):
        return False
    old, new = _seconds(before), _seconds(after)
    return old is None or new is None or new > old


def loosens_quality(before: Rule, after: Rule, *, is_of_column: bool) -> bool:
    """Return True if a quality rule passes for data that it failed for before.

    A rule that is only advisory, or has no threshold, promises nothing. Rules that cannot be
    compared, because they count something else, count as loosened. One that counts the same by
    another query does not.
    """
    if not _is_guarantee(before, is_of_column=is_of_column):
        return False
    if not _is_guarantee(after, is_of_column=is_of_column):
        return True
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    if changed & {"type", "unit"} and (
        before.get("type") != after.get("type") or _is_share(before) != _is_share(after)
    ):
        return True
    if changed & set(_THRESHOLD_TESTS) and _loosens_threshold(before, after):
        return True
    if before.get("type") in ("sql", "custom"):
        return False
    return _loosens_metric(before, after)


def pair_rules(
    before: Sequence[JSONObject], after: Sequence[JSONObject]
) -> Iterator[tuple[str, JSONObject | None, JSONObject | None]]:
    """Yield a name and both versions of each quality rule.

    Rules are paired by id, else by name, else if they are equal or measure the same, and those
    that are left without a name by their order.
    """
    identities: tuple[Callable[[JSONObject], str | None], ...] = (
        lambda rule: _text(rule.get("id")),
        lambda rule: _text(rule.get("name")),
        _text,
        lambda rule: _text([rule.get(key) for key in _MEASURE_KEYS]),
        lambda rule: None if rule.get("name") else "",
    )
    pairs: dict[int, int] = {}
    for identity in identities:
        _pair(before, after, identity, pairs)
    partners = {partner: index for index, partner in pairs.items()}
    for index, rule in enumerate(before):
        if index not in partners:
            yield _rule_name(rule, index), rule, None
    for index, rule in enumerate(after):
        partner = before[pairs[index]] if index in pairs else None
        yield _rule_name(rule, index), partner, rule


def _pair(
    before: Sequence[JSONObject],
    after: Sequence[JSONObject],
    identity: Callable[[JSONObject], str | None],
    pairs: dict[int, int],
) -> None:
    """Add the pairs of rules of one identity, as indexes by that of the later version."""
    paired = set(pairs.values())
    waiting: dict[str | None, deque[int]] = defaultdict(deque)
    for index, rule in enumerate(before):
        if index not in paired:
            waiting[identity(rule)].append(index)
    for index, rule in enumerate(after):
        key = identity(rule)
        if index not in pairs and key is not None and waiting[key]:
            pairs[index] = waiting[key].popleft()


def _rule_name(rule: JSONObject, index: int) -> str:
    name = rule.get("name") or rule.get("id") or rule.get("metric")
    return str(name or f"number {index + 1}")


def _is_guarantee(rule: Rule, *, is_of_column: bool) -> bool:
    """Return True if a rule can fail: it is not advisory, has a threshold, and can be measured."""
    if str(rule.get("severity") or "").strip().lower() in _ADVISORY:
        return False
    is_custom = rule.get("type") == "custom"
    if is_custom and rule.get("engine") == "datacontract-cli":
        return True
    if _threshold(rule) is None or (is_custom and rule.get("implementation")):
        return False
    if rule.get("type") == "sql":
        return rule.get("query") is not None
    return _can_be_counted(rule, is_of_column=is_of_column)


def _can_be_counted(rule: Rule, *, is_of_column: bool) -> bool:
    """Return True if a rule names a metric of the library and what that metric needs."""
    metric = rule.get("metric")
    if not isinstance(metric, str):
        return False
    if "${" in metric:
        return True
    if not _METRICS.get(metric, (False, False))[is_of_column]:
        return False
    if metric == "invalidValues" and not {"validValues", "pattern"} & _arguments(rule).keys():
        return False
    return metric in _SHARE_METRICS or not _is_share(rule)


def _loosens_threshold(before: Rule, after: Rule) -> bool:
    old, new = _threshold(before), _threshold(after)
    if old is None or new is None:
        return True
    # A metric of the library counts rows, unless it is a share of them.
    is_whole = not _is_share(after) and after.get("type") not in ("sql", "custom")
    return _accepts_more(old[0], new[0], _probes([*old[1], *new[1]], is_whole=is_whole))


def _loosens_metric(before: Rule, after: Rule) -> bool:
    """Return True if the metric of the library counts fewer rows, or other ones."""
    metric, former = after.get("metric"), before.get("metric")
    old, new = _arguments(before), _arguments(after)
    if metric != former:
        if {metric, former} != {"nullValues", "missingValues"}:
            return True
        markers = _entries(new if metric == "missingValues" else old, "missingValues") - {"null"}
        return bool(markers) and _loosens_count(after, more=metric == "missingValues")
    if metric not in _COUNTED_LISTS:
        return False
    name, counts_more = _COUNTED_LISTS[metric]
    if (old.get(name) is None) != (new.get(name) is None) and metric != "missingValues":
        return True
    if metric == "invalidValues" and old.get("pattern") != new.get("pattern"):
        return True
    added = _entries(new, name) - _entries(old, name)
    removed = _entries(old, name) - _entries(new, name)
    return bool(added and _loosens_count(after, more=counts_more)) or bool(
        removed and _loosens_count(after, more=not counts_more)
    )


def _loosens_count(rule: Rule, *, more: bool) -> bool:
    """Return True if a rule may pass where it failed, when it counts more rows, or fewer."""
    threshold = _threshold(rule)
    if threshold is None:
        return True
    accepts, bounds = threshold
    probes = [value for value in _probes([0, *bounds], is_whole=not _is_share(rule)) if value >= 0]
    passed = [accepts(value) for value in probes]
    rises = any(not left and right for left, right in pairwise(passed))
    falls = any(left and not right for left, right in pairwise(passed))
    return rises if more else falls


def _threshold(rule: Rule) -> tuple[Accepts, list[float]] | None:
    """Return what the threshold of a rule lets through, and its bounds; None if it has none."""
    key = next((key for key in _THRESHOLD_TESTS if rule.get(key) is not None), None)
    if key is None:
        return None
    value = rule[key]
    bounds = value if isinstance(value, list) else [value]
    is_number = all(isinstance(b, int | float) and not isinstance(b, bool) for b in bounds)
    if len(bounds) != (2 if "Between" in key else 1) or not is_number:
        return None
    return lambda actual: _THRESHOLD_TESTS[key](actual, bounds), list(bounds)


def _probes(bounds: Sequence[float], *, is_whole: bool) -> list[float]:
    """Return values below, at, between and above the bounds, in order."""
    ordered = sorted(set(bounds))
    if is_whole:
        around = {
            n for bound in ordered for n in range(math.floor(bound) - 1, math.ceil(bound) + 2)
        }
        return sorted(around)
    between = [(low + high) / 2 for low, high in pairwise(ordered)]
    return sorted([ordered[0] - 1, *ordered, *between, ordered[-1] + 1])


def _accepts_more(before: Accepts, after: Accepts, probes: Sequence[float]) -> bool:
    return any(after(value) and not before(value) for value in probes)


def _number(value: JSONValue) -> float | None:
    """Return a number, or a date as its days since 1970; None if it is neither."""
    if isinstance(value, bool):
        return None
    with suppress(ValueError, TypeError, OverflowError):
        number = float(value)
        return number if math.isfinite(number) else None
    with suppress(ValueError, TypeError, OverflowError):
        moment = datetime.fromisoformat(str(value).strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.timestamp() / 86_400
    return None


def _seconds(service_level: Rule) -> float | None:
    """Return the age that a service level names in seconds; None if it cannot be read."""
    value, unit = service_level.get("value"), str(service_level.get("unit") or "d").lower()
    duration = _DURATION.fullmatch(value.strip().upper()) if isinstance(value, str) else None
    with suppress(ValueError):
        if duration:
            parts = zip(duration.groups(), _DURATION_SECONDS, strict=True)
            return sum(float(amount) * seconds for amount, seconds in parts if amount)
    number = _number(value)
    factor = next((seconds for seconds, names in _SECONDS.items() if unit in names), None)
    return None if number is None or factor is None else number * factor


def _is_share(rule: Rule) -> bool:
    return str(rule.get("unit") or "").strip().lower() in _PERCENT


def _arguments(rule: Rule) -> Mapping[str, JSONValue]:
    arguments = rule.get("arguments")
    return arguments if isinstance(arguments, Mapping) else {}


def _entries(arguments: Mapping[str, JSONValue], name: str) -> set[str]:
    entries = arguments.get(name)
    return {json.dumps(entry) for entry in (entries if isinstance(entries, list) else ())}


def _text(value: JSONValue) -> str | None:
    return None if value is None else json.dumps(value, sort_keys=True)
