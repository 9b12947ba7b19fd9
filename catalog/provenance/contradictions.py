"""Declared shares that a measurement contradicts; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class DeclaredRow(Protocol):
    """A declared share of a group; `position` is its place in the document, from 0."""

    @property
    def attribute(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def share(self) -> float | None: ...
    @property
    def explanation(self) -> str: ...
    @property
    def position(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class MeasuredShare:
    """A group as measured in a port: what every reader may see of it.

    Shares and the bounds of the interval are from 0 to 1; `n` and `share` of few records are None.
    """

    attribute: str
    group: str
    n: int | None
    share: float | None
    interval_low: float | None
    interval_high: float | None
    port: str
    measured_at: datetime

    @property
    def key(self) -> tuple[str, str]:
        return self.attribute, self.group.strip().casefold()

    def contradicts(self, share: float) -> bool:
        if self.interval_low is None or self.interval_high is None:
            return False
        return not self.interval_low <= share <= self.interval_high

    @property
    def interval(self) -> str:
        assert self.interval_low is not None
        assert self.interval_high is not None
        return f"{percent(self.interval_low)} to {percent(self.interval_high)}"

    @property
    def text(self) -> str:
        """Return the share, or its interval where the share is hidden."""
        return self.interval if self.share is None else percent(self.share)

    @property
    def sentence(self) -> str:
        """Return what was measured, where and when, as a sentence without its end."""
        share = self.text if self.share is None else f"{self.text} ({self.interval})"
        return f"measured in {self.port} on {self.measured_at:%Y-%m-%d}: {share}"


@dataclass(frozen=True, kw_only=True)
class Contradiction:
    """A declared share (0 to 1) that is outside the interval of what was measured.

    It is open until the declaration is corrected or has an `explanation`.
    """

    attribute: str
    group: str
    position: int
    declared: float
    measured: MeasuredShare
    explanation: str = ""

    @property
    def is_explained(self) -> bool:
        return bool(self.explanation.strip())

    @property
    def declared_text(self) -> str:
        return percent(self.declared)

    @property
    def sentence(self) -> str:
        return (
            f"{self.attribute} {self.group}: declared {self.declared_text}, "
            f"{self.measured.sentence}."
        )


def find_contradictions(
    declared: Iterable[DeclaredRow], measured: Iterable[MeasuredShare]
) -> list[Contradiction]:
    """Return the declared shares with which no measured port agrees, in the order declared.

    Names of groups are compared without case. The newest measurement is what contradicts.
    """
    by_key: dict[tuple[str, str], list[MeasuredShare]] = {}
    for share in sorted(measured, key=lambda share: share.measured_at):
        if share.interval_low is not None and share.interval_high is not None:
            by_key.setdefault(share.key, []).append(share)
    contradictions = []
    for row in declared:
        shares = by_key.get((row.attribute, row.group.strip().casefold()), [])
        if row.share is None or not shares:
            continue
        if all(share.contradicts(row.share) for share in shares):
            contradictions.append(
                Contradiction(
                    attribute=row.attribute,
                    group=row.group,
                    position=row.position,
                    declared=row.share,
                    measured=shares[-1],
                    explanation=row.explanation,
                )
            )
    return contradictions


def percent(share: float) -> str:
    """Return a share as text: with a decimal, or as many as it takes to be neither 0 nor 100."""
    for digits in (1, 2, 3, 4):
        text = f"{100 * share:.{digits}f}"
        if float(text) not in (0.0, 100.0) or share in (0.0, 1.0):
            return f"{text} %"
    return f"{text} %"
