"""Passes what the checks of a run say on to objectives: a value for each indicator."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from governance.quality.models import CheckOutcome, QualityRun
from governance.quality.outcomes import CheckState
from governance.quality.scores import scores_of
from governance.slo.evaluation import Indicator
from governance.slo.services import RecordedValue, record_values

# Dimensions whose score is the value of the indicator of the same name.
SCORED = (
    Indicator.COMPLETENESS,
    Indicator.UNIQUENESS,
    Indicator.VALIDITY,
    Indicator.ACCURACY,
)


def record_indicators(run: QualityRun, outcomes: Sequence[CheckOutcome], *, now: datetime) -> None:
    """Record the indicators of a good run; an objective of one without checks has no data."""
    values = [
        RecordedValue(
            port_id=run.port_id,
            indicator=indicator,
            slot=run.at,
            value=value,
            rows=rows,
            source=run.source,
            run_id=run.run_id,
        )
        for indicator, value, rows in indicators_of(run, outcomes)
    ]
    if values:
        record_values(values=values, now=now)


def indicators_of(
    run: QualityRun, outcomes: Sequence[CheckOutcome]
) -> Iterator[tuple[Indicator, float, int | None]]:
    """Yield indicator, value and rows: shares of dimensions, rows of the port, age of the oldest.

    The rows of a sample say nothing of the volume.
    """
    scores = {score.dimension.value: score for score in scores_of(outcomes)}
    for indicator in SCORED:
        score = scores.get(indicator.value)
        if score is not None and score.share is not None:
            yield indicator, score.share, score.rows
    if run.rows is not None and not run.is_sample:
        yield Indicator.VOLUME, float(run.rows), run.rows
    ages = [
        outcome.observed
        for outcome in outcomes
        if outcome.unit == "seconds"
        and outcome.observed is not None
        and outcome.state != CheckState.ERROR
    ]
    if ages:
        yield Indicator.FRESHNESS, max(0.0, *ages), None
