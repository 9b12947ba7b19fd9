"""Compares the history with the final database and with all that was read; pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.chaos.history import ABSENT, Entity, History, Outcome, Reading, State

ACCEPTED_STATUSES = {200, 301, 302, 404, 410, 429, 503}
NO_ANSWER = 0


@dataclass
class Report:
    """The problems of a run, a line each."""

    lost_writes: list[str] = field(default_factory=list)
    resurrected: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    leaked_by_count: list[str] = field(default_factory=list)
    unpublished_words: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)

    @property
    def is_ok(self) -> bool:
        return not any(asdict(self).values())

    def counts(self) -> dict[str, int]:
        return {name: len(lines) for name, lines in asdict(self).items()}


def check_history(history: History, stored: Mapping[str, Mapping[str, State]]) -> Report:
    """Return what contradicts the history in the database (states by type and key) and reads."""
    report = Report()
    for entity_type in ("product", "domain"):
        current = stored[entity_type]
        for entity in history.of_type(entity_type):
            _check_entity(entity, current.get(entity.key, ABSENT), report)
        for key in set(current) - {entity.key for entity in history.of_type(entity_type)}:
            report.resurrected.append(f"{entity_type} {key} exists, and no client created it")
    _check_readings(history, report)
    report.failed += _failed_writes(history)
    return report


def _check_entity(entity: Entity, current: State, report: Report) -> None:
    possible = entity.states()
    if current in possible:
        return
    last = entity.writes[-1]
    name = f"{entity.type} {entity.key}"
    description = f"{name} is {_describe(current)} after {last.action}"
    if current.is_there and possible == {ABSENT}:
        report.resurrected.append(description)
    else:
        expected = " or ".join(sorted(_describe(state) for state in possible))
        report.lost_writes.append(f"{description}; expected {expected}")


def _check_readings(history: History, report: Report) -> None:
    entities = {entity.key: entity for entity in history.of_type("product")}
    for reading in history.readings:
        reader, begin, end = reading.reader, reading.begin, reading.end
        if reading.status not in ACCEPTED_STATUSES and reading.status != NO_ANSWER:
            report.failed.append(f"{reading.surface} as {reader}: status {reading.status}")
        for key, version, text in reading.shown_words:
            entity = entities.get(key)
            if entity and not _is_published(entity, reading, version, text):
                line = f"{reading.surface} as {reader}: {key} {version} says {text!r}"
                report.unpublished_words.append(line)
        for keys, lines in (
            (reading.shown_keys, report.leaked),
            (reading.counted_keys, report.leaked_by_count),
        ):
            for key in keys:
                entity = entities.get(key)
                if entity is None or not entity.was_readable_by(reader, begin, end):
                    since = _hidden_since(entity, begin)
                    lines.append(f"{reading.surface} as {reader}: {key}, {since}")


def _is_published(entity: Entity, reading: Reading, version: str, text: str) -> bool:
    """Return True if a product may have had this version, with this text, while it was read."""
    states = entity.states(reading.begin, reading.end)
    return any((state.version, state.text) == (version, text) for state in states)


def _hidden_since(entity: Entity | None, moment: float) -> str:
    if entity is None:
        return "which no client created"
    applied = [write for write in entity.writes if write.is_applied and write.settled_at <= moment]
    if not applied:
        return "before it was created"
    age = moment - applied[-1].settled_at
    return f"{age:.2f} s after {applied[-1].action} was acknowledged"


def _failed_writes(history: History) -> Iterator[str]:
    """Return the writes that were refused or failed with status 500."""
    for entity in list(history.entities.values()):
        for write in entity.writes:
            if write.outcome is Outcome.REFUSED or write.status == 500:
                yield f"{write.action} of {entity.type} {entity.key}: status {write.status}"


def find_wrong_results(history: History, found_keys: Mapping[str, frozenset[str]]) -> list[str]:
    """Return the products that the last search (keys by reader) wrongly shows or lacks."""
    lines = []
    for entity in history.of_type("product"):
        states = entity.states()
        for reader, keys in found_keys.items():
            must_find = all(state.is_readable_by(reader) for state in states)
            may_find = any(state.is_readable_by(reader) for state in states)
            if must_find and entity.key not in keys:
                lines.append(f"{entity.key} is not found by {reader}")
            if not may_find and entity.key in keys:
                lines.append(f"{entity.key} is found by {reader}, who may not read it")
    return lines


def count_figures(history: History) -> dict[str, Any]:
    """Return writes by action and outcome, faults by part, and reads by surface and status."""
    writes: dict[str, Counter[str]] = {}
    for write in history.writes():
        counts = writes.setdefault(write.action, Counter())
        counts[write.outcome.value] += 1
        if write.outcome is Outcome.UNKNOWN and write.is_applied is not None:
            counts["applied" if write.is_applied else "not applied"] += 1
    readings_by_surface: dict[str, Counter[str]] = {}
    for reading in history.readings:
        outcome = "no answer" if reading.status == NO_ANSWER else str(reading.status)
        surface = f"{reading.surface}, {reading.reader}"
        readings_by_surface.setdefault(surface, Counter())[outcome] += 1
    return {
        "writes": {action: dict(counts) for action, counts in sorted(writes.items())},
        "acknowledged": history.count(Outcome.ACKNOWLEDGED),
        "unknown": history.count(Outcome.UNKNOWN),
        "faults": dict(Counter(fault.part for fault in history.faults).most_common()),
        "reads": {name: dict(counts) for name, counts in sorted(readings_by_surface.items())},
    }


def _describe(state: State) -> str:
    if not state.is_there:
        return "absent"
    parts = (state.status, state.visibility, state.name, state.version, state.text)
    text = f"edition {state.edition} ({', '.join(part for part in parts if part)})"
    if not state.copy_edition:
        return text
    return f"{text}, unpublished {state.copy_edition} ({state.copy_version}, {state.copy_text})"
