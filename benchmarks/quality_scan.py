"""Twelve checks over 5 million rows / the same numbers by one statement of DuckDB.

The product starts its limited process, finds the dialect of the file, measures the checks in one
scan and looks for failing rows. The raw side is one SELECT that a person would write for the same
twelve numbers, with DuckDB's own settings, in a process that has it loaded. The start of the
limited process is the time of the same checks on a file of ten rows: it is given apart, and the
ratio that has a goal leaves it out.

    python -m benchmarks.quality_scan --rounds 5
"""

import os
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import django
import duckdb

from benchmarks.cli import command_line
from benchmarks.timing import Report, flat, interleaved, milliseconds

GOAL = 1.5
START_ROWS = 10
ROWS = """
SELECT i AS id, 'user' || (i % 400000) || '@example.org' AS email, (hash(i) % 121)::INTEGER AS age,
  CASE WHEN i % 500000 = 7 THEN 'lost'
    ELSE ['paid', 'open', 'sent'][1 + (hash(i * 3) % 3)::INTEGER] END AS status,
  (hash(i * 7) % 1000000) / 100 AS amount,
  CASE WHEN hash(i * 5) % 100 < 3 THEN NULL ELSE 'c' || (hash(i * 11) % 5000) END AS customer,
  DATE '2020-01-01' + (i % 2000)::INTEGER AS paid_on,
  DATE '2020-01-01' + (i % 2000 + i % 7)::INTEGER AS sent_on
FROM range({rows}) t(i)
"""
RAW = """
SELECT count(*), count(*) - count(email), count(*) - count(customer),
  count(*) - count(DISTINCT id),
  count(*) FILTER (age NOT BETWEEN 0 AND 120),
  count(*) FILTER (amount NOT BETWEEN 0 AND 9999),
  count(*) FILTER (status NOT IN ('paid', 'open', 'sent')),
  count(*) FILTER (NOT regexp_matches(email, '^[^@ ]+@[^@ ]+[.]org$')),
  count(*) FILTER (length(customer) NOT BETWEEN 2 AND 6),
  count(*) FILTER (NOT (paid_on <= sent_on)),
  epoch(max(paid_on)),
  histogram(CASE WHEN status IN ('paid', 'open', 'sent') THEN status ELSE '' END)
FROM '{path}'
"""


def checks() -> Any:
    from governance.sandbox.checks import Check

    shares = (("paid", 0.34), ("open", 0.33), ("sent", 0.33))
    return (
        Check(key="rows", kind="row_count"),
        Check(key="email", kind="missing", columns=("email",)),
        Check(key="customer", kind="missing", columns=("customer",)),
        Check(key="id", kind="duplicates", columns=("id",)),
        Check(key="age", kind="range", columns=("age",), minimum="0", maximum="120"),
        Check(key="amount", kind="range", columns=("amount",), minimum="0", maximum="9999"),
        Check(
            key="status",
            kind="allowed_values",
            columns=("status",),
            allowed=("paid", "open", "sent"),
        ),
        Check(
            key="address",
            kind="pattern",
            columns=("email",),
            pattern="^[^@ ]+@[^@ ]+[.]org$",
        ),
        Check(key="length", kind="length", columns=("customer",), min_length=2, max_length=6),
        Check(key="order", kind="expression", sql="paid_on <= sent_on"),
        Check(key="newest", kind="freshness", columns=("paid_on",)),
        Check(key="shares", kind="distribution", columns=("status",), baseline=shares),
    )


def measure(path: Path) -> Any:
    from governance.sandbox.check_runner import run_check_child
    from governance.sandbox.checks import CheckRequest
    from governance.sandbox.types import Source

    request = CheckRequest(
        table="", checks=checks(), now="2026-01-01T00:00:00+00:00", identifiers=("id",)
    )
    descriptor = os.open(path, os.O_RDONLY)
    try:
        kind = path.suffix.removeprefix(".")
        run = run_check_child(Source(kind=kind, descriptor=descriptor, checks=request))
    finally:
        os.close(descriptor)
    assert not any(result.error for result in run.results), run
    return run


def run_statement(path: Path) -> Any:
    with duckdb.connect() as connection:
        return connection.execute(RAW.format(path=path)).fetchone()


def require_equal(path: Path) -> None:
    """Stop unless both sides have the same numbers: a faster wrong answer is none."""
    run, raw = measure(path), run_statement(path)
    failing = [result.failing for result in run.results]
    assert (run.rows, failing[1:10]) == (raw[0], list(raw[1:10])), (run, raw)


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--kinds", nargs="+", default=["parquet", "csv"])
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    ratios: dict[str, float] = {}
    times: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="assay-quality-") as folder:
        for kind in options.kinds:
            path, small = (Path(folder) / f"{name}.{kind}" for name in ("orders", "few"))
            for file, rows in ((path, options.rows), (small, START_ROWS)):
                duckdb.execute(f"COPY ({ROWS.format(rows=rows)}) TO '{file}' (FORMAT {kind})")
            require_equal(path)
            sides = {"product": measure, "bare": run_statement}
            sides["start"] = partial(lambda small, _: measure(small), small)
            seconds = interleaved(sides, [path], rounds=options.rounds)
            middle = {name: median(flat(values)) for name, values in seconds.items()}
            ratios[f"{kind}: product without its start / bare"] = (
                middle["product"] - middle["start"]
            ) / middle["bare"]
            ratios[f"{kind}: product with its start / bare"] = middle["product"] / middle["bare"]
            times[f"{kind}, ms"] = {name: milliseconds(value) for name, value in middle.items()}
    report = Report(
        compared=f"12 checks in one scan of {options.rows:,} rows, goal {GOAL} without the start",
        ratios=ratios,
        times=times,
    )
    report.print(as_json=options.json)
    sys.exit(max(ratio for name, ratio in ratios.items() if "without" in name) > GOAL)


if __name__ == "__main__":
    main()
