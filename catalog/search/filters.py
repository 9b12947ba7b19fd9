"""`field:value` as people type it, parsed into a filter that an engine can test; pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from catalog.identifiers import normalize, without_host
from catalog.issues import closest
from catalog.search.fields import BY_NAME, QUALITY_STATES, Field, FieldType, Unit

MAX_VALUE_LENGTH = 2000
MAX_VALUES = 50
_KEYED_NAME = re.compile(r"(?P<name>\w+)(?:\((?P<inner>[^()]{1,80})\)|\.(?P<dotted>[\w-]{1,80}))\Z")
# Attributes are written with underscores, whatever is typed between their words.
_KEY_GAPS = re.compile(r"[\s-]+")
_COMPARISON = re.compile(r"(?P<sign>>=|<=|>|<|=)?(?P<value>[^<>=]+)\Z")
_OTHER_SIGNS = (("≥", ">="), ("≤", "<="), ("=>", ">="), ("=<", "<="))
# A value in quotes may hold anything; a quote or backslash in it has a backslash before it.
_PART = re.compile(r'"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<plain>[^,"]+)')
_ESCAPED = re.compile(r"\\([\\\"])")
_NUMBER = re.compile(
    r"(?P<number>[+-]?\d{1,12}(?:\.\d{0,9})?)\s?(?P<unit>%|ms|s|min|m|h|d|w|mo|y)?\Z"
)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800,
            "mo": 2_629_800, "y": 31_557_600}  # fmt: skip
# Whether a yes or no asks for the opposite of `certified`.
_NEGATIONS = {"true": False, "yes": False, "false": True, "no": True}
_EXAMPLES = {
    Unit.PERCENT: ">=98",
    Unit.SECONDS: "<500ms",
    Unit.SHARE: ">=0.4",
    Unit.AGE: "<7d",
    Unit.DATE: "2026-01-01..",
    Unit.PLAIN: ">=1",
}
_TIMES = (Unit.AGE, Unit.DATE)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a document must meet: one of the values, or a number between min and max.

    `key` names a keyed number (`min_share.sex`); `raw` is the value as the user wrote it. A
    document that meets an alternative meets the filter.
    """

    field: str
    values: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    includes_min: bool = True
    includes_max: bool = True
    key: str = ""
    is_negated: bool = False
    raw: str = ""
    alternatives: tuple["Filter", ...] = ()

    @property
    def parameter(self) -> str:
        """Its name in a URL: `domain`, `-domain`, `min_share(sex)`."""
        key = f"({self.key.removeprefix(self.field + '.')})" if self.key else ""
        return f"{'-' if self.is_negated else ''}{self.field}{key}"

    @property
    def is_choice(self) -> bool:
        """Return True if it selects values that a facet offers."""
        return bool(self.values) and not self.is_negated and not self.alternatives


@dataclass(frozen=True, slots=True)
class QueryWarning:
    """Something typed that was not used as written, and what was probably meant."""

    code: str
    typed: str
    offer: str = ""


class InvalidFilter(Exception):
    """Carries the warning about one typed filter."""

    def __init__(self, code: str, typed: str, offer: str = "") -> None:
        super().__init__(code)
        self.warning = QueryWarning(code, typed, offer)


def resolve_field(name: str) -> tuple[Field, str] | None:
    """Return the field of a typed name and the key in it (`min_share(sex)` has the key `sex`)."""
    name = normalize(name)
    if name in BY_NAME and BY_NAME[name].type is not FieldType.KEYED:
        return BY_NAME[name], ""
    match = _KEYED_NAME.match(name)
    if match and (field := BY_NAME.get(match["name"])) and field.type is FieldType.KEYED:
        key = _KEY_GAPS.sub("_", (match["inner"] or match["dotted"]).strip('" '))
        return (field, key) if key else None
    return None


def nearest_field(name: str) -> str:
    """Return the name of a field that was probably meant, or an empty text.

    A name with a key in it (`min_shre(sex)`) is near to a field with keys alone.
    """
    name = normalize(name)
    match = _KEYED_NAME.match(name)
    if match is None:
        return closest(name, BY_NAME)
    keyed = [field.name for field in BY_NAME.values() if field.type is FieldType.KEYED]
    key = (match["inner"] or match["dotted"]).strip('" ')
    return f"{nearest}({key})" if (nearest := closest(match["name"], keyed)) else ""


def parse_filter(name: str, value: str, *, now: datetime) -> Filter:
    """Parse one `name:value`. Raises InvalidFilter with what was probably meant."""
    is_negated, name = name.startswith("-"), name.removeprefix("-")
    resolved = resolve_field(name)
    if resolved is None:
        raise InvalidFilter("unknown-field", name, nearest_field(name))
    field, key = resolved
    value = value.strip()[:MAX_VALUE_LENGTH]
    if normalize(name) == "urn" and ":" in value:  # a URN itself, `urn:isbn:0451450523`
        value = f"{name}:{value}"
    if not value:
        raise InvalidFilter("no-value", f"{name}:")
    if field.name == "certified" and normalize(value) in _NEGATIONS:
        is_negated = is_negated != _NEGATIONS[normalize(value)]
        return Filter("is", ("certified",), is_negated=is_negated, raw="certified")
    if field.name == "quality" and normalize(value) in QUALITY_STATES:
        field = BY_NAME["checks"]
    if field.type is FieldType.TERMS:
        return Filter(field.name, _values(field, value), is_negated=is_negated, raw=value)
    try:
        limits = _range(field.unit, value, now)
    except ValueError:
        example = _EXAMPLES[field.unit]
        raise InvalidFilter("unknown-value", f"{field.name}:{value}", example) from None
    key = f"{field.name}.{key}" if key else ""
    return replace(limits, field=field.name, key=key, is_negated=is_negated, raw=value)


