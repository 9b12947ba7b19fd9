"""What the checks of a product's ports say together; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from governance.quality.outcomes import CheckState, QualityState

# What was checked longer ago than this says nothing of the data today; at least a day.
MAX_AGE_INTERVALS = 3
MIN_MAX_AGE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class PortChecks:
    """The checks of one port: how many can run, and what its last good run said, by state."""

    port: str
    runnable: int
    interval: timedelta
    checked_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    def count(self, state: CheckState) -> int:
        return self.counts.get(state, 0)

    def is_outdated(self, now: datetime) -> bool:
        max_age = max(MAX_AGE_INTERVALS * self.interval, MIN_MAX_AGE)
        return self.checked_at is not None and now - self.checked_at > max_age


@dataclass(frozen=True)
class StateDecision:
    """The state, when its evidence was observed, and the reason as a sentence."""

    state: QualityState
    observed_at: datetime | None = None
    reason: str = ""


def decide_state(ports: Iterable[PortChecks], *, now: datetime) -> StateDecision:
    """Return the worst that is known: one failed check is enough, all must pass."""
    listed = [port for port in ports if port.runnable]
    if not listed:
        return StateDecision(QualityState.NONE, None, "No check can be run.")
    moments = [port.checked_at for port in listed if port.checked_at is not None]
    oldest = min(moments, default=None)
    failed = sum(port.count(CheckState.FAILED) for port in listed)
    total = sum(sum(port.counts.values()) for port in listed)
    if failed:
        return StateDecision(QualityState.FAILED, oldest, f"{failed} of {total} checks failed.")
    if outdated := [port for port in listed if port.is_outdated(now)]:
        reason = f"The checks of {outdated[0].port} did not run for long."
        return StateDecision(QualityState.UNKNOWN, oldest, reason)
    if errors := sum(port.count(CheckState.ERROR) for port in listed):
        reason = f"{errors} of {total} checks could not be run."
        return StateDecision(QualityState.UNKNOWN, oldest, reason)
    if len(moments) < len(listed):
        reason = f"{len(listed) - len(moments)} of {len(listed)} ports were not checked yet."
        return StateDecision(QualityState.COLLECTING, oldest, reason)
    return StateDecision(QualityState.PASSED, oldest, _passed(listed, total))


def _passed(ports: Iterable[PortChecks], total: int) -> str:
    warnings = sum(port.count(CheckState.WARNING) for port in ports)
    if warnings:
        return f"{total - warnings} of {total} checks passed, {warnings} with a warning."
    return f"All {total} checks passed."
