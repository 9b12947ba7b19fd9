"""The catalogue of a database as SQLAlchemy's Inspector reads it: names, types, keys, comments.

A table whose catalogue cannot be read costs only itself: it is listed with the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import inspect, types
from sqlalchemy.engine.reflection import Inspector, ObjectKind, ObjectScope
from sqlalchemy.types import TypeEngine

from governance.sandbox.types import (
    PENDING,
    ColumnProfile,
    KeyProfile,
    SourceProfile,
    SourceUnreadable,
    TableProfile,
)

if TYPE_CHECKING:
    from governance.sandbox.connectors.database import ColumnType, Database

MAX_NAMES = 10_000
MAX_LABELS = 200
MAX_COMMENT = 2000
T = TypeVar("T")

# In the order in which they are asked: a more special class comes first.
LOGICAL_TYPES: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (types.Boolean, "boolean"),
    (types.DateTime, "timestamp"),
    (types.Date, "date"),
    (types.Time, "time"),
    (types.Integer, "integer"),
    (types.Numeric, "number"),
    (types.JSON, "object"),
    (types.ARRAY, "array"),
    (types.Interval, "string"),
    (types.Uuid, "string"),
    (types.String, "string"),
    (types.LargeBinary, "string"),
)


def logical_type_of_class(type_: TypeEngine[Any]) -> str:
    """Return the logical type of a reflected type by its class; empty if the class says nothing."""
    return next((name for cls, name in LOGICAL_TYPES if isinstance(type_, cls)), "")


class Catalogue:
    """Reads the tables of a database's schema until `ends_at` (time.monotonic)."""

    def __init__(self, database: Database, *, ends_at: float) -> None:
        self.database = database
        self.schema = database.schema
        self.ends_at = ends_at

    def read(self) -> Iterator[SourceProfile]:
        """Yield all tables with names and types, then the same with keys and comments.

        Raises SourceUnreadable if not even the names can be read.
        """
        kinds = self.ask(self.names)
        kinds |= self.try_to(self.database.kinds) or {}
        if not kinds:
            name = self.schema or self.database.source.database.get("dbname", "")
            raise SourceUnreadable("empty", f"Schema: {name}." if name else "")
        ordered = self.in_order(kinds)
        chosen = ordered[: self.database.source.max_tables]
        all_types = self.try_to(self.database.types) or {}
        about = self.try_to(self.database.rows_about) or {}
        tables = [
            TableProfile(
                name=name,
                rows=None,
                rows_about=about.get(name),
                columns=self.columns_of(all_types.get(name, {}), {}),
                physical_type=kinds[name],
                is_cut=name not in all_types,
                reason=PENDING,
            )
            for name in chosen
        ]
        rest = [
            replace(self.unread(name, kinds[name]), rows_about=about.get(name))
            for name in ordered[len(chosen) : MAX_NAMES]
        ]
        omitted = len(ordered) - len(chosen) - len(rest)
        note = f"{omitted:,} further tables are not listed." if omitted else ""
        yield SourceProfile(tables + rest, note)
        details = Details(self, chosen, self.try_to(self.database.unenforced) or set())
        described = [self.described(table, all_types, details) for table in tables]
        yield SourceProfile(described + rest, note)

    def unread(self, name: str, kind: str) -> TableProfile:
        limit = self.database.source.max_tables
        reason = f"Not read: of a source with more than {limit:,} tables only the names are listed."
        return TableProfile(
            name=name, rows=None, columns=(), physical_type=kind, is_cut=True, reason=reason
        )

    def names(self, inspector: Inspector) -> dict[str, str]:
        """Return tables and views by name; the value says which of them it is."""
        kinds = dict.fromkeys(inspector.get_table_names(self.schema), "table")
        kinds |= dict.fromkeys(inspector.get_view_names(self.schema), "view")
        try:
            views = inspector.get_materialized_view_names(self.schema)
        except NotImplementedError:
            views = []
        return kinds | dict.fromkeys(views, "materialized view")

    def in_order(self, names: Mapping[str, str]) -> list[str]:
        """Return declared tables first, then all others by name."""
        declared = [name for name in self.database.source.tables if name in names]
        return [*declared, *sorted(set(names) - set(declared))]

    def described(
        self,
        table: TableProfile,
        all_types: Mapping[str, Mapping[str, ColumnType]],
        details: Details,
    ) -> TableProfile:
        """Return a table with what the Inspector says of it, or with the reason why nothing."""
        known = all_types.get(table.name, {})
        try:
            reflected = {item["name"]: item for item in details.columns(table.name)}
        except SourceUnreadable as error:
            return table if table.columns else replace(table, reason=str(error))
        columns = self.columns_of(known, reflected)
        limit = self.database.source.max_columns
        keys = details.keys(table.name)
        primary = details.primary_key(table.name)
        unique = {key[0] for key in keys if len(key) == 1}
        return replace(
            table,
            description=details.comment(table.name),
            columns=tuple(
                replace(
                    column,
                    # In SQLite only this key is not declared NOT NULL and cannot be null.
                    is_required=column.is_required
                    or (primary == (column.name,) and column.logical_type == "integer"),
                    is_primary_key=column.name in primary,
                    is_unique=column.name in unique,
                )
                for column in columns[:limit]
            ),
            keys=tuple(KeyProfile(key, is_enforced=True) for key in keys),
            is_cut=len(columns) > limit,
        )

    def columns_of(
        self, known: Mapping[str, ColumnType], reflected: Mapping[str, Mapping[str, Any]]
    ) -> tuple[ColumnProfile, ...]:
        """Return the columns by the catalogue's own types, else by the Inspector's classes."""
        columns = []
        for name in reflected or known:
            item = reflected.get(name, {})
            type_ = item.get("type") or types.NullType()
            own = known.get(name)
            columns.append(
                ColumnProfile(
                    name=name,
                    physical_type=own.physical if own else self.physical_type(type_),
                    logical_type=own.logical if own else self.database.logical_type(type_),
                    description=(item.get("comment") or "")[:MAX_COMMENT],
                    is_required=not item.get("nullable", True),
                    is_computed=bool(item.get("computed")),
                    allowed_values=tuple(map(str, getattr(type_, "enums", ())[:MAX_LABELS])),
                )
            )
        return tuple(columns)

    def physical_type(self, type_: TypeEngine[Any]) -> str:
        if isinstance(type_, types.NullType):
            return "unknown"
        return type_.compile(dialect=self.database.engine.dialect)

    def ask(self, question: Callable[[Inspector], T]) -> T:
        """Ask the Inspector in a transaction of its own. Raises SourceUnreadable."""
        try:
            with self.database.engine.connect() as connection:
                return question(inspect(connection))
        except MemoryError:
            raise
        except Exception as error:  # a driver that misreads a server raises anything
            raise self.database.unreadable(error) from error

    def try_to(self, question: Callable[[Any], T]) -> T | None:
        """Return an answer of our own statements, which an old or related server may not know."""
        try:
            return self.ask(lambda inspector: question(inspector.bind))
        except SourceUnreadable:
            return None


