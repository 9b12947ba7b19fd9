"""Reads how the checks of a port went over time, at most one run a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from catalog.ports.models import OutputPort
from governance.quality.models import CheckOutcome
from governance.quality.scores import DimensionScore, scores_of
from governance.quality.services.reading import runs_of

# With fewer days than this the single runs are shown.
MIN_DAYS = 7
MAX_RUNS = 30


@dataclass(frozen=True, kw_only=True)
class PortTrend:
    """What the checks of a port said in its runs, the oldest first.

    `shares` has for each check, by key, the share of rows that pass in each run; None where it has
    no result.
    """

    runs: Sequence[datetime] = ()
    scores: Mapping[str, Sequence[DimensionScore | None]] = field(default_factory=dict)
    shares: Mapping[str, Sequence[float | None]] = field(default_factory=dict)


def trend_of(port: OutputPort, *, since: datetime) -> PortTrend:
    """Return the trend since a moment: the last run of each day, or the last thirty runs."""
    runs = runs_of(port).measured().good().filter(at__gte=since)
    chosen = _last_of_days(runs.order_by("-at", "-pk").values_list("pk", "at"))
    by_run: dict[int, list[CheckOutcome]] = defaultdict(list)
    for outcome in CheckOutcome.objects.filter(run__in=[pk for pk, _ in chosen]):
        by_run[outcome.run_id].append(outcome)
    keys = {outcome.key for outcomes in by_run.values() for outcome in outcomes}
    shares = [{row.key: row.share for row in by_run[pk]} for pk, _ in chosen]
    scores = [{score.dimension: score for score in scores_of(by_run[pk])} for pk, _ in chosen]
    dimensions = {dimension for row in scores for dimension in row}
    return PortTrend(
        runs=[at for _, at in chosen],
        scores={name: [row.get(name) for row in scores] for name in dimensions},
        shares={key: [row.get(key) for row in shares] for key in keys},
    )


def _last_of_days(newest_first: Iterable[tuple[int, datetime]]) -> list[tuple[int, datetime]]:
    """Return the runs of a trend, the oldest first."""
    runs = list(newest_first)
    by_day: dict[object, tuple[int, datetime]] = {}
    for pk, at in runs:
        by_day.setdefault(at.date(), (pk, at))
    chosen = list(by_day.values()) if len(by_day) >= MIN_DAYS else runs
    return chosen[:MAX_RUNS][::-1]
