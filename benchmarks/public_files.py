"""Reads every data file below some folders in the sandbox: read, in part, or refused, and why.

The folders are checkouts of repositories with test data, such as those of DuckDB, Parquet, Polars,
vega-datasets, seaborn-data and JSONTestSuite. Every file is read once, all values included, as the
reader of a public product would.

    python -m benchmarks.public_files ../duckdb/data ../parquet-testing
    python -m benchmarks.public_files ../duckdb/data --only parquet --json

Exit: 0 if every file was read or refused with a reason, 1 if a child broke off or failed.
"""

import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cli import command_line

if TYPE_CHECKING:
    from governance.sandbox.types import SourceProfile

KINDS = {
    **dict.fromkeys((".csv", ".tsv"), "csv"),
    **dict.fromkeys((".json", ".jsonl", ".ndjson", ".geojson"), "json"),
    **dict.fromkeys((".parquet", ".parq"), "parquet"),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), "sqlite"),
}
# How a child ends that should have answered.
BROKEN = ("failed", "stopped")


@dataclass
class Outcome:
    """What became of one file; `reasons` are of its table and columns."""

    path: str
    kind: str
    result: str
    seconds: float
    detail: str = ""
    rows: int | None = None
    columns: int = 0
    unread: int = 0
    reasons: list[str] = field(default_factory=list)


def files_below(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*")):
        suffixes = [suffix for suffix in path.suffixes if suffix not in (".gz", ".zst")]
        kind = KINDS.get(suffixes[-1].casefold(), "") if suffixes else ""
        if kind and path.is_file():
            yield path, kind


def read_file(path: Path, kind: str) -> Outcome:
    from governance.sandbox.runner import run_child
    from governance.sandbox.types import Source, SourceUnreadable

    descriptor, started = os.open(path, os.O_RDONLY), time.monotonic()
    try:
        profile = run_child(Source(kind=kind, descriptor=descriptor, values_of=("*",)))
    except SourceUnreadable as error:
        seconds = time.monotonic() - started
        return Outcome(str(path), kind, error.code, seconds, detail=error.detail)
    finally:
        os.close(descriptor)
    return outcome_of(path, kind, profile, time.monotonic() - started)


def outcome_of(path: Path, kind: str, profile: "SourceProfile", seconds: float) -> Outcome:
    columns = [column for table in profile.tables for column in table.columns]
    unread = [column for column in columns if "rofiled" in column.reason]
    notes = [table.reason for table in profile.tables if table.reason]
    return Outcome(
        path=str(path),
        kind=kind,
        result="in part" if unread or notes else "read",
        seconds=seconds,
        rows=sum(table.rows or 0 for table in profile.tables),
        columns=len(columns),
        unread=len(unread),
        reasons=[*notes, *(f"{column.name}: {column.reason}" for column in unread)],
    )


def counted_reasons(outcomes: list[Outcome], result: str) -> list[tuple[str, int]]:
    """Return the reasons without their numbers and names, the most frequent first."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        if outcome.result == result:
            texts = outcome.reasons or [outcome.detail]
            counts.update({re.sub(r"^[^:]*: (?=Not|Val)|\d[\d,.]*", "…", text) for text in texts})
    return counts.most_common()


def print_table(outcomes: list[Outcome]) -> None:
    results = sorted({outcome.result for outcome in outcomes})
    print(f"{'':10}" + "".join(f"{name:>16}" for name in results))
    for kind in sorted({outcome.kind for outcome in outcomes}):
        counts = Counter(outcome.result for outcome in outcomes if outcome.kind == kind)
        print(f"{kind:10}" + "".join(f"{counts[name]:16,}" for name in results))
    for name in results:
        for reason, count in counted_reasons(outcomes, name) if name != "read" else ():
            print(f"{name:16} {count:5,}  {reason[:140]}")
    slowest = max(outcomes, key=lambda outcome: outcome.seconds)
    print(f"{len(outcomes):,} files; slowest {slowest.seconds:.1f} s: {slowest.path}")


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--only", choices=sorted(set(KINDS.values())), help="one format")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    outcomes = []
    for folder in options.folders:
        for path, kind in files_below(folder):
            if options.only in (None, kind):
                outcomes.append(read_file(path, kind))
                if options.json:
                    print(json.dumps(vars(outcomes[-1])), flush=True)
    if not options.json:
        print_table(outcomes)
    sys.exit(any(outcome.result in BROKEN for outcome in outcomes))


if __name__ == "__main__":
    main()
