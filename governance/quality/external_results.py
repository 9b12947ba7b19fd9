"""Results and heartbeats that other programs report of a port, in our own shape; pure.

    {"heartbeat": {"id": "42", "at": "2026-03-02T10:00:00Z"}}
    {"run": {"id": "load-7", "at": "2026-03-02T10:00:00Z", "tool": "airflow", "checks": [
        {"name": "ids are unique", "dimension": "uniqueness", "outcome": "passed",
         "column": "id", "tested": 100, "failing": 0}],
     "values": {"freshness": 3600, "volume": 100}}}

Shapes of other tools are read by `external_formats`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import isfinite

from catalog.issues import did_you_mean
from catalog.products.tree_reader import TreeReader
from catalog.types import JSONValue
from governance.quality.dimensions import Dimension, dimension_named
from governance.quality.outcomes import CheckState
from governance.quality.rules import MAX_KEY

MAX_CHECKS = 1000
MAX_AHEAD, MAX_AGE = timedelta(minutes=5), timedelta(days=90)
MAX_ID, MAX_TOOL, MAX_TITLE, MAX_TEXT, MAX_COLUMN = 200, 100, 300, 2000, 1000
MAX_COUNT = 2**53
SHARES = frozenset({"completeness", "accuracy", "validity", "uniqueness"})
VALUES = (*sorted(SHARES), "freshness", "volume")
STATES = {
    "passed": CheckState.PASSED,
    "failed": CheckState.FAILED,
    "warning": CheckState.WARNING,
    "error": CheckState.ERROR,
}
CHECK_MEMBERS = (
    "id name outcome dimension table column expected observed tested failing message".split()
)
RUN_MEMBERS = "id at tool rows checks values".split()


@dataclass(frozen=True, kw_only=True)
class ReportedHeartbeat:
    """A port works, says its own program."""

    identifier: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ReportedCheck:
    """What one check of another tool said; `key` is the same in each of its runs."""

    key: str
    title: str
    state: CheckState
    dimension: Dimension = Dimension.VALIDITY
    table: str = ""
    column: str = ""
    expected: str = ""
    observed: float | None = None
    tested: int | None = None
    failing: int | None = None
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportedRun:
    """One run of another tool. `ignored` are entries that are no checks of data.

    `values` are indicators: shares, seconds of freshness, rows of volume.
    """

    identifier: str
    at: datetime
    tool: str
    checks: tuple[ReportedCheck, ...] = ()
    rows: int | None = None
    ignored: int = 0
    values: Mapping[str, float] = field(default_factory=dict)


Reported = ReportedHeartbeat | ReportedRun
Item = Mapping[str, JSONValue]


@dataclass(kw_only=True)
class ReportReader(TreeReader):
    """Reads reports as of `now`; what is wrong is an issue at its member."""

    now: datetime

    def own(self, item: Item, at: str) -> list[Reported]:
        """Return what an item in our own shape says."""
        self.known(item, ("heartbeat", "run"), at)
        if "heartbeat" in item:
            heartbeat = self.mapping(item, "heartbeat", at)
            self.known(heartbeat, ("id", "at"), f"{at}/heartbeat")
            identifier = self.required(heartbeat, "id", f"{at}/heartbeat", MAX_ID)
            moment = self.moment(heartbeat, "at", f"{at}/heartbeat")
            return [ReportedHeartbeat(identifier=identifier, at=moment)]
        run, place = self.mapping(item, "run", at), f"{at}/run"
        self.known(run, RUN_MEMBERS, place)
        entries = list(self.objects(run, "checks", place))
        values = self.values(run, place)
        if not entries and not values:
            self.add_issue(f"{place}/checks", "A run has checks or values.", "Add one.")
        return [
            ReportedRun(
                identifier=self.required(run, "id", place, MAX_ID),
                at=self.moment(run, "at", place),
                tool=self.text(run, "tool", place, MAX_TOOL) or "reported",
                rows=self.count(run, "rows", place),
                checks=self.unique(
                    [self.check(entry, where) for where, entry in self.limited(entries, place)]
                ),
                values=values,
            )
        ]

    def check(self, entry: Item, at: str) -> ReportedCheck:
        self.known(entry, CHECK_MEMBERS, at)
        title = self.required(entry, "name", at, MAX_TITLE)
        tested, failing = self.count(entry, "tested", at), self.count(entry, "failing", at)
        if tested is not None and failing is not None and failing > tested:
            self.add_issue(f"{at}/failing", "More rows fail than were tested.")
        return ReportedCheck(
            key=(self.text(entry, "id", at, MAX_KEY) or title)[:MAX_KEY],
            title=title,
            state=self.state(entry, at),
            dimension=self.dimension(entry, at),
            table=self.text(entry, "table", at, MAX_TITLE),
            column=self.text(entry, "column", at, MAX_COLUMN),
            expected=self.text(entry, "expected", at, MAX_TITLE),
            observed=self.number(entry, "observed", at),
            tested=tested,
            failing=failing,
            message=self.text(entry, "message", at, MAX_TEXT),
        )

    def state(self, entry: Item, at: str) -> CheckState:
        outcome = entry.get("outcome")
        state = STATES.get(outcome) if isinstance(outcome, str) else None
        if state is None:
            self.add_issue(f"{at}/outcome", f"Must be one of {', '.join(STATES)}.")
        return state or CheckState.ERROR

    def dimension(self, entry: Item, at: str) -> Dimension:
        name = self.text(entry, "dimension", at, 40)
        dimension = dimension_named(name) if name else Dimension.VALIDITY
        if dimension is None:
            self.add_issue(f"{at}/dimension", f"Must be one of {', '.join(Dimension)}.")
        return dimension or Dimension.VALIDITY

    def values(self, run: Item, at: str) -> dict[str, float]:
        stated = self.mapping(run, "values", at)
        self.known(stated, VALUES, f"{at}/values")
        values = {}
        for name in VALUES:
            value = self.number(stated, name, f"{at}/values")
            if value is None:
                continue
            if value < 0 or (name in SHARES and value > 1):
                limit = "a share from 0 to 1" if name in SHARES else "0 or more"
                self.add_issue(f"{at}/values/{name}", f"Must be {limit}.")
            values[name] = value
        return values

    def limited(self, entries: list[tuple[str, Item]], at: str) -> list[tuple[str, Item]]:
        """Return the entries of a run, cut to those that one may have."""
        if len(entries) > MAX_CHECKS:
            message = f"A run has at most {MAX_CHECKS:,} checks, not {len(entries):,}."
            self.add_issue(at, message, "Report it as several runs.")
        return entries[:MAX_CHECKS]

    def unique(self, checks: Iterable[ReportedCheck]) -> tuple[ReportedCheck, ...]:
        """Return the checks with a key that each has alone: a second `a` becomes `a #2`."""
        counts: Counter[str] = Counter()
        unique = []
        for check in checks:
            counts[check.key] += 1
            number = counts[check.key]
            key = check.key if number == 1 else f"{check.key[: MAX_KEY - 8]} #{number}"
            unique.append(replace(check, key=key))
        return tuple(unique)

    def known(self, item: Item, names: Iterable[str], at: str) -> None:
        names = list(names)
        for name in item:
            if name not in names:
                hint = did_you_mean(str(name), names) or f"Known members: {', '.join(names)}."
                self.add_issue(f"{at}/{name}", "Unknown member.", hint)

    def required(self, item: Item, key: str, at: str, max_length: int) -> str:
        text = self.text(item, key, at, max_length)
        if not text and not isinstance(item.get(key), int | float | list | dict):
            self.add_issue(f"{at}/{key}", "It is missing.", "Give a short text.")
        return text

    def moment(self, item: Item, key: str, at: str) -> datetime:
        """Return a moment; without a time zone it is one of UTC."""
        text, place = item.get(key), f"{at}/{key}"
        try:
            moment = datetime.fromisoformat(text) if isinstance(text, str) else None
        except ValueError:
            moment = None
        if moment is None:
            self.add_issue(place, "Must be a date and time.", "Such as 2026-03-02T10:00:00Z.")
            return self.now
        try:
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except OverflowError:
            self.add_issue(place, "Must be a date and time of today's calendar.")
            return self.now
        if moment > self.now + MAX_AHEAD:
            self.add_issue(place, "It is in the future.", "Check the clock of the sender.")
        elif moment < self.now - MAX_AGE:
            self.add_issue(place, f"It is over {MAX_AGE.days} days ago.")
        return min(moment, self.now)

    def number(self, item: Item, key: str, at: str) -> float | None:
        value = item.get(key)
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not isfinite(value) or abs(value) > 1e300:
            self.add_issue(f"{at}/{key}", "Must be a number.")
            return None
        return float(value)

    def count(self, item: Item, key: str, at: str) -> int | None:
        value = item.get(key)
        if value is None:
            return None
        if type(value) is not int or not 0 <= value <= MAX_COUNT:
            self.add_issue(f"{at}/{key}", "Must be a whole number, 0 or more.")
            return None
        return value
