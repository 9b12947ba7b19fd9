"""From the counts of groups to shares, measures and verdicts; pure.

Groups without records are part of a result: those of bins and mappings, those that the reference
names, and the pairs of groups that do not occur.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, product

from governance.representation.labels import Labelled, Parts, known_parts
from governance.representation.measures import wilson_interval
from governance.representation.plan import Plan, Reference
from governance.representation.results import (
    AttributeResult,
    GroupResult,
    PairResult,
    Representation,
    Thresholds,
    Verdict,
)
from governance.representation.verdicts import (
    TIMES,
    sample_sentence,
    share_evidence,
    share_sentence,
    verdict_of,
)
from governance.sandbox.groups import NOT_A_NUMBER, NOT_MAPPED, GroupCounts, GroupTable

REST = "all other groups"
# Shares of a reference that differ from 1 by less than this differ by rounding.
ROUNDING = 0.005
MAX_PAIR_GROUPS = 2000
# They are groups of their own, which nothing is expected of.
UNPLACED = (NOT_MAPPED, NOT_A_NUMBER)


@dataclass(frozen=True)
class Expected:
    """The groups that are compared, each with the share that it is compared with."""

    shares: Mapping[Parts, float]
    name: str = ""
    date: str = ""


def represent(
    counts: GroupCounts, plan: Plan, references: Mapping[str, Reference], measured_on: date
) -> Representation:
    """Return what the counts of a plan say; `references` are by attribute, with their shares."""
    summary = Summary(counts, plan, measured_on)
    expected = {
        attribute.name: expected_of(
            counts.table(attribute.name), attribute.grouping.groups, references.get(attribute.name)
        )
        for attribute in plan.attributes
    }
    attributes = tuple(summary.attribute((name,), expected[name]) for name in expected)
    pairs, notes = [], [counts.note]
    for first, second in combinations(expected, 2):
        both = _product(expected[first], expected[second])
        if (n_groups := len(summary.groups((first, second), both))) > MAX_PAIR_GROUPS:
            notes.append(f"{first}{TIMES}{second} has {n_groups:,} groups, too many to show.")
            continue
        pair = summary.attribute((first, second), both)
        pairs.append(PairResult(**vars(pair), first=first, second=second))
    return Representation(
        rows=counts.rows,
        measured_on=measured_on.isoformat(),
        thresholds=plan.thresholds,
        attributes=attributes,
        pairs=tuple(pairs),
        note=" ".join(filter(None, notes)),
    )


def expected_of(table: GroupTable, known: Sequence[str], reference: Reference | None) -> Expected:
    """Return the shares of a reference, or else equal shares of all groups that are known."""
    if reference is not None:
        shares: dict[Parts, float] = {(name,): n for name, n in reference.shares.items()}
        return Expected(shares, reference.name, reference.date)
    observed = {cell.groups[0] for cell in table.cells if cell.groups[0] not in (None, *UNPLACED)}
    groups = [*known, *sorted(group for group in observed if group and group not in known)]
    return Expected({(group,): 1 / len(groups) for group in groups})


def _product(first: Expected, second: Expected) -> Expected:
    """Return the shares of pairs as if two attributes were independent of each other."""
    shares = {
        (*one, *two): share * other
        for (one, share), (two, other) in product(first.shares.items(), second.shares.items())
    }
    if not (first.name or second.name):
        return Expected(shares)
    names = dict.fromkeys(item.name or "equal shares" for item in (first, second))
    dates = dict.fromkeys(filter(None, (first.date, second.date)))
    name = f"{' and '.join(names)}, as if both attributes were independent"
    return Expected(shares, name, " and ".join(dates))


class Summary:
    """Sums up the counts of one measurement."""

    def __init__(self, counts: GroupCounts, plan: Plan, measured_on: date) -> None:
        self.counts = counts
        self.plan = plan
        self.thresholds = plan.thresholds
        self.measured_on = measured_on
        self.labelled = Labelled.of(counts, plan, measured_on)

    def groups(self, names: Parts, expected: Expected) -> list[Parts]:
        """Return the groups of an attribute, or the pairs of two attributes' groups, in order."""
        if len(names) == 2:
            sides = [self._names_on(side, name, expected) for side, name in enumerate(names)]
            return [(one, two) for one, two in product(*sides)]
        return [(name,) for name in self._names_on(0, names[0], expected)]

    def _names_on(self, side: int, name: str, expected: Expected) -> list[str]:
        known = dict.fromkeys(parts[side] for parts in expected.shares)
        planned = next(item for item in self.plan.attributes if item.name == name)
        known |= dict.fromkeys(planned.grouping.groups)
        observed = {cell.groups[0] for cell in self.counts.table(name).cells}
        return [*known, *sorted(group for group in observed - known.keys() if group is not None)]

    def attribute(self, names: Parts, expected: Expected) -> AttributeResult:
        """Return one attribute, or two crossed, with its verdict."""
        table = self.counts.table(*names)
        sizes: Counter[Parts] = Counter()
        for cell in table.cells:
            if (parts := known_parts(cell)) is not None:
                sizes[parts] += cell.n
        n = sum(sizes.values())
        keys = self.groups(names, expected)
        groups = [self._group(parts, sizes[parts], n, expected) for parts in keys]
        groups += self._rest(groups, n, expected)
        result = AttributeResult(
            attribute=TIMES.join(names),
            n=n,
            missing=self.counts.rows - n,
            groups=tuple(groups),
            reference_name=expected.name,
            reference_date=expected.date,
            verdict=Verdict.INSUFFICIENT_EVIDENCE,
            sentence="",
            label=self.labelled.result(table, keys) if self.labelled else None,
        )
        evidence = share_evidence(groups, result.missing, self.thresholds)
        if self.counts.is_sample:
            return replace(result, sentence=sample_sentence(self.measured_on))
        result = replace(result, verdict=verdict_of(evidence, self.thresholds))
        sentence = share_sentence(result, evidence, self.thresholds, self.measured_on)
        return replace(result, sentence=sentence)

    def _group(self, parts: Parts, size: int, n: int, expected: Expected) -> GroupResult:
        return _compared(
            GroupResult(
                group=TIMES.join(parts),
                n=size,
                share=None,
                interval_low=None,
                interval_high=None,
                reference_share=expected.shares.get(parts),
                is_small=size < self.thresholds.small_group,
                parts=parts if len(parts) > 1 else (),
            ),
            n,
            self.thresholds,
        )

    def _rest(self, groups: Sequence[GroupResult], n: int, expected: Expected) -> list[GroupResult]:
        """Return the rest row, if there are groups that the reference does not name."""
        rest = 1 - sum(expected.shares.values())
        unnamed = [group for group in groups if group.reference_share is None]
        size = sum(group.n for group in unnamed)
        if not size and rest <= ROUNDING:
            return []
        row = GroupResult(
            group=REST,
            n=size,
            share=None,
            interval_low=None,
            interval_high=None,
            reference_share=rest if rest > ROUNDING else 0.0,
            is_small=size < self.thresholds.small_group,
            is_rest=True,
        )
        return [_compared(row, n, self.thresholds)]


def _compared(group: GroupResult, n: int, thresholds: Thresholds) -> GroupResult:
    """Return a group with its share of `n` records and how that differs from the reference."""
    interval = wilson_interval(group.n, n, thresholds.level)
    if interval is None:
        return group
    share, reference = group.n / n, group.reference_share
    ratio = share / reference if reference else math.inf
    return replace(
        group,
        share=share,
        interval_low=interval.low,
        interval_high=interval.high,
        gap=None if reference is None else share - reference,
        disparity_ratio=ratio if math.isfinite(ratio) else None,
    )