class Details:
    """What the Inspector says of tables: of all at once, or, where that fails, of each alone."""

    def __init__(
        self, catalogue: Catalogue, names: Sequence[str], unenforced: set[tuple[str, str]]
    ) -> None:
        self.catalogue = catalogue
        self.unenforced = unenforced
        self.names = list(names)
        self._all: dict[str, Mapping[str, Any] | None] = {}

    def columns(self, table: str) -> Sequence[Mapping[str, Any]]:
        """Raise SourceUnreadable if the catalogue of this table cannot be read."""
        answer: Sequence[Mapping[str, Any]] = self._of("columns", table)
        return answer

    def comment(self, table: str) -> str:
        answer: Mapping[str, Any] = self._optional("table_comment", table, {})
        return (answer.get("text") or "")[:MAX_COMMENT]

    def primary_key(self, table: str) -> tuple[str, ...]:
        answer: Mapping[str, Any] = self._optional("pk_constraint", table, {})
        return tuple(answer.get("constrained_columns") or ())

    def keys(self, table: str) -> list[tuple[str, ...]]:
        """Return the columns of each key that the database enforces for all rows."""
        if (table, "") in self.unenforced:
            return []
        keys = {self.primary_key(table)}
        for constraint in self._optional("unique_constraints", table, ()):
            keys.add(tuple(constraint["column_names"]))
        for index in self._optional("indexes", table, ()):
            is_whole = (table, index.get("name")) not in self.unenforced
            if index.get("unique") and is_whole and is_unconditional(index):
                keys.add(tuple(index["column_names"]))
        return sorted(key for key in keys if key and all(key))

    def _optional(self, what: str, table: str, otherwise: Any) -> Any:
        try:
            return self._of(what, table)
        except SourceUnreadable:
            return otherwise

    def _of(self, what: str, table: str) -> Any:
        catalogue = self.catalogue
        schema = catalogue.schema
        if what not in self._all:
            self._all[what] = self._of_all(what)
        of_all = self._all[what]
        if of_all is not None:
            if table not in of_all:
                raise SourceUnreadable("not-found")
            return of_all[table]
        if time.monotonic() >= catalogue.ends_at:
            raise SourceUnreadable("too-costly")
        options = catalogue.database.reflection_options.get(what, {})
        return catalogue.ask(
            lambda inspector: getattr(inspector, f"get_{what}")(table, schema, **options)
        )

    def _of_all(self, what: str) -> Mapping[str, Any] | None:
        """Return the answer for all tables, or None if they have to be asked one by one."""
        if not self.catalogue.database.reflects_at_once:
            return None
        scope, kind = ObjectScope.ANY, ObjectKind.ANY
        try:
            answer = self.catalogue.ask(
                lambda inspector: getattr(inspector, f"get_multi_{what}")(
                    self.catalogue.schema, filter_names=self.names, scope=scope, kind=kind
                )
            )
        except SourceUnreadable:
            return None
        return {table: item for (_, table), item in answer.items()}


def is_unconditional(index: Mapping[str, Any]) -> bool:
    """Return True if a unique index is valid, of all rows and of plain columns.

    One of MySQL of the first characters only is: values of different beginnings are different.
    """
    options = index.get("dialect_options", {})
    hindrances = ("_where", "_invalid")
    return not index.get("expressions") and not any(
        value for name, value in options.items() if name.endswith(hindrances)
    )
