"""`field:value` as people type it, read into a condition that an engine can test; pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from catalog.search.fields import BY_NAME, Field, FieldType, Unit
from catalog.search.spelling import closest, normalize

LONGEST_VALUE = 200
MOST_VALUES = 50
_KEYED_NAME = re.compile(r"(?P<name>\w+)(?:\((?P<inner>[^()]{1,80})\)|\.(?P<dotted>[\w-]{1,80}))\Z")
_COMPARISON = re.compile(r"(?P<sign>>=|<=|>|<|=)?(?P<value>[^<>=]+)\Z")
_PART = re.compile(r'"[^"]*"|[^,"]+')
_NUMBER = re.compile(r"(?P<number>[+-]?\d{1,12}(?:\.\d{0,9})?)(?P<unit>%|ms|s|min|m|h|d|w|mo|y)?\Z")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800,
            "mo": 2_629_800, "y": 31_557_600}  # fmt: skip
_TRUTH = {"true": False, "yes": False, "false": True, "no": True}


@dataclass(frozen=True, slots=True)
class Filter:
    """What a document must meet: one of the values, or a number between low and high.

    `key` names a keyed number (`min_share.sex`); `typed` is the value as the user wrote it.
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

    @property
    def parameter(self) -> str:
        """Its name in an address: `domain`, `-domain`, `min_share(sex)`."""
        name = self.field
        if self.key:
            name = f"{self.field}({self.key.removeprefix(self.field + '.')})"
        return f"-{name}" if self.is_negated else name

    @property
    def is_choice(self) -> bool:
        """Names values that a facet offers."""
        return bool(self.values) and not self.is_negated


@dataclass(frozen=True, slots=True)
class QueryWarning:
    """Something typed that was not used as written, and what was probably meant."""

    code: str
    typed: str
    offer: str = ""


class InvalidFilter(Exception):
    """Carries the doubt about one typed condition."""

    def __init__(self, doubt: QueryWarning) -> None:
        super().__init__(doubt.code)
        self.doubt = doubt


def resolve_field(name: str) -> tuple[Field, str] | None:
    """The field of a typed name and the key within it (`min_share(sex)` has the key `sex`)."""
    name = normalize(name)
    if name in BY_NAME and BY_NAME[name].type is not FieldType.KEYED:
        return BY_NAME[name], ""
    match = _KEYED_NAME.match(name)
    if match and (field := BY_NAME.get(match["name"])) and field.type is FieldType.KEYED:
        return field, normalize(match["inner"] or match["dotted"])
    return None


def parse_filter(name: str, value: str, *, now: datetime) -> Filter:
    """Read one `name:value`; raises InvalidFilter with what was probably meant."""
    is_negated, name = name.startswith("-"), name.removeprefix("-")
    found = resolve_field(name)
    if found is None:
        raise InvalidFilter(
            QueryWarning("unknown-field", name, closest(normalize(name), BY_NAME) or "")
        )
    field, key = found
    value = value.strip()[:LONGEST_VALUE]
    if not value:
        raise InvalidFilter(QueryWarning("no-value", f"{name}:"))
    if field.name == "certified" and normalize(value) in _TRUTH:
        is_negated = is_negated != _TRUTH[normalize(value)]
        return Filter("is", ("certified",), is_negated=is_negated, raw="certified")
    reading = _terms if field.type is FieldType.TERMS else _range
    return replace(reading(field, key, value, now), is_negated=is_negated, raw=value)


def parse_filters(
    pairs: Iterable[tuple[str, str]], *, now: datetime
) -> tuple[tuple[Filter, ...], tuple[QueryWarning, ...]]:
    """Read many; choices of the same field join (either), all others stand beside each other."""
    joined: dict[tuple[str, str], Filter] = {}
    doubts = []
    for name, value in pairs:
        try:
            condition = parse_filter(name, value, now=now)
        except InvalidFilter as refusal:
            doubts.append(refusal.doubt)
            continue
        place = condition.parameter, "" if condition.values else condition.raw
        joined[place] = _joined(joined[place], condition) if place in joined else condition
    return tuple(joined.values()), tuple(doubts)


def _joined(one: Filter, other: Filter) -> Filter:
    values = tuple(dict.fromkeys((*one.values, *other.values)))[:MOST_VALUES]
    return replace(one, values=values, raw=",".join(values))


