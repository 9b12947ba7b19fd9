"""Time until the names and types of a very wide file are known, and until all its figures are.

The product reads through its sandbox: a process is started and limited, the columns are listed and
typed, then profiled. The raw side describes the same file by DuckDB alone, in a process of its own.

    python -m benchmarks.wide_files --rounds 5
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import django

from benchmarks.cli import command_line, interleaved

GOAL_SECONDS = 2.0
RAW = """
import duckdb, sys
kind, path = sys.argv[1:]
print(len(duckdb.sql(f"SELECT * FROM read_{kind}('{path}')").columns))
"""


def write_files(folder: Path) -> dict[str, tuple[str, Path, int]]:
    """Write the files; return format, path and number of columns by their names."""
    import duckdb

    files = {"Parquet, 3,000 columns": ("parquet", 3000), "CSV, 500 columns": ("csv", 500)}
    written = {}
    for name, (kind, n_columns) in files.items():
        path = folder / f"wide.{kind}"
        columns = ", ".join(f"i * {number} AS c{number}" for number in range(n_columns))
        duckdb.execute(f"COPY (SELECT {columns} FROM range(1000) t(i)) TO '{path}'")
        written[name] = (kind, path, n_columns)
    return written


def describe_raw(kind: str, path: Path, n_columns: int) -> None:
    command = [sys.executable, "-c", RAW, kind, str(path)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert int(done.stdout) == n_columns


def read_schema(kind: str, path: Path, n_columns: int) -> None:
    """Start the sandbox and stop it once it has listed all columns with their types."""
    from governance.sandbox.types import TableProfile

    with sandbox(kind, path) as child:
        assert child.stdout is not None
        for line in child.stdout:
            (table,) = map(TableProfile.from_json, json.loads(line).get("tables", ()))
            assert len(table.columns) == n_columns
            if all(column.logical_type for column in table.columns):
                break
        child.kill()


def sandbox(kind: str, path: Path) -> subprocess.Popen[bytes]:
    from dataclasses import asdict

    from governance.sandbox.types import Source

    descriptor = os.open(path, os.O_RDONLY)
    source = Source(kind=kind, descriptor=descriptor, values_of=("*",))
    child = subprocess.Popen(
        [sys.executable, "-m", "governance.sandbox.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=(descriptor,),
        env=os.environ | {"MALLOC_ARENA_MAX": "1"},
    )
    assert child.stdin is not None
    child.stdin.write(json.dumps(asdict(source)).encode())
    child.stdin.close()
    os.close(descriptor)
    return child


def profile(kind: str, path: Path) -> dict[str, Any]:
    """Read the file whole; return the seconds and how many columns have figures."""
    from governance.sandbox.runner import run_child
    from governance.sandbox.types import Source

    descriptor, started = os.open(path, os.O_RDONLY), time.perf_counter()
    (table,) = run_child(Source(kind=kind, descriptor=descriptor, values_of=("*",))).tables
    os.close(descriptor)
    return {
        "seconds": round(time.perf_counter() - started, 2),
        "profiled": sum(column.null_share is not None for column in table.columns),
        "columns": len(table.columns),
    }


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    results, is_reached = {}, True
    with tempfile.TemporaryDirectory(prefix="assay-wide-") as folder:
        for name, file in write_files(Path(folder)).items():
            tasks = {
                "raw": lambda file=file: describe_raw(*file),
                "schema": lambda file=file: read_schema(*file),
            }
            seconds = interleaved(tasks, rounds=options.rounds, warm=1)
            medians = {key: statistics.median(values) for key, values in seconds.items()}
            is_reached &= medians["schema"] < GOAL_SECONDS
            results[name] = {
                "schema_seconds": round(medians["schema"], 2),
                "raw_seconds": round(medians["raw"], 2),
                "ratio": round(medians["schema"] / medians["raw"], 2),
                "slowest_schema_seconds": round(max(seconds["schema"]), 2),
                "whole_profile": profile(*file[:2]),
            }
    load = os.getloadavg()[0]
    print(
        json.dumps({"load": round(load, 1), "files": results}, indent=None if options.json else 2)
    )
    sys.exit(not is_reached)


if __name__ == "__main__":
    main()
