"""How often a classification is suggested rightly: precision and recall over labelled columns.

Made columns (benchmarks/labelled_columns.py), the same with a tenth of their values replaced, and
the columns of a file of real people where one is given (CSV, with the columns that are expected).

    python -m benchmarks.classification
    python -m benchmarks.classification --csv adult.csv --expect age,sex,race
"""

import argparse
import csv
import math
import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import django

from benchmarks.cli import command_line, report
from benchmarks.labelled_columns import NOISE, ROWS, LabelledColumn, labelled_columns


def suggested(columns: Sequence[LabelledColumn]) -> list[str]:
    """Return the classification suggested for each column; empty if none is."""
    from governance.inspection.classification import ClassifiableColumn, ColumnKey, suggest
    from governance.sandbox.connectors.duckdb_types import LOGICAL_TYPES
    from governance.sandbox.detection import with_detections
    from governance.sandbox.types import ColumnProfile

    results = []
    for column in columns:
        logical_type = LOGICAL_TYPES[column.physical_type.casefold()]
        profile = ColumnProfile(
            name=column.name, physical_type=column.physical_type, logical_type=logical_type
        )
        rows = [(value,) for value in column.values]
        (observed,) = with_detections([profile], lambda _, rows=rows: rows, ends_at=math.inf)
        classifiable = ClassifiableColumn(
            key=ColumnKey("", "", column.name),
            name=column.name,
            table="",
            path=column.name,
            logical_type=logical_type,
            observed=observed,
        )
        proposals = list(suggest([classifiable], rejected=()))
        results.append(proposals[0].classification if proposals else "")
    return results


def measure(columns: Iterable[LabelledColumn]) -> dict[str, Any]:
    listed = list(columns)
    started = time.process_time()
    pairs = list(zip(listed, suggested(listed), strict=True))
    right = sum(1 for column, proposal in pairs if proposal and proposal == column.expected)
    proposed = sum(1 for _, proposal in pairs if proposal)
    expected = sum(1 for column, _ in pairs if column.expected)
    return {
        "columns": len(pairs),
        "expected": expected,
        "suggested": proposed,
        "precision": round(right / proposed, 3) if proposed else None,
        "recall": round(right / expected, 3) if expected else None,
        "ms_per_column": round((time.process_time() - started) * 1000 / len(pairs), 2),
        "wrong": [
            f"{column.name}: {proposal}"
            for column, proposal in pairs
            if proposal and proposal != column.expected
        ],
        "missed": [column.name for column, proposal in pairs if column.expected and not proposal],
    }


def columns_of_csv(path: Path, expected: dict[str, str]) -> list[LabelledColumn]:
    with path.open(encoding="utf-8") as file:
        sample = file.readline()
        file.seek(0)
        rows = list(csv.DictReader(file, delimiter=";" if ";" in sample else ","))[:ROWS]
    columns = []
    for name in rows[0]:
        values = [row[name] for row in rows]
        kind = "BIGINT" if all(value.lstrip("-").isdecimal() for value in values) else "VARCHAR"
        columns.append(LabelledColumn(name, kind, values, expected.get(name, "")))
    return columns


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--csv", type=Path, help="a file of real columns")
    parser.add_argument("--expect", default="", help="its columns, as name=classification,...")
    options: argparse.Namespace = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    results = {
        "made": measure(labelled_columns()),
        "messy": measure(labelled_columns(seed=2, noise=NOISE)),
    }
    if options.csv:
        expected = dict(part.split("=", 1) for part in options.expect.split(",") if part)
        results[options.csv.name] = measure(columns_of_csv(options.csv, expected))
    lines = [f"{name}: {values}" for name, values in results.items()]
    report(results, lines, options)


if __name__ == "__main__":
    main()
