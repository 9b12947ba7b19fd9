"""Real databases as sources: a schema of its own for a test, and what the sandbox reads of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import duckdb
import psycopg
import pymysql

from governance.sandbox.check_runner import run_check_child
from governance.sandbox.checks import CheckRequest, CheckRun
from governance.sandbox.connectors.duckdb_statements import sql_of
from governance.sandbox.groups import GroupCounts, GroupRequest
from governance.sandbox.runner import run_child, run_group_child
from governance.sandbox.statistics import Fetch, Statement
from governance.sandbox.types import (
    ColumnProfile,
    Source,
    SourceProfile,
    SourceUnreadable,
    TableProfile,
)
from tests.settings import TEST_SERVERS

_numbers = count(1)


def unique_name() -> str:
    """Return a name that no other process of the tests has: they share the servers."""
    return f"source_{os.getpid()}_{next(_numbers)}"


def fetch_from(connection: duckdb.DuckDBPyConnection) -> Fetch:
    """Return what runs statements in DuckDB, as a database of the sandbox would."""

    def fetch(statement: Statement) -> list[Any]:
        try:
            return connection.execute(sql_of(statement)).fetchall()
        except duckdb.Error as error:
            raise SourceUnreadable("not-counted") from error

    return fetch


@dataclass(frozen=True)
class SourceDatabase:
    """A schema on a real server; `execute` writes to it as its owner."""

    kind: str
    parameters: dict[str, str]
    connection: Any

    @property
    def name(self) -> str:
        return self.parameters["schema"]

    def execute(self, *statements: str) -> None:
        with self.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def read(self, *, user: str = "", password: str = "", **options: Any) -> SourceProfile:
        database = self.parameters | ({"user": user, "password": password} if user else {})
        return run_child(Source(kind=self.kind, database=database, **options))

    def count(self, request: GroupRequest) -> GroupCounts:
        source = Source(kind=self.kind, database=self.parameters, groups=request)
        return run_group_child(source)

    def check(self, request: CheckRequest, **options: Any) -> CheckRun:
        return run_check_child(
            Source(kind=self.kind, database=self.parameters, checks=request, **options)
        )

    def tables(self, **options: Any) -> dict[str, TableProfile]:
        return {table.name: table for table in self.read(**options).tables}

    def columns(self, table: str, **options: Any) -> dict[str, ColumnProfile]:
        return {column.name: column for column in self.tables(**options)[table].columns}


@contextmanager
def postgres_schema(name: str = "") -> Iterator[SourceDatabase]:
    url = urlsplit(TEST_SERVERS["postgres"])
    name = name or unique_name()
    parameters = {
        "dialect": "postgresql+psycopg",
        "host": url.hostname or "",
        "hostaddr": "127.0.0.1",
        "port": str(url.port or 5432),
        "dbname": url.path.strip("/"),
        "user": url.username or "",
        "password": url.password or "",
        "schema": name,
    }
    with psycopg.connect(TEST_SERVERS["postgres"], autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA IF EXISTS "{name}" CASCADE')
        connection.execute(f'CREATE SCHEMA "{name}"')
        connection.execute(f'SET search_path TO "{name}"')
        try:
            yield SourceDatabase("postgres", parameters, connection)
        finally:
            connection.execute(f'DROP SCHEMA "{name}" CASCADE')


@contextmanager
def mysql_database() -> Iterator[SourceDatabase]:
    url = urlsplit(TEST_SERVERS["mysql"])
    name = unique_name()
    login = {"user": url.username or "", "password": url.password or ""}
    parameters = login | {
        "dialect": "mysql+pymysql",
        "hostaddr": "127.0.0.1",
        "port": str(url.port or 3306),
        "dbname": name,
        "schema": name,
    }
    with pymysql.connect(host=url.hostname, port=url.port or 3306, autocommit=True, **login) as own:
        with own.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")
            cursor.execute(f"CREATE DATABASE `{name}`")
        own.select_db(name)
        try:
            yield SourceDatabase("mysql", parameters, own)
        finally:
            with own.cursor() as cursor:
                cursor.execute(f"DROP DATABASE `{name}`")
