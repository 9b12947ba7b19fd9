"""Which rows a check tests and which of them fail, in SQLAlchemy Core for every engine."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import (
    BigInteger,
    Double,
    Text,
    and_,
    case,
    cast,
    extract,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    true,
    try_cast,
    type_coerce,
)
from sqlalchemy.types import DateTime

from governance.sandbox.checks import Check
from governance.sandbox.group_counting import text_of
from governance.sandbox.statistics import Element
from governance.sandbox.types import NUMBERS, SourceUnreadable

# Above it a floating-point number is written with an exponent.
MAX_WHOLE = 10**15
DAYS = ("date", "timestamp")
# What a text must be to have a logical type where the engine has no cast that can fail.
TYPE_PATTERNS = {
    "integer": r"^\s*[+-]?[0-9]+\s*$",
    "number": r"^\s*[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?\s*$",
    "boolean": r"^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[01])$",
    "date": r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
    "timestamp": (
        r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ][0-2][0-9]:[0-5][0-9].*)?$"
    ),
    "time": r"^[0-2][0-9]:[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?$",
}
# Logical types whose every value has another one too.
WIDER = {"integer": ("number",), "date": ("timestamp",)}


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the rows that are read; `text` is its value as text, compared byte by byte.

    With `is_text` the source has only text: `value` is null where that does not fit the type.
    """

    name: str
    value: Element
    text: Element
    logical_type: str
    is_text: bool = False

    @property
    def is_present(self) -> Element:
        return (self.text if self.is_text else self.value).is_not(None)


class Functions:
    """What engines do differently; the methods are true of Postgres."""

    # True if a text can be cast to a type with null for what does not fit.
    has_try_cast = False

    def count_if(self, condition: Element) -> Element:
        return func.count().filter(condition)

    def text_literal(self, text: str) -> Element:
        """Return a text that is compared with the text of a column."""
        return literal(text)

    def matches(self, column: Column, pattern: str) -> Element | None:
        """Return whether a pattern is found in a value; None if the engine cannot tell."""
        return column.text.op("~", is_comparison=True)(pattern)

    def length(self, column: Column) -> Element:
        return func.char_length(column.text)

    def try_cast_to(self, column: Column, logical_type: str) -> Element:
        """Return values cast to a type, null if they do not fit, where `has_try_cast`."""
        raise NotImplementedError

    def epoch(self, value: Element) -> Element:
        """Return a moment as seconds since 1970, a moment without zone taken as UTC."""
        return extract("epoch", value)

    def moment(self, value: Element) -> Element:
        """Return a date or timestamp so that it can be compared with another one."""
        return type_coerce(value, DateTime)

    def key_hash(self, columns: Sequence[Column]) -> Element | None:
        """Return a hash that is equal for equal keys; None if the engine has none."""
        return None

    def histogram(self, values: Element) -> Element | None:
        """Return the counts of all values as one value; None if the engine cannot."""
        return None

    def number(self, text: str) -> Decimal | float | int | None:
        """Return a number of a check as the driver takes it; None if it is none."""
        try:
            number = Decimal(text.strip())
        except InvalidOperation:
            return None
        if not number.is_finite():
            return None
        return int(number) if number == number.to_integral_value() else number


@dataclass(frozen=True, kw_only=True)
class Condition:
    """The rows that a check tests, and those of them that fail."""

    tested: Element
    failing: Element


# Finds a column by its name in a check; raises SourceUnreadable.
FindColumn = Callable[[str], Column]
Valid = Callable[[Check, Column, Functions], Element | None]


def condition_of(check: Check, find: FindColumn, functions: Functions) -> Condition | None:
    """Return the condition of a check on single rows; None if the engine cannot compute it.

    Raises SourceUnreadable if it makes no sense for the column.
    """
    column = _only_column(check, find)
    present = is_present(check, column, functions)
    if check.kind == "missing":
        return Condition(tested=true(), failing=not_(present))
    parts = [valid(check, column, functions) for valid in _conditions(check)]
    if any(part is None for part in parts):
        return None
    valid_parts = [part for part in parts if part is not None]
    if not valid_parts:
        raise SourceUnreadable("not-comparable", f"{check.key} has no condition.")
    valid = and_(*valid_parts)
    # A condition that is null, such as an order without a number, is not met.
    is_valid = case((valid, 1), else_=0) == 1
    return Condition(tested=present, failing=and_(present, not_(is_valid)))


def expression_condition(sql: str) -> Condition:
    """Return the condition of a row's expression; a row for which it is null is not tested."""
    holds: Element = literal_column(f"({sql})")
    return Condition(tested=holds.is_not(None), failing=not_(holds))


def is_present(check: Check, column: Column, functions: Functions) -> Element:
    present = column.is_present
    if check.missing:
        texts = [functions.text_literal(text) for text in check.missing]
        present = and_(present, column.text.not_in(texts))
    return present


def all_present(check: Check, columns: Sequence[Column], functions: Functions) -> Element:
    return and_(*(is_present(check, column, functions) for column in columns))


def _only_column(check: Check, find: FindColumn) -> Column:
    if len(check.columns) != 1:
        raise SourceUnreadable("no-column", f"{check.key} is about one column.")
    return find(check.columns[0])


def _conditions(check: Check) -> list[Valid]:
    conditions: list[tuple[bool, Valid]] = [
        (check.minimum is not None or check.maximum is not None, _in_range),
        (check.min_length is not None or check.max_length is not None, _in_length),
        (check.allowed is not None, _is_allowed),
        (bool(check.forbidden), _is_not_forbidden),
        (bool(check.pattern), lambda check, column, use: use.matches(column, check.pattern)),
        (check.kind == "type_conformity", _has_type),
    ]
    return [valid for applies, valid in conditions if applies]


