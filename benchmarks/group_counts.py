"""Counts of the groups in 5 million rows of three attributes / the bare GROUP BY of DuckDB.

The product starts its limited process, reads the file once and returns the counts of each
attribute and each pair. The raw side is `SELECT sex, race, age, count(*) ... GROUP BY ALL` with
DuckDB's own settings: in a process that has it loaded (bare), and in one of its own (process).

    python -m benchmarks.group_counts --rounds 7
"""

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import django
import duckdb

from benchmarks.cli import command_line
from benchmarks.timing import Report, flat, interleaved, milliseconds, ratio_of_medians

GOAL = 3.0
COLUMNS = ("sex", "race", "age")
ROWS = """
SELECT CASE WHEN hash(i) % 100 < 33 THEN 'Female' ELSE 'Male' END AS sex,
  ['White', 'Black', 'Asian-Pac-Islander', 'Amer-Indian-Eskimo', 'Other']
    [1 + least(4, (hash(i * 7) % 1000) ** 2 // 200000)::INTEGER] AS race,
  17 + (hash(i * 3) % 74)::INTEGER AS age,
  CASE WHEN hash(i * 11) % 4 = 0 THEN '>50K' ELSE '<=50K' END AS salary,
  i AS id, (hash(i * 13) % 100000) / 100 AS amount
FROM range({rows}) t(i)
"""
PROCESS = "import duckdb, sys; print(len(duckdb.sql(sys.argv[1]).fetchall()))"


def statement(path: Path) -> str:
    return f"SELECT {', '.join(COLUMNS)}, count(*) FROM '{path}' GROUP BY ALL"


def run_statement(path: Path) -> None:
    with duckdb.connect() as connection:
        assert len(connection.execute(statement(path)).fetchall()) == 740


def run_process(path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", PROCESS, statement(path)], capture_output=True, check=True
    )


def count(path: Path, *, with_label: bool = False) -> None:
    from governance.sandbox.groups import Grouping, GroupRequest
    from governance.sandbox.runner import run_group_child
    from governance.sandbox.types import Source

    attributes = tuple(Grouping(column=name, name=name) for name in COLUMNS)
    label = Grouping(column="salary", name="salary") if with_label else None
    request = GroupRequest(table="", attributes=attributes, label=label)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        kind = path.suffix.removeprefix(".")
        counts = run_group_child(Source(kind=kind, descriptor=descriptor, groups=request))
    finally:
        os.close(descriptor)
    assert len(counts.tables) == 7


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rows", type=int, default=5_000_000)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    sides = {"product": count, "with a label": partial(count, with_label=True)}
    sides |= {"bare": run_statement, "process": run_process}
    ratios: dict[str, float] = {}
    times: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="assay-groups-") as folder:
        for kind in ("parquet", "csv"):
            path = Path(folder) / f"people.{kind}"
            duckdb.execute(f"COPY ({ROWS.format(rows=options.rows)}) TO '{path}' (FORMAT {kind})")
            seconds = interleaved(sides, [path], rounds=options.rounds)
            for raw in ("bare", "process"):
                ratios[f"{kind}: product / {raw}"] = ratio_of_medians(
                    flat(seconds["product"]), flat(seconds[raw])
                )
            times[f"{kind}, ms"] = {
                name: milliseconds(median(flat(values))) for name, values in seconds.items()
            }
    report = Report(
        compared=f"counts of three attributes and their pairs, {options.rows:,} rows, goal {GOAL}",
        ratios=ratios,
        times=times,
    )
    report.print(as_json=options.json)
    sys.exit(max(ratio for name, ratio in ratios.items() if name.endswith("bare")) > GOAL)


if __name__ == "__main__":
    main()
