"""Compares the ledger with what stands in the end and with all that was read meanwhile; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.chaos.history import GONE, Ledger, Outcome, State, Thing

FINE = {200, 301, 302, 404, 410, 429, 503}
NO_ANSWER = 0


@dataclass
class Verdict:
    """All that is not as it must be, in a line each; a run without any is sound."""

    lost: list[str] = field(default_factory=list)
    resurrected: list[str] = field(default_factory=list)
    wrongly_readable: list[str] = field(default_factory=list)
    hinted: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unfound: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)

    @property
    def is_compatible(self) -> bool:
        """Say whether nothing was found."""
        return not any(asdict(self).values())

    def counts(self) -> dict[str, int]:
        """Return how many lines there are of each kind."""
        return {name: len(lines) for name, lines in asdict(self).items()}


def judge(ledger: Ledger, standing: Mapping[str, Mapping[str, State]]) -> Verdict:
    """Return what the ledger holds against the database (states by kind and key) and the reads."""
    verdict = Verdict()
    for kind in ("product", "domain"):
        stands = standing[kind]
        for thing in ledger.of_kind(kind):
            _judge_thing(thing, stands.get(thing.key, GONE), verdict)
        for key in set(stands) - {thing.key for thing in ledger.of_kind(kind)}:
            verdict.resurrected.append(f"{kind} {key} stands, and nobody asked for it")
    _judge_readings(ledger, verdict)
    verdict.failed += _failed_writes(ledger)
    return verdict


def _judge_thing(thing: Thing, stands: State, verdict: Verdict) -> None:
    possible = thing.states()
    if stands in possible:
        return
    last = thing.writes[-1]
    words = f"{thing.kind} {thing.key} stands as {_words(stands)} after {last.kind}"
    if stands.is_there and possible == {GONE}:
        verdict.resurrected.append(words)
    else:
        expected = " or ".join(sorted(_words(state) for state in possible))
        verdict.lost.append(f"{words}; acknowledged was {expected}")


def _judge_readings(ledger: Ledger, verdict: Verdict) -> None:
    things = {thing.key: thing for thing in ledger.of_kind("product")}
    for read in ledger.readings:
        if read.status not in FINE and read.status != NO_ANSWER:
            verdict.failed.append(f"{read.surface} as {read.reader}: status {read.status}")
        for keys, lines in ((read.shown, verdict.wrongly_readable), (read.hinted, verdict.hinted)):
            for key in keys:
                thing = things.get(key)
                if thing is None or not thing.was_readable_by(read.reader, read.begin, read.end):
                    lines.append(
                        f"{read.surface} as {read.reader}: {key}{_since(thing, read.begin)}"
                    )


def _since(thing: Thing | None, moment: float) -> str:
    """Say since when a thing was not to be seen, and by which request."""
    if thing is None:
        return ", of which nobody knows"
    settled = [write for write in thing.writes if write.is_applied and write.settled <= moment]
    if not settled:
        return ", not yet there"
    age = moment - settled[-1].settled
    return f", {age:.2f} s after {settled[-1].kind} was acknowledged"


def _failed_writes(ledger: Ledger) -> Iterator[str]:
    """Yield the requests that a sound product would have answered otherwise."""
    for thing in list(ledger.things.values()):
        for write in thing.writes:
            if write.outcome is Outcome.REFUSED or write.status == 500:
                yield f"{write.kind} of {thing.kind} {thing.key}: status {write.status}"


def unfound(ledger: Ledger, found: Mapping[str, frozenset[str]]) -> list[str]:
    """Return what a last search (keys by reader) did not show to a reader who may read it."""
    lines = []
    for thing in ledger.of_kind("product"):
        states = thing.states()
        for reader, keys in found.items():
            must = all(state.is_readable_by(reader) for state in states)
            may = any(state.is_readable_by(reader) for state in states)
            if must and thing.key not in keys:
                lines.append(f"{thing.key} is not found by {reader}")
            if not may and thing.key in keys:
                lines.append(f"{thing.key} is found by {reader}, who may not know of it")
    return lines


def tally(ledger: Ledger) -> dict[str, Any]:
    """Return the figures of a run: writes by kind and outcome, faults by part, reads by status."""
    writes: dict[str, Counter[str]] = {}
    for write in ledger.writes():
        counts = writes.setdefault(write.kind, Counter())
        counts[write.outcome.value] += 1
        if write.outcome is Outcome.UNKNOWN and write.is_applied is not None:
            counts["found applied" if write.is_applied else "found not applied"] += 1
    reads: dict[str, Counter[str]] = {}
    for read in ledger.readings:
        word = "no answer" if read.status == NO_ANSWER else str(read.status)
        reads.setdefault(f"{read.surface}, {read.reader}", Counter())[word] += 1
    return {
        "writes": {kind: dict(counts) for kind, counts in sorted(writes.items())},
        "acknowledged": ledger.count(Outcome.ACKNOWLEDGED),
        "unknown": ledger.count(Outcome.UNKNOWN),
        "faults": dict(Counter(fault.part for fault in ledger.faults).most_common()),
        "reads": {name: dict(counts) for name, counts in sorted(reads.items())},
    }


def _words(state: State) -> str:
    if not state.is_there:
        return "nothing"
    parts = (state.status, state.visibility, state.name, state.text)
    return f"edition {state.edition} ({', '.join(part for part in parts if part)})"
