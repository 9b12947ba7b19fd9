"""What pages, API and commands show of the quality of a port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.contracts.models import DataContract
from catalog.issues import Issue
from catalog.ports.models import OutputPort
from governance.quality.models import CheckOutcome, QualityRun
from governance.quality.outcomes import CheckState, expected_text
from governance.quality.rules import QualityRule
from governance.quality.scores import DimensionScore

SampleRow = Mapping[str, str | None]


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """A rule of the current contract, and what it said in the last run; None if it was not in it.

    `is_changed` is True if the rule says something else since. `samples` are rows that fail, and
    only given to who may see the data.
    """

    rule: QualityRule
    outcome: CheckOutcome | None
    is_changed: bool = False
    samples: Sequence[SampleRow] = ()

    @property
    def state(self) -> CheckState:
        return CheckState(self.outcome.state) if self.outcome else CheckState.NOT_RUN

    @property
    def expected(self) -> str:
        return expected_text(self.rule) if self.rule.is_runnable else ""

    @property
    def message(self) -> str:
        """Return why it failed or was not run, as a sentence; empty if it passed."""
        if self.outcome is not None:
            return self.outcome.message
        return self.rule.reason or "Not run yet."


@dataclass(frozen=True, kw_only=True)
class PortQuality:
    """The quality of one port.

    `run` is the last good run of Assay, `attempt` the last one whatever became of it, `reported`
    what tools outside reported last, one run for each. `scores` are those of `run`. `next_at` is
    None if the checks of the port are not scheduled. `issues` are wrong rules.
    """

    port: OutputPort
    contract: DataContract | None
    results: Sequence[RuleResult]
    issues: Sequence[Issue]
    run: QualityRun | None
    attempt: QualityRun | None
    reported: Sequence[QualityRun]
    scores: Sequence[DimensionScore]
    next_at: datetime | None
    interval: int | None

    @property
    def failure(self) -> QualityRun | None:
        """Return the last run if it failed as a whole, whatever was measured before."""
        return self.attempt if self.attempt is not None and not self.attempt.is_ok else None

    @property
    def text_rules(self) -> list[QualityRule]:
        return [result.rule for result in self.results if not result.rule.is_runnable]

    def of_dimension(self, dimension: str) -> list[RuleResult]:
        return [item for item in self.results if item.rule.dimension == dimension]

    def count(self, state: CheckState) -> int:
        return sum(item.state is state for item in self.results if item.rule.is_runnable)
