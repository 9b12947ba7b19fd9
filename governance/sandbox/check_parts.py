"""How checks become parts of one statement over a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import FromClause, case, func, true

from governance.sandbox.check_conditions import (
    Column,
    Condition,
    Functions,
    all_present,
    bin_of,
    condition_of,
    expression_condition,
    is_present,
    moments_of,
)
from governance.sandbox.check_distribution import distance, expected_groups, named_groups
from governance.sandbox.check_sql import Scope, parse_expression
from governance.sandbox.checks import Check, CheckRequest, CheckResult
from governance.sandbox.statistics import Element, Row, Statement
from governance.sandbox.types import SourceUnreadable


class CheckedTable(Protocol):
    """The rows of a table, as an engine reads them."""

    @property
    def functions(self) -> Functions: ...

    @property
    def engine(self) -> str: ...

    @property
    def scope(self) -> Scope: ...

    def rows(self) -> FromClause: ...

    def find(self, name: str) -> Column: ...

    def fetch(self, statement: Statement, seconds: float) -> Sequence[Row]: ...

    def fetch_sql(self, sql: str, seconds: float) -> Sequence[Row]: ...

    def require_pattern(self, pattern: str) -> None:
        """Raise SourceUnreadable if a text is no pattern."""
        ...

    def unmatched(self, check: Check) -> Condition | None:
        """Return the rows without a partner in the reference; None if they are counted apart."""
        ...

    def count_unmatched(self, check: Check, seconds: float) -> CheckResult:
        """Count them by the keys of the table, if they are no condition."""
        ...

    def by_values(self, check: Check, column: Column, seconds: float) -> CheckResult:
        """Measure what the engine cannot: by the distinct values of a column."""
        ...


@dataclass(frozen=True, kw_only=True)
class Part:
    """A check in the one statement: what it computes, and the result of that and of all rows.

    A result of None is found by a statement of its own.
    """

    check: Check
    elements: Sequence[Element]
    result: Callable[[Row, int], CheckResult | None]
    condition: Condition | None = None


@dataclass(frozen=True)
class PartBuilder:
    """Makes the parts of a table's checks; `conditions` and `columns` are by the key of a check."""

    table: CheckedTable
    request: CheckRequest
    conditions: dict[str, Condition] = field(default_factory=dict)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def part(self, check: Check) -> Part | None:
        """Return how a check is part of the one statement; None if it has its own."""
        builders: Mapping[str, Callable[[Check], Part | None]] = {
            "row_count": lambda check: Part(
                check=check,
                elements=(),
                result=lambda _, rows: CheckResult(key=check.key, observed=rows, tested=rows),
            ),
            "freshness": self._freshness_part,
            "duplicates": self._duplicates_part,
            "distribution": self._distribution_part,
            "expression": self._expression_part,
            "reference": self._reference_part,
            "accuracy": self._reference_part,
            "sql": lambda _: None,
        }
        return builders.get(check.kind, self._row_part)(check)

    def _row_part(self, check: Check) -> Part | None:
        if check.pattern:
            self.table.require_pattern(check.pattern)
        condition = condition_of(check, self.table.find, self.table.functions)
        self.columns[check.key] = check.columns
        return None if condition is None else self._condition_part(check, condition)

    def _expression_part(self, check: Check) -> Part:
        find = self.table.find
        known = parse_expression(
            check.sql, self.table.engine, lambda name: str(find(name).value.name)
        )
        self.columns[check.key] = tuple(sorted(find(name).name for name in known.columns))
        return self._condition_part(check, expression_condition(known.sql))

    def _sql_name(self, name: str) -> str:
        """Return what a column of an expression is called in a statement."""
        aliases = {alias.casefold() for alias in (self.request.table, *self.request.aliases)}
        table, _, column = name.partition(".")
        known = self.table.find(column if column and table.casefold() in aliases else name)
        return str(known.value.name)

    def _condition_part(self, check: Check, condition: Condition) -> Part:
        self.conditions[check.key] = condition
        count_if = self.table.functions.count_if
        is_of_all = condition.tested is true() or isinstance(condition.tested, type(true()))

        def result(values: Row, rows: int) -> CheckResult:
            failing, tested = int(values[0] or 0), rows if is_of_all else int(values[1] or 0)
            return CheckResult(key=check.key, observed=failing, tested=tested, failing=failing)

        tested = () if is_of_all else (count_if(condition.tested),)
        elements = (count_if(condition.failing), *tested)
        return Part(check=check, elements=elements, result=result, condition=condition)

    def sampled_columns(self, check: Check) -> tuple[str, ...]:
        """Return the columns of a failing row that may be returned; none if it may not be."""
        columns = self.columns.get(check.key, check.columns)
        if self.request.sample_limit < 1 or self.is_classified(columns):
            return ()
        return tuple(dict.fromkeys((*self._identifiers(), *columns)))

    def _identifiers(self) -> Iterator[str]:
        for name in self.request.identifiers:
            try:
                identifier = self.table.find(name).name
            except SourceUnreadable:
                continue
            if not self.is_classified([identifier]):
                yield identifier

    def _reference_part(self, check: Check) -> Part | None:
        names = (*check.columns, *check.compared)
        self.columns[check.key] = tuple(self.table.find(name).name for name in names)
        condition = self.table.unmatched(check)
        return None if condition is None else self._condition_part(check, condition)

    def _freshness_part(self, check: Check) -> Part:
        column = self.table.find(check.columns[0])
        moments = moments_of(column, self.table.functions)
        newest = self.table.functions.epoch(func.max(moments))
        now = datetime.fromisoformat(self.request.now).timestamp()
        is_classified = self.is_classified((column.name,))

        def result(values: Row, rows: int) -> CheckResult:
            if values[0] is None:
                return CheckResult(key=check.key, tested=rows)
            seconds = float(values[0])
            value = "" if is_classified else moment_text(seconds)
            return CheckResult(key=check.key, observed=now - seconds, tested=rows, value=value)

        return Part(check=check, elements=(newest,), result=result)

    def _duplicates_part(self, check: Check) -> Part | None:
        columns = [self.table.find(name) for name in check.columns]
        if not columns:
            raise SourceUnreadable("no-column", "A check of duplicates names its columns.")
        self.columns[check.key] = tuple(column.name for column in columns)
        functions = self.table.functions
        hashed = functions.key_hash(columns)
        if hashed is None:
            return None
        complete = all_present(check, columns, functions)

        def result(values: Row, rows: int) -> CheckResult | None:
            tested, distinct = map(int, values)
            # Equal keys have equal hashes: as many hashes as rows means no key twice.
            if tested == distinct:
                return CheckResult(key=check.key, observed=0, tested=tested, failing=0)
            return None

        distinct = func.count(hashed.distinct()).filter(complete)
        return Part(check=check, elements=(functions.count_if(complete), distinct), result=result)

    def _distribution_part(self, check: Check) -> Part | None:
        self.columns[check.key] = check.columns
        if not check.baseline and not check.bins:
            return None
        groups = self.table.functions.histogram(self.group_of(check))
        if groups is None:
            return None

        def result(values: Row, rows: int) -> CheckResult:
            counts: Mapping[object, int] = values[0] or {}
            return self.distribution(check, list(counts.items()))

        return Part(check=check, elements=(groups,), result=result)

    def group_of(self, check: Check) -> Element:
        """Return the bin or the value of a baseline that a row belongs to; null if it has none."""
        column = self.table.find(check.columns[0])
        functions = self.table.functions
        present = is_present(check, column, functions)
        if check.bins:
            return case((present, bin_of(column, functions, check.bins)))
        names = expected_groups(check)
        if not names:
            return case((present, column.text))
        texts = [functions.text_literal(name) for name in names]
        whens = [(column.text == text, index) for index, text in enumerate(texts)]
        return case((present, case(*whens, else_=-1)))

    def distribution(self, check: Check, counts: Sequence[tuple[object, int]]) -> CheckResult:
        groups = named_groups(check, counts)
        is_classified = self.is_classified(check.columns)
        return CheckResult(
            key=check.key,
            observed=distance(check, groups),
            tested=sum(groups.values()),
            groups=() if is_classified else tuple(groups.items()),
        )

    def is_classified(self, names: Sequence[str]) -> bool:
        classified = {name.casefold() for name in self.request.classified}
        parts = {name.casefold() for name in names} | {
            name.casefold().partition(".")[0] for name in names
        }
        return bool(classified & parts)

    def shows_samples(self, check: Check) -> bool:
        return bool(self.sampled_columns(check))


def moment_text(seconds: float) -> str:
    """Return a moment as ISO 8601 in UTC; empty if Python has no such year."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""