def _in_range(check: Check, column: Column, functions: Functions) -> Element:
    conditions: list[Element] = []
    for bound, is_minimum in ((check.minimum, True), (check.maximum, False)):
        if bound is None:
            continue
        value, limit = comparable(bound, column, functions)
        if check.is_exclusive:
            conditions.append(value > limit if is_minimum else value < limit)
        else:
            conditions.append(value >= limit if is_minimum else value <= limit)
    return and_(*conditions)


def comparable(bound: str, column: Column, functions: Functions) -> tuple[Element, Element]:
    """Return a column's values and a bound so that one can be compared with the other."""
    number = functions.number(bound)
    if number is not None:
        return numbers_of(column, functions), literal(number)
    try:
        moment = datetime.fromisoformat(bound)
    except ValueError as error:
        detail = f"{bound} is neither a number nor a date (2026-01-31) or timestamp."
        raise SourceUnreadable("not-comparable", detail) from error
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moments_of(column, functions), functions.moment(literal(moment, DateTime))


def numbers_of(column: Column, functions: Functions) -> Element:
    """Return the values of a column as numbers. Raises SourceUnreadable if it has none."""
    if column.logical_type in NUMBERS and not column.is_text:
        return column.value
    if functions.has_try_cast and column.logical_type in ("", "string", *NUMBERS):
        return functions.try_cast_to(column, "number")
    if column.logical_type in ("", "string"):
        is_number = functions.matches(column, TYPE_PATTERNS["number"])
        if is_number is not None:
            return case((is_number, cast(column.value, Double)))
    raise SourceUnreadable("not-comparable", f"{column.name} has no numbers.")


def moments_of(column: Column, functions: Functions) -> Element:
    """Return the values of a column as timestamps. Raises SourceUnreadable if it has none."""
    if column.logical_type in DAYS:
        return functions.moment(column.value)
    if functions.has_try_cast and column.logical_type in ("", "string"):
        return functions.try_cast_to(column, "timestamp")
    raise SourceUnreadable("not-comparable", f"{column.name} has no dates or timestamps.")


def _in_length(check: Check, column: Column, functions: Functions) -> Element:
    length = functions.length(column)
    conditions: list[Element] = []
    if check.min_length is not None:
        conditions.append(length >= check.min_length)
    if check.max_length is not None:
        conditions.append(length <= check.max_length)
    return and_(*conditions)


def _is_allowed(check: Check, column: Column, functions: Functions) -> Element:
    return is_one_of(check.allowed or (), column, functions)


def _is_not_forbidden(check: Check, column: Column, functions: Functions) -> Element:
    return not_(is_one_of(check.forbidden, column, functions))


def is_one_of(texts: Sequence[str], column: Column, functions: Functions) -> Element:
    """Return whether a value is one of some; numbers are equal however they are written."""
    if not texts:
        return false()
    numbers = [functions.number(text) for text in texts]
    if column.logical_type in NUMBERS and None not in numbers:
        # One by one: a list is bound with the type of its first number, which may be an integer.
        value = numbers_of(column, functions)
        return or_(*(value == number for number in numbers))
    if column.logical_type == "boolean":
        truths = {text.strip().casefold() in ("true", "1") for text in texts}
        return or_(*(column.value.is_(true() if one else false()) for one in truths))
    return column.text.in_([functions.text_literal(text) for text in texts])


def _has_type(check: Check, column: Column, functions: Functions) -> Element | None:
    logical_type = check.logical_type
    known = (column.logical_type, *WIDER.get(column.logical_type, ()))
    if logical_type in ("", "string") or (logical_type in known and not column.is_text):
        return true()
    if logical_type == column.logical_type:
        return column.value.is_not(None)
    if logical_type not in TYPE_PATTERNS:
        return false()
    if functions.has_try_cast:
        return functions.try_cast_to(column, logical_type).is_not(None)
    return functions.matches(column, TYPE_PATTERNS[logical_type])


def bin_of(column: Column, functions: Functions, bins: Sequence[float]) -> Element:
    """Return the number of a value's bin, counted from 0; -1 if it is no number."""
    number = numbers_of(column, functions)
    whens: list[tuple[Element, int]] = [(number.is_(None), -1)]
    whens += [(number < edge, index) for index, edge in enumerate(bins)]
    return case(*whens, else_=len(bins))


def key_text(column: Column) -> Element:
    """Return a value as the text that it is compared by with another source: 1.0 is 1."""
    if column.logical_type != "number":
        return column.text
    number: Element = (
        try_cast(column.text, Double) if column.is_text else cast(column.value, Double)
    )
    is_whole = and_(number == func.floor(number), func.abs(number) < MAX_WHOLE)
    return case((is_whole, cast(cast(number, BigInteger), Text)), else_=cast(number, Text))


def key_of(value: object) -> str | None:
    """Return a value of a driver as `key_text` writes it."""
    if isinstance(value, Decimal | float) and not isinstance(value, bool):
        number = float(value)
        if not math.isfinite(number):
            return None
        is_whole = number.is_integer() and abs(number) < MAX_WHOLE
        return str(int(value)) if is_whole else repr(number)
    if isinstance(value, datetime):
        moment = value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)
        text = str(moment)
        return text.rstrip("0") if moment.microsecond else text
    return text_of(value)
