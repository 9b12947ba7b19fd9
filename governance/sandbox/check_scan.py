"""Measures checks: all that can be in one statement, the others one by one, then failing rows.

If the one statement fails or takes too long, each half of its checks is tried alone, so that a
check that cannot be measured costs only its own result.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from sqlalchemy import case, func, literal, select

from governance.sandbox.check_conditions import all_present
from governance.sandbox.check_parts import CheckedTable, Part, PartBuilder
from governance.sandbox.check_samples import as_sample, with_samples
from governance.sandbox.check_sql import limited_sql, parse_statement
from governance.sandbox.checks import MAX_GROUPS, Check, CheckResult
from governance.sandbox.types import SourceUnreadable

# A statement may take this part of the time that is left: others still have some if it fails.
SHARE = 0.45
# The last ones are tried apart first if the statement of all fails.
RISKY_KINDS = ("type_conformity", "pattern", "expression")
REPEATED = "(rows)"


@dataclass
class Scan:
    """The measuring of the checks of one table until `ends_at` (time.monotonic)."""

    builder: PartBuilder
    ends_at: float
    rows: int | None = None
    statements: int = 0

    @property
    def table(self) -> CheckedTable:
        return self.builder.table

    @property
    def seconds(self) -> float:
        """Return how long the next statement may take. Raises SourceUnreadable."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise SourceUnreadable("too-costly", "The time for this table was used up.")
        return max(1.0, left * SHARE)

    def measure(self, checks: Sequence[Check]) -> Iterator[list[CheckResult]]:
        """Yield the results as they are measured; those with samples come once more."""
        parts: list[Part] = []
        alone: list[Check] = []
        for check in checks:
            try:
                part = self.builder.part(check)
            except SourceUnreadable as error:
                yield [failure(check, error)]
                continue
            if part is None:
                alone.append(check)
            else:
                parts.append(part)
        parts.sort(key=lambda part: part.check.kind in RISKY_KINDS)
        results: list[CheckResult] = []
        for portion in self._measure_parts(parts):
            known = [result for result in portion.values() if result is not None]
            alone += [part.check for part in parts if portion.get(part.check.key, known) is None]
            results += known
            yield known
        for check in alone:
            result = self._alone(check)
            results.append(result)
            yield [result]
        yield from with_samples(self.builder, results, lambda: self.seconds)

    def _measure_parts(self, parts: Sequence[Part]) -> Iterator[dict[str, CheckResult | None]]:
        started = time.monotonic()
        self.statements += 1
        number = self.statements
        try:
            elements = [func.count(), *chain.from_iterable(part.elements for part in parts)]
            statement = select(*elements).select_from(self.table.rows())
            rows, *values = self.table.fetch(statement, self.seconds)[0]
        except SourceUnreadable as error:
            if len(parts) < 2:
                yield {part.check.key: failure(part.check, error) for part in parts}
                return
            middle = _middle(parts)
            yield from self._measure_parts(parts[:middle])
            yield from self._measure_parts(parts[middle:])
            return
        self.rows = int(rows)
        seconds = time.monotonic() - started
        results: dict[str, CheckResult | None] = {}
        for part in parts:
            own = values[: len(part.elements)]
            del values[: len(part.elements)]
            result = part.result(own, self.rows)
            results[part.check.key] = result and replace(result, seconds=seconds, scan=number)
        yield results

    def _alone(self, check: Check) -> CheckResult:
        """Measure a check by a statement of its own."""
        measures: Mapping[str, Callable[[Check], CheckResult]] = {
            "duplicates": self._duplicates,
            "distribution": self._distribution_alone,
            "sql": self._sql,
            "reference": self._reference,
            "accuracy": self._reference,
        }
        started = time.monotonic()
        self.statements += 1
        number = self.statements
        try:
            result = measures.get(check.kind, self._by_values)(check)
        except SourceUnreadable as error:
            result = failure(check, error)
        return replace(result, seconds=time.monotonic() - started, scan=number)

    def _by_values(self, check: Check) -> CheckResult:
        column = self.table.find(check.columns[0])
        return self.table.by_values(check, column, self.seconds)

    def _duplicates(self, check: Check) -> CheckResult:
        columns = [self.table.find(name) for name in check.columns]
        texts = [column.text.label(f"k{place}") for place, column in enumerate(columns)]
        complete = all_present(check, columns, self.table.functions)
        keys = select(*texts, literal(1).label("one")).select_from(self.table.rows())
        rows = keys.where(complete).subquery("r")
        names = [rows.c[f"k{place}"] for place in range(len(texts))]
        groups = select(func.count().label("n")).select_from(rows).group_by(*names).subquery("g")
        repeated = case((groups.c.n > 1, groups.c.n), else_=0)
        counts = select(
            func.sum(groups.c.n), func.sum(case((groups.c.n > 1, 1), else_=0)), func.sum(repeated)
        ).select_from(groups)
        tested, n_keys, failing = (
            int(value or 0) for value in self.table.fetch(counts, self.seconds)[0]
        )
        samples: list[dict[str, str | None]] = []
        if failing and self.builder.shows_samples(check):
            n = func.count()
            most = select(*names, n).select_from(rows).group_by(*names).having(n > 1)
            limited = most.order_by(n.desc(), *names).limit(self.builder.request.sample_limit)
            labels = [*(column.name for column in columns), REPEATED]
            samples = [
                dict(zip(labels, map(as_sample, row), strict=True))
                for row in self.table.fetch(limited, self.seconds)
            ]
        return CheckResult(
            key=check.key, observed=n_keys, tested=tested, failing=failing, samples=tuple(samples)
        )

    def _distribution_alone(self, check: Check) -> CheckResult:
        group = self.builder.group_of(check).label("g")
        rows = select(group).select_from(self.table.rows()).subquery("r")
        counts = select(rows.c.g, func.count()).where(rows.c.g.is_not(None)).group_by(rows.c.g)
        ordered = counts.order_by(func.count().desc(), rows.c.g).limit(MAX_GROUPS + 1)
        fetched = self.table.fetch(ordered, self.seconds)
        return self.builder.distribution(check, [(value, int(n)) for value, n in fetched])

    def _sql(self, check: Check) -> CheckResult:
        table = self.table
        known = parse_statement(
            check.sql, table.engine, table.scope, self.builder.request.classified
        )
        rows = table.fetch_sql(limited_sql(known), self.seconds)
        if len(rows) != 1:
            raise SourceUnreadable("no-number", f"It returns {'several' if rows else 'no'} rows.")
        if len(rows[0]) != 1:
            raise SourceUnreadable("no-number", f"It returns {len(rows[0])} columns.")
        (value,) = rows[0]
        if value is None:
            return CheckResult(key=check.key)
        try:
            return CheckResult(key=check.key, observed=float(value))
        except (TypeError, ValueError) as error:
            raise SourceUnreadable("no-number", "It returns a text or a date.") from error

    def _reference(self, check: Check) -> CheckResult:
        result = self.table.count_unmatched(check, self.seconds)
        return result if self.builder.shows_samples(check) else replace(result, samples=())


def failure(check: Check, error: SourceUnreadable) -> CheckResult:
    return CheckResult(key=check.key, code=error.code, error=str(error))


def _middle(parts: Sequence[Part]) -> int:
    """Return where parts are divided: before the first risky one, else in the middle."""
    is_risky = [part.check.kind in RISKY_KINDS for part in parts]
    first = is_risky.index(True) if True in is_risky else 0
    return first or len(parts) // 2