def parse_filters(
    pairs: Iterable[tuple[str, str]], *, now: datetime
) -> tuple[tuple[Filter, ...], tuple[QueryWarning, ...]]:
    """Parse many; values of one field are joined by OR, all other filters apply together."""
    filters: dict[tuple[str, str], Filter] = {}
    warnings = []
    for name, value in pairs:
        try:
            one = parse_filter(name, value, now=now)
        except InvalidFilter as error:
            warnings.append(error.warning)
            continue
        same = one.parameter, "" if one.values else one.raw
        if same in filters and one.values:
            values = tuple(dict.fromkeys((*filters[same].values, *one.values)))[:MAX_VALUES]
            one = replace(one, values=values, raw=",".join(values))
        filters[same] = one
    return tuple(filters.values()), tuple(warnings)


def _values(field: Field, value: str) -> tuple[str, ...]:
    parts = [
        match["plain"] if match["quoted"] is None else _ESCAPED.sub(r"\1", match["quoted"])
        for match in _PART.finditer(value)
    ]
    if field.name == "iri":
        parts = [without_host(part.strip()) for part in parts]
    values = [normalize(part) for part in parts]
    values = [_choice(field, part) if field.choices else part for part in values if part]
    if not values:
        raise InvalidFilter("no-value", f"{field.name}:{value}")
    return tuple(dict.fromkeys(values))[:MAX_VALUES]


def quote_value(value: str) -> str:
    """Return a value so that the grammar reads exactly it."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _choice(field: Field, value: str) -> str:
    plain = value.replace("_", "-").replace(" ", "-")
    for choice in field.choices:
        if choice.replace("_", "-") == plain:
            return choice
    raise InvalidFilter("unknown-value", f"{field.name}:{value}", closest(plain, field.choices))


def _range(unit: Unit, value: str, now: datetime) -> Filter:
    """Parse `a..b`, `>=a`, `<b` or `a`. Raises ValueError for anything else."""
    if ".." in value:
        low, _, high = (part.strip() for part in value.partition(".."))
        if not low and not high:
            raise ValueError(value)
        start = _number(unit, low, now) if low else None
        return Filter("", min=start, max=_end(unit, high, now) if high else None)
    for other, sign in _OTHER_SIGNS:
        value = value.replace(other, sign)
    match = _COMPARISON.match(value)
    if not match:
        raise ValueError(value)
    sign, text = match["sign"] or "=", match["value"].strip()
    number = _number(unit, text, now)
    if sign == "=" and unit in _TIMES:
        return Filter("", min=number, max=_end(unit, text, now))
    if unit in _TIMES and _NUMBER.match(text):
        sign = sign.translate(str.maketrans("<>", "><"))  # younger than 7 days = later than then
    return Filter(
        "",
        min=number if sign in (">", ">=", "=") else None,
        max=number if sign in ("<", "<=", "=") else None,
        includes_min=sign != ">",
        includes_max=sign != "<",
    )


def _end(unit: Unit, value: str, now: datetime) -> float:
    """Return the last second of a day that was typed as an end; any other number as it is."""
    is_day = unit in _TIMES and not _NUMBER.match(value)
    return _number(unit, value, now) + (86_399 if is_day else 0)


def _number(unit: Unit, value: str, now: datetime) -> float:
    match = _NUMBER.match(value)
    if unit in _TIMES:
        return _timestamp(match, value, now)
    if not match:
        raise ValueError(value)
    number, suffix = float(match["number"]), match["unit"]
    if unit is Unit.SECONDS and suffix != "%":
        return number * _SECONDS[suffix or "ms"]
    if suffix not in (None, "%") or (suffix and unit in (Unit.SECONDS, Unit.PLAIN)):
        raise ValueError(value)
    # Shares are kept 0 to 1; percentages may be typed either way, 98 as well as 0.98.
    is_percent = suffix == "%" or (unit in (Unit.PERCENT, Unit.SHARE) and abs(number) > 1)
    number = number / 100 if is_percent and unit is not Unit.PLAIN else number
    if unit is Unit.SHARE and not 0 <= number <= 1:
        raise ValueError(value)
    return number


def _timestamp(match: re.Match[str] | None, value: str, now: datetime) -> float:
    """Return the moment that a date or an age (`7d`) names, in seconds of the epoch."""
    if match and match["unit"] in _SECONDS:
        return now.timestamp() - float(match["number"]) * _SECONDS[match["unit"]]
    if match:
        raise ValueError(value)
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
