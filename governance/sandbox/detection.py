"""Counts, inside the sandbox, which sampled values of a column look like personal data.

Values stay here: only the codes of detectors and counts are returned.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from governance.sandbox.detectors import (
    BY_NAME,
    DETECTORS,
    NATIONAL_ID,
    Detector,
    detectors_by_name,
)
from governance.sandbox.national_ids import is_candidate, validators
from governance.sandbox.types import ColumnProfile, SourceUnreadable
from governance.sandbox.value_tests import Test

SAMPLE_ROWS = 1000
COLUMNS_AT_ONCE = 50
SECONDS = 4.0
MAX_LENGTH = 200
# A column of the first values below half of the share that is needed is not tested further.
FIRST_VALUES = 50
# In a column whose name says what it holds, this share of the values has to agree.
SHARE_BY_NAME = 0.5
NUMBERS = frozenset({"payment-card", NATIONAL_ID})

Fetch = Callable[[Sequence[str]], Iterable[Sequence[object]]]


def with_detections(
    columns: Iterable[ColumnProfile], fetch: Fetch, *, ends_at: float
) -> list[ColumnProfile]:
    """Return the columns with what detectors count in the first rows of those worth testing.

    `fetch` returns the first SAMPLE_ROWS rows of some columns; what it cannot is left untested, and
    so is the rest after a few seconds, or `ends_at` (time.monotonic).
    """
    profiles = list(columns)
    tested = [index for index, column in enumerate(profiles) if is_worth_testing(column)]
    ends_at = min(ends_at, time.monotonic() + SECONDS)
    for start in range(0, len(tested), COLUMNS_AT_ONCE):
        portion = tested[start : start + COLUMNS_AT_ONCE]
        if time.monotonic() >= ends_at:
            break
        try:
            rows = list(fetch([profiles[index].name for index in portion]))
        except SourceUnreadable:
            continue
        for index, values in zip(portion, zip(*rows, strict=True), strict=False):
            if time.monotonic() >= ends_at:
                break
            texts = [str(value)[:MAX_LENGTH].strip() for value in values if value is not None]
            profiles[index] = detected_in(profiles[index], [text for text in texts if text])
    return profiles


def is_worth_testing(column: ColumnProfile) -> bool:
    """Return True for texts, for integers, and where the name alone proposes something."""
    if column.logical_type in ("object", "array", "boolean"):
        return False
    return column.logical_type in ("", "string", "integer") or bool(detectors_by_name(column.name))


def detected_in(column: ColumnProfile, values: Sequence[str]) -> ColumnProfile:
    by_name = detectors_by_name(column.name)
    is_text = column.logical_type in ("", "string")
    detections = []
    first, counts = Counter(values[:FIRST_VALUES]), Counter(values)
    for detector in DETECTORS:
        matches_name = detector in by_name
        if not (matches_name or is_text or detector.code in NUMBERS):
            continue
        share = SHARE_BY_NAME if matches_name else detector.min_share
        for code, test in _tests(detector, first, matches_name=matches_name).items():
            if _count(test, first) < share * first.total() / 2:
                continue
            matching = {value: count for value, count in counts.items() if test(value)}
            is_varied = matches_name or len(matching) >= detector.min_distinct
            total = sum(matching.values())
            if is_varied and total and total >= share * counts.total():
                detections.append((code, total))
                break
    return replace(column, n_sampled=len(values), detections=tuple(detections))


def _tests(detector: Detector, first: Counter[str], *, matches_name: bool) -> Mapping[str, Test]:
    """Return the value tests of a detector, the strictest first, by their codes in a report."""
    if detector.code == NATIONAL_ID:
        if _count(is_candidate, first) < first.total() * SHARE_BY_NAME / 2:
            return {}
        numbers = validators(matches_name=matches_name).items()
        return {f"{NATIONAL_ID}:{code}": _of_candidates(test) for code, test in numbers}
    tests = {detector.code: detector.is_value}
    if matches_name:
        tests[f"{detector.code}:{BY_NAME}"] = detector.is_value_by_name
    return {code: test for code, test in tests.items() if test}


def _of_candidates(test: Test) -> Test:
    return lambda value: is_candidate(value) and test(value)


def _count(test: Callable[[str], bool], values: Counter[str]) -> int:
    return sum(count for value, count in values.items() if test(value))
