"""Some failing rows of checks, of which no value of a classified column is one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from sqlalchemy import case, or_, select

from governance.sandbox.check_parts import PartBuilder
from governance.sandbox.checks import CheckResult
from governance.sandbox.statistics import as_text
from governance.sandbox.types import SourceUnreadable

# Up to this number of failing rows those of several checks are found by one reading of all rows;
# of more, the first ones are met soon.
RARE = 1000


def with_samples(
    builder: PartBuilder, results: Sequence[CheckResult], seconds: Callable[[], float]
) -> Iterator[list[CheckResult]]:
    """Yield results again, with some failing rows of each.

    `seconds` returns how long a statement may take; without time for samples there are none.
    """
    sampled_keys = {item.key for item in builder.request.checks if builder.shows_samples(item)}
    sampled_keys &= builder.conditions.keys()
    failing = [result for result in results if result.failing and result.key in sampled_keys]
    rare = [result for result in failing if (result.failing or 0) <= RARE]
    portions = [[result] for result in failing if result not in rare]
    try:
        for portion in (*portions, rare):
            if portion:
                yield _sampled(builder, portion, seconds())
    except SourceUnreadable:
        return


def _sampled(
    builder: PartBuilder, results: Sequence[CheckResult], seconds: float
) -> list[CheckResult]:
    """Return results with samples, found in one reading that ends when it can."""
    table, request = builder.table, builder.request
    checks = {check.key: check for check in request.checks}
    names = {result.key: builder.sampled_columns(checks[result.key]) for result in results}
    every = list(dict.fromkeys(chain.from_iterable(names.values())))
    conditions = [builder.conditions[result.key].failing for result in results]
    flags = [case((condition, 1), else_=0) for condition in conditions]
    values = [as_text(table.find(name).text) for name in every]
    n_rows = sum(min(result.failing or 0, RARE) for result in results)
    limit = request.sample_limit if len(results) == 1 else n_rows
    statement = select(*flags, *values).select_from(table.rows())
    rows = table.fetch(statement.where(or_(*conditions)).limit(limit), seconds)
    sampled = []
    for place, result in enumerate(results):
        chosen = [row for row in rows if row[place]][: request.sample_limit]
        texts = (dict(zip(every, row[len(flags) :], strict=True)) for row in chosen)
        samples = tuple(
            {name: as_sample(text[name]) for name in names[result.key]} for text in texts
        )
        sampled.append(replace(result, samples=samples))
    return sampled


def as_sample(value: object) -> str | None:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode(errors="replace")
    return None if value is None else str(value)
