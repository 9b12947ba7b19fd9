"""Which objectives apply to a product: its own and the standards of its domains; pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from governance.slo.declaration import DeclaredObjective
from governance.slo.evaluation import Indicator, ObjectiveSpec

# A lower threshold asks for more; of the others a higher one.
LIMITS = frozenset({Indicator.LATENCY, Indicator.FRESHNESS})


@dataclass(frozen=True, kw_only=True)
class AppliedObjective:
    """An objective that applies to a product; `origin` is the id of the standard that set it."""

    declared: DeclaredObjective
    origin: int | None = None


def is_as_strict(one: ObjectiveSpec, other: ObjectiveSpec) -> bool:
    """Return True if meeting `one` always means meeting `other`.

    Of objectives over different windows, or counted differently, neither is the stricter one.
    """
    same = ("indicator", "window", "window_kind", "budgeting", "source")
    if any(getattr(one, name) != getattr(other, name) for name in same):
        return False
    thresholds = one.threshold or 0.0, other.threshold or 0.0
    low, high = thresholds if one.indicator in LIMITS else reversed(thresholds)
    percentiles = one.percentile or 0.0, other.percentile or 0.0
    return one.target >= other.target and low <= high and percentiles[0] >= percentiles[1]


def applied_objectives(
    own: Sequence[DeclaredObjective],
    standards: Iterable[tuple[int, DeclaredObjective]],
    *,
    ports: Collection[str],
) -> list[AppliedObjective]:
    """Return the objectives of a product with these ports, its own before those of standards.

    Of two that say the same the strictest applies, at the shorter of both intervals. Where neither
    is the stricter one, both apply.
    """
    applied = [AppliedObjective(declared=objective) for objective in own]
    for pk, standard in standards:
        applied = _with_standard(applied, AppliedObjective(declared=standard, origin=pk), ports)
    return applied


def _with_standard(
    applied: list[AppliedObjective], standard: AppliedObjective, ports: Collection[str]
) -> list[AppliedObjective]:
    result: list[AppliedObjective] = []
    is_covered = False
    for objective in applied:
        declared, new = objective.declared, standard.declared
        covers_all = not declared.port or set(ports) == {declared.port}
        if not covers_all:
            result.append(objective)
        elif is_as_strict(declared.spec, new.spec):
            result.append(_at_shorter_interval(objective, new))
            is_covered = True
        elif not is_as_strict(new.spec, declared.spec):
            result.append(objective)
        elif not is_covered:
            result.append(_at_shorter_interval(standard, declared))
            is_covered = True
    return result if is_covered else [*result, standard]


def _at_shorter_interval(objective: AppliedObjective, other: DeclaredObjective) -> AppliedObjective:
    intervals = [one.interval for one in (objective.declared, other) if one.interval]
    declared = replace(objective.declared, interval=min(intervals, default=None))
    return replace(objective, declared=declared)
