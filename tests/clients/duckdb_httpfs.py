"""Runs SQL from the standard input in a DuckDB that reads over HTTP, and prints the rows as JSON.

It runs in an environment of its own, which has the extension httpfs as a package.
"""

import json
import sys
from pathlib import Path

import duckdb
import duckdb_ext

[extension] = Path(duckdb_ext.__path__[0]).rglob("httpfs.duckdb_extension")
connection = duckdb.connect()
connection.execute(f"LOAD '{extension}'")
print(json.dumps(connection.sql(sys.stdin.read()).fetchall()))