def _terms(field: Field, key: str, value: str, now: datetime) -> Filter:
    values = [normalize(part.strip().strip('"')) for part in _PART.findall(value)]
    values = [_choice(field, part) if field.choices else part for part in values if part]
    if not values:
        raise InvalidFilter(QueryWarning("no-value", f"{field.name}:{value}"))
    return Filter(field.name, tuple(dict.fromkeys(values))[:MOST_VALUES])


def _choice(field: Field, value: str) -> str:
    plain = value.replace("_", "-").replace(" ", "-")
    for choice in field.choices:
        if choice.replace("_", "-") == plain:
            return choice
    offer = closest(plain, field.choices) or ""
    raise InvalidFilter(QueryWarning("unknown-value", f"{field.name}:{value}", offer))


def _range(field: Field, key: str, value: str, now: datetime) -> Filter:
    name = f"{field.name}.{key}" if key else ""
    try:
        return replace(_bounds(field.unit, value, now), field=field.name, key=name)
    except ValueError:
        doubt = QueryWarning("unknown-value", f"{field.name}:{value}", _EXAMPLES[field.unit])
        raise InvalidFilter(doubt) from None


_EXAMPLES = {
    Unit.PERCENT: ">=98",
    Unit.SECONDS: "<500ms",
    Unit.SHARE: ">=0.4",
    Unit.AGE: "<7d",
    Unit.DATE: "2026-01-01..",
    Unit.PLAIN: ">=1",
}


def _bounds(unit: Unit, value: str, now: datetime) -> Filter:
    """Read `a..b`, `>=a`, `<b` or `a`; raises ValueError for anything else."""
    if ".." in value:
        low, _, high = (part.strip() for part in value.partition(".."))
        if not low and not high:
            raise ValueError(value)
        return Filter(
            "",
            min=_number(unit, low, now) if low else None,
            max=_end(unit, high, now) if high else None,
        )
    match = _COMPARISON.match(value)
    if not match:
        raise ValueError(value)
    sign, number = match["sign"] or "=", _number(unit, match["value"].strip(), now)
    if _is_age(unit, match["value"].strip()):
        sign = sign.translate(str.maketrans("<>", "><"))  # younger than 7 days = later than then
    if sign == "=" and unit in (Unit.AGE, Unit.DATE):
        return Filter("", min=number, max=_end(unit, match["value"].strip(), now))
    return Filter(
        "",
        min=number if sign in (">", ">=", "=") else None,
        max=number if sign in ("<", "<=", "=") else None,
        includes_min=sign != ">",
        includes_max=sign != "<",
    )


def _is_age(unit: Unit, value: str) -> bool:
    return unit in (Unit.AGE, Unit.DATE) and bool(_NUMBER.match(value))


def _end(unit: Unit, value: str, now: datetime) -> float:
    """The last second of a day that was typed as an end; any other number as it is."""
    is_day = unit in (Unit.AGE, Unit.DATE) and not _NUMBER.match(value)
    return _number(unit, value, now) + (86_399 if is_day else 0)


def _number(unit: Unit, value: str, now: datetime) -> float:
    match = _NUMBER.match(value)
    if unit in (Unit.AGE, Unit.DATE):
        return _moment(match, value, now)
    if not match:
        raise ValueError(value)
    number, suffix = float(match["number"]), match["unit"]
    if unit is Unit.SECONDS and suffix != "%":
        return number * _SECONDS[suffix or "ms"]
    if suffix not in (None, "%") or (suffix and unit in (Unit.SECONDS, Unit.PLAIN)):
        raise ValueError(value)
    return _share(unit, number, suffix)


def _share(unit: Unit, number: float, suffix: str | None) -> float:
    """Shares are kept 0 to 1; percentages may be typed either way, 98 as well as 0.98."""
    is_percent = suffix == "%" or (unit is Unit.PERCENT and abs(number) > 1)
    return number / 100 if is_percent and unit is not Unit.PLAIN else number


def _moment(match: re.Match[str] | None, value: str, now: datetime) -> float:
    if match and match["unit"] in _SECONDS:
        return now.timestamp() - float(match["number"]) * _SECONDS[match["unit"]]
    if match:
        raise ValueError(value)
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
