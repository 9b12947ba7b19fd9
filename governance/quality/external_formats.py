"""Reads results of Great Expectations, Soda and dbt as runs of checks; pure.

Sources: Great Expectations, ExpectationSuiteValidationResult and CheckpointResult (0.15 to 1.x);
Soda Core 3, scan results; dbt, run-results v4 to v6.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from hashlib import blake2b
from math import isfinite

from catalog.types import JSONValue
from governance.quality.dimensions import Dimension
from governance.quality.external_results import (
    MAX_COLUMN,
    MAX_COUNT,
    MAX_ID,
    MAX_TEXT,
    MAX_TITLE,
    Item,
    Reported,
    ReportedCheck,
    ReportedRun,
    ReportReader,
)
from governance.quality.outcomes import CheckState
from governance.quality.rules import MAX_KEY

# The first that is part of the name of a check decides.
DIMENSIONS = (
    (("to_be_unique", "unique", "duplicate", "compound_columns"), Dimension.UNIQUENESS),
    (("not_null", "not_be_null", "missing", "row_count", "to_exist"), Dimension.COMPLETENESS),
    (("relationships", "reference", "column_pair", "multicolumn", "_other_table"),
     Dimension.CONSISTENCY),
    (("freshness", "recency"), Dimension.TIMELINESS),
)  # fmt: skip
SODA_STATES = {
    "pass": CheckState.PASSED,
    "fail": CheckState.FAILED,
    "warn": CheckState.WARNING,
}
DBT_STATES = {
    "pass": CheckState.PASSED,
    "fail": CheckState.FAILED,
    "warn": CheckState.WARNING,
    "error": CheckState.ERROR,
    "runtime error": CheckState.ERROR,
    "skipped": CheckState.NOT_RUN,
}
FORMATS = "Great Expectations validation results, Soda scan results, or dbt run results"


def read_item(reader: ReportReader, item: JSONValue, at: str) -> list[Reported]:
    """Return what one item reports, in whichever of the known shapes it is."""
    if not isinstance(item, Mapping):
        reader.add_issue(at, "Must be an object.")
        return []
    members = set(item)
    if {"heartbeat", "run"} & members:
        read: Callable[[ReportReader, Item, str], list[Reported]] = ReportReader.own
    elif "dbt_schema_version" in _object(item.get("metadata")):
        read = _dbt
    elif isinstance(item.get("run_results"), Mapping):
        read = _checkpoint
    elif "results" in item and {"success", "statistics", "meta", "suite_name"} & members:
        read = _great_expectations
    elif "checks" in item and {"scanStartTimestamp", "definitionName", "hasFailures"} & members:
        read = _soda
    else:
        hint = f"Send heartbeat, run, or {FORMATS}."
        reader.add_issue(at, "This is no known kind of report.", hint)
        return []
    return read(reader, item, at)


def dimension_of(name: str) -> Dimension:
    lower = name.lower()
    for parts, dimension in DIMENSIONS:
        if any(part in lower for part in parts):
            return dimension
    return Dimension.VALIDITY


def _checkpoint(reader: ReportReader, item: Item, at: str) -> list[Reported]:
    reports: list[Reported] = []
    for name, result in item["run_results"].items():
        place = f"{at}/run_results/{_escaped(str(name))}"
        if not isinstance(result, Mapping):
            reader.add_issue(place, "Must be an object.")
            continue
        inner = result.get("validation_result")
        if isinstance(inner, Mapping):
            reports += _great_expectations(reader, inner, f"{place}/validation_result")
        else:
            reports += _great_expectations(reader, result, place)
    return reports


def _great_expectations(reader: ReportReader, item: Item, at: str) -> list[Reported]:
    meta = _object(item.get("meta"))
    run = _object(meta.get("run_id"))
    suite = _text(item.get("suite_name") or meta.get("expectation_suite_name"), MAX_TITLE)
    times = {"meta/validation_time": meta.get("validation_time")}
    times["meta/run_id/run_time"] = run.get("run_time")
    key, stated = next(
        ((key, text) for key, text in times.items() if text), ("meta/run_id/run_time", None)
    )
    entries = reader.limited(list(reader.objects(item, "results", at)), f"{at}/results")
    identity = [item.get("id"), run.get("run_name"), stated, suite, meta.get("batch_id")]
    return [
        ReportedRun(
            identifier=_digest([*identity, _object(meta.get("active_batch_definition"))]),
            at=reader.moment({key: stated}, key, at),
            tool="Great Expectations",
            rows=_most(_object(entry.get("result")).get("element_count") for _, entry in entries),
            checks=reader.unique([_expectation(reader, entry, where) for where, entry in entries]),
        )
    ]


def _expectation(reader: ReportReader, entry: Item, at: str) -> ReportedCheck:
    config = _object(entry.get("expectation_config"))
    kwargs, result = _object(config.get("kwargs")), _object(entry.get("result"))
    name = _text(config.get("expectation_type") or config.get("type"), MAX_TITLE)
    if not name:
        message = "The expectation has no type."
        reader.add_issue(f"{at}/expectation_config/type", message)
    if not isinstance(entry.get("success"), bool):
        reader.add_issue(f"{at}/success", "Must be true or false.")
    raised = _object(entry.get("exception_info"))
    is_error = raised.get("raised_exception") is True
    state = CheckState.PASSED if entry.get("success") is True else CheckState.FAILED
    pair = [kwargs.get("column_A"), kwargs.get("column_B")]
    columns = kwargs.get("column_list") or kwargs.get("column_set") or [kwargs.get("column"), *pair]
    column = ", ".join(str(column) for column in _list(columns) if column)
    arguments = {key: value for key, value in kwargs.items() if key != "batch_id"}
    tested, failing = _counts(result.get("element_count"), result.get("unexpected_count"))
    return ReportedCheck(
        key=f"{name}({column[:100]}) {_digest(arguments)[:8]}"[:MAX_KEY],
        title=f"{name} {column}".strip()[:MAX_TITLE],
        state=CheckState.ERROR if is_error else state,
        dimension=dimension_of(name),
        column=column[:MAX_COLUMN],
        observed=_number(result.get("observed_value")),
        tested=tested,
        failing=failing,
        # The text of an exception may hold values of the data.
        message="The tool could not run it." if is_error else "",
    )


def _soda(reader: ReportReader, item: Item, at: str) -> list[Reported]:
    key = next(
        (k for k in ("dataTimestamp", "scanEndTimestamp", "scanStartTimestamp") if item.get(k)),
        "scanStartTimestamp",
    )
    entries = reader.limited(list(reader.objects(item, "checks", at)), f"{at}/checks")
    names = ("scanId", "definitionName", "scanStartTimestamp", "dataTimestamp", "defaultDataSource")
    identity = [item.get(name) for name in names]
    return [
        ReportedRun(
            identifier=_digest(identity),
            at=reader.moment(item, key, at),
            tool="Soda",
            checks=reader.unique([_soda_check(reader, entry, where) for where, entry in entries]),
        )
    ]


def _soda_check(reader: ReportReader, entry: Item, at: str) -> ReportedCheck:
    name = _text(entry.get("name") or entry.get("definition"), MAX_TITLE)
    outcome = entry.get("outcome")
    if not name:
        reader.add_issue(f"{at}/name", "The check has no name.")
    if outcome is not None and str(outcome) not in SODA_STATES:
        reader.add_issue(f"{at}/outcome", f"Must be one of {', '.join(SODA_STATES)}, or null.")
    diagnostics = _object(entry.get("diagnostics"))
    definition = f"{name} {_text(entry.get('definition'), MAX_TEXT)}"
    # Without an outcome the check was not evaluated.
    return ReportedCheck(
        key=(_text(entry.get("identity"), MAX_KEY) or name)[:MAX_KEY],
        title=name,
        state=SODA_STATES.get(str(outcome), CheckState.NOT_RUN),
        dimension=dimension_of(definition),
        table=_text(entry.get("table"), MAX_TITLE),
        column=_text(entry.get("column"), MAX_COLUMN),
        observed=_number(diagnostics.get("value")),
    )


def _dbt(reader: ReportReader, item: Item, at: str) -> list[Reported]:
    metadata = _object(item.get("metadata"))
    if "run-results" not in str(metadata["dbt_schema_version"]):
        message = "Only run results of dbt are read, not its other documents."
        reader.add_issue(f"{at}/metadata/dbt_schema_version", message, "Send run_results.json.")
        return []
    entries = list(reader.objects(item, "results", at))
    tests = [
        (where, entry)
        for where, entry in entries
        if str(entry.get("unique_id", "")).split(".")[0] in ("test", "unit_test")
    ]
    if not tests:
        message = "It has no results of tests, only of other nodes."
        reader.add_issue(f"{at}/results", message, "Send the run_results.json of `dbt test`.")
    checks = [
        _dbt_test(reader, entry, where) for where, entry in reader.limited(tests, f"{at}/results")
    ]
    return [
        ReportedRun(
            identifier=_text(metadata.get("invocation_id"), MAX_ID) or _digest(metadata),
            at=reader.moment(metadata, "generated_at", f"{at}/metadata"),
            tool="dbt",
            checks=reader.unique(checks),
            ignored=len(entries) - len(tests),
        )
    ]


def _dbt_test(reader: ReportReader, entry: Item, at: str) -> ReportedCheck:
    identifier = str(entry["unique_id"])
    status = entry.get("status")
    state = DBT_STATES.get(status.lower()) if isinstance(status, str) else None
    if state is None:
        reader.add_issue(f"{at}/status", f"Must be one of {', '.join(DBT_STATES)}.")
    parts = identifier.split(".")
    name = parts[2] if len(parts) > 2 else identifier
    _, failing = _counts(None, entry.get("failures"))
    return ReportedCheck(
        key=identifier[:MAX_KEY],
        title=name[:MAX_TITLE],
        state=state or CheckState.ERROR,
        dimension=dimension_of(name),
        observed=_number(entry.get("failures")),
        failing=failing,
        message="The tool could not run it." if state is CheckState.ERROR else "",
    )


def _counts(tested: JSONValue, failing: JSONValue) -> tuple[int | None, int | None]:
    """Return rows tested and failing where they are counts that fit each other."""
    counts = [
        value if type(value) is int and 0 <= value <= MAX_COUNT else None
        for value in (tested, failing)
    ]
    if counts[0] is not None and counts[1] is not None and counts[1] > counts[0]:
        return None, None
    return counts[0], counts[1]


def _number(value: JSONValue) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    with suppress(OverflowError):
        return float(value) if is_number and isfinite(value) else None
    return None


def _most(values: Iterable[JSONValue]) -> int | None:
    counts = (value for value in values if type(value) is int and 0 <= value <= MAX_COUNT)
    return max(counts, default=None)


def _text(value: JSONValue, max_length: int) -> str:
    return value[:max_length].strip() if isinstance(value, str) else ""


def _object(value: JSONValue) -> Item:
    return value if isinstance(value, Mapping) else {}


def _list(value: JSONValue) -> list[JSONValue]:
    return value if isinstance(value, list) else [value]


def _digest(value: JSONValue) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
