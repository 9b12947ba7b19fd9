"""One number for each dimension of quality, from what its checks said; pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from governance.quality.dimensions import DEFINITIONS, Dimension
from governance.quality.outcomes import CheckFacts, CheckState, worst_state

# How the number of a dimension is made; pages and the API show it with the number.
SCORE_DEFINITION = (
    "The average over the dimension's checks of the share of tested rows that pass. A check of a"
    " whole table counts as 100 % if it passes and as 0 % if it does not."
)


@dataclass(frozen=True, kw_only=True)
class DimensionScore:
    """What the checks of a dimension said in one run; `share` (0 to 1) is None without a result.

    `evaluated` are the checks that have a result, of `checks` in all. `rows` is the number of rows
    tested by the one that tested the most.
    """

    dimension: Dimension
    share: float | None
    state: CheckState
    checks: int
    evaluated: int
    rows: int | None = None

    @property
    def definition(self) -> str:
        return DEFINITIONS[self.dimension]


def scores_of(outcomes: Iterable[CheckFacts]) -> list[DimensionScore]:
    """Return a score for each dimension that has checks, in the order of the dimensions."""
    listed = list(outcomes)
    groups = {
        dimension: [outcome for outcome in listed if outcome.dimension == dimension]
        for dimension in Dimension
    }
    return [_score(dimension, group) for dimension, group in groups.items() if group]


def _score(dimension: Dimension, outcomes: list[CheckFacts]) -> DimensionScore:
    shares = [share for outcome in outcomes if (share := outcome.share) is not None]
    rows = [outcome.tested for outcome in outcomes if outcome.tested is not None]
    return DimensionScore(
        dimension=dimension,
        share=sum(shares) / len(shares) if shares else None,
        state=worst_state(outcome.state for outcome in outcomes),
        checks=len(outcomes),
        evaluated=len(shares),
        rows=max(rows, default=None),
    )
