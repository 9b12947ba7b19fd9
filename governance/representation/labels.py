"""How a label is distributed in the groups of an attribute; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from governance.representation.measures import (
    Outcomes,
    Share,
    Sides,
    Stratum,
    difference_interval,
    label_measures,
    outcomes_of,
    wilson_interval,
)
from governance.representation.plan import Plan, PlannedLabel
from governance.representation.results import LabelResult, OutcomeGroup, Thresholds, Verdict
from governance.representation.verdicts import (
    TIMES,
    label_sentence,
    rate_evidence,
    sample_sentence,
    verdict_of,
)
from governance.sandbox.groups import Cell, GroupCounts, GroupTable

Parts: TypeAlias = tuple[str, ...]


@dataclass(frozen=True)
class Labelled:
    """Sums up the label of one measurement: its values, and the places of favourable ones."""

    counts: GroupCounts
    plan: Plan
    label: PlannedLabel
    measured_on: date
    values: Sequence[str]
    favourable: Sequence[int]

    @classmethod
    def of(cls, counts: GroupCounts, plan: Plan, measured_on: date) -> Labelled | None:
        """Return None if the plan has no label."""
        if (label := plan.label) is None:
            return None
        known = dict.fromkeys(label.grouping.groups)
        observed = {cell.label for cell in counts.table().cells if cell.label is not None}
        values = [*known, *sorted(observed.union(label.favourable) - known.keys())]
        places = [place for place, value in enumerate(values) if value in label.favourable]
        return cls(counts, plan, label, measured_on, values, places)

    def result(self, table: GroupTable, keys: Sequence[Parts]) -> LabelResult:
        """Return the label in the groups `keys` of one attribute, or of two crossed."""
        matrix = {key: [0] * len(self.values) for key in keys}
        unknown: Counter[Parts] = Counter()
        for cell in table.cells:
            if (parts := known_parts(cell)) is None:
                continue
            if cell.label is None:
                unknown[parts] += cell.n
            else:
                matrix[parts][self.values.index(cell.label)] += cell.n
        total = _sum(list(matrix.values()), len(self.values))
        sides = {
            key: Sides(own, [n - k for n, k in zip(total, own, strict=True)])
            for key, own in matrix.items()
        }
        rates = {key: self._rates(sides[key], unknown[key], unknown.total()) for key in keys}
        strata = self._strata(*table.attributes) if len(table.attributes) == 1 else {}
        groups = [
            self._group(key, sides[key], rates[key], {name: of(key) for name, of in strata.items()})
            for key in keys
        ]
        compared = [group for group in groups if group.n]
        evidence = rate_evidence(
            compared, [rates[group.parts or (group.group,)] for group in compared], self.thresholds
        )
        result = LabelResult(
            label=self.label.name,
            values=tuple(self.values),
            favourable=self.label.favourable,
            n=sum(total),
            missing=unknown.total(),
            groups=tuple(groups),
            verdict=Verdict.INSUFFICIENT_EVIDENCE,
            sentence="",
        )
        if self.counts.is_sample:
            return replace(result, sentence=sample_sentence(self.measured_on))
        if self.label.favourable:
            result = replace(result, verdict=verdict_of(evidence, self.thresholds))
        sentence = label_sentence(result, evidence, self.thresholds, self.measured_on)
        return replace(result, sentence=sentence)

    @property
    def thresholds(self) -> Thresholds:
        return self.plan.thresholds

    def _rates(self, sides: Sides, unknown: int, all_unknown: int) -> tuple[Share, Share]:
        """Return the share of favourable values in a group, and in all others."""
        own, others = (outcomes_of(counts, self.favourable) for counts in sides)
        return (
            Share(own.favourable, sum(own), unknown),
            Share(others.favourable, sum(others), all_unknown - unknown),
        )

    def _group(
        self,
        key: Parts,
        sides: Sides,
        rates: tuple[Share, Share],
        strata: Mapping[str, Sequence[Stratum]],
    ) -> OutcomeGroup:
        n = sum(sides.group)
        measures = label_measures(
            sides, self.favourable, is_ordered=bool(self.label.bins), strata=strata
        )
        group = OutcomeGroup(
            group=TIMES.join(key),
            n=n,
            counts=tuple(sides.group),
            rate=None,
            interval_low=None,
            interval_high=None,
            is_small=n < self.thresholds.small_group,
            parts=key if len(key) > 1 else (),
            measures=measures,
        )
        own, others = (Share(share.k, share.n) for share in rates)
        level = self.thresholds.level
        interval = wilson_interval(own.k, own.n, level) if self.label.favourable else None
        if interval is None:
            return group
        low, high = interval
        group = replace(group, rate=own.value, interval_low=low, interval_high=high)
        difference = difference_interval(own, others, level)
        if difference is None:
            return group
        low, high = difference
        value = own.value - others.value
        return replace(group, difference=value, difference_low=low, difference_high=high)

    def _strata(self, name: str) -> dict[str, Strata]:
        """Return the outcomes of the groups of an attribute within those of each other one."""
        names = [attribute.name for attribute in self.plan.attributes]
        strata = {}
        for other in names:
            if other == name:
                continue
            is_first = names.index(name) < names.index(other)
            table = self.counts.table(*((name, other) if is_first else (other, name)))
            strata[other] = self._strata_within(table, side=0 if is_first else 1)
        return strata

    def _strata_within(self, table: GroupTable, *, side: int) -> Strata:
        counts: dict[str, dict[str, list[int]]] = defaultdict(dict)
        for cell in table.cells:
            if (parts := known_parts(cell)) is None or cell.label is None:
                continue
            groups = counts[parts[1 - side]]
            row = groups.setdefault(parts[side], [0] * len(self.values))
            row[self.values.index(cell.label)] += cell.n
        outcomes = [
            {name: outcomes_of(row, self.favourable) for name, row in groups.items()}
            for _, groups in sorted(counts.items())
        ]
        return Strata(outcomes)


class Strata:
    """The outcomes of each group, by name, within each group of another attribute."""

    def __init__(self, outcomes: Sequence[Mapping[str, Outcomes]]) -> None:
        self.outcomes = outcomes
        self.all = [Outcomes(*map(sum, zip(*groups.values(), strict=True))) for groups in outcomes]

    def __call__(self, key: Parts) -> list[Stratum]:
        (name,) = key
        nobody = Outcomes(0, 0)
        return [
            Stratum(groups.get(name, nobody), everyone)
            for groups, everyone in zip(self.outcomes, self.all, strict=True)
        ]


def known_parts(cell: Cell) -> Parts | None:
    """Return the groups of a cell; None if one of them is missing."""
    parts = tuple(group for group in cell.groups if group is not None)
    return parts if len(parts) == len(cell.groups) else None


def _sum(rows: Sequence[Sequence[int]], n: int) -> list[int]:
    return [sum(row[place] for row in rows) for place in range(n)]
