"""Statements asked at nearly every request: the ORM writes their SQL once, values come each time.

To write the SQL of a small statement takes the ORM ten times as long as the database takes to
answer it. Here it is written at the first use, from a queryset in which `given()` stands for what
differs, and kept for as long as the process lives. Nothing of an answer is kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import BooleanField, Expression, F, Field, Func, Model, QuerySet

M = TypeVar("M", bound=Model)
# The place in a row, the steps that turn what stands there, and the column that it comes from.
Converters = Sequence[tuple[int, Sequence[Any], Any]]


class Parameter(Expression):
    """A value that a statement is given each time it is asked."""

    def __init__(self, name: str, field: Field[Any, Any], place: int | None = None) -> None:
        super().__init__(output_field=field)
        self.name, self.place = name, place

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return a placeholder, and itself where its value will stand."""
        return "%s", [self]

    def among(self, values: dict[str, Any]) -> Any:
        """Return its value among those that are given; of a list the one at its place."""
        value = values[self.name]
        return value if self.place is None else value[min(self.place, len(value) - 1)]


def param(name: str, field: Field[Any, Any]) -> Any:
    """Return what stands for one value in a queryset, in place of the value."""
    return Parameter(name, field)


def param_list(name: str, field: Field[Any, Any], length: int) -> list[Any]:
    """Return what stands for a list of up to so many values; of a shorter one the last is repeated.

    The length is part of the SQL, so few lengths make few statements.
    """
    return [Parameter(name, field, place) for place in range(length)]


_EACH = "SELECT value FROM json_each(%s)"


class AnyOf(Func):
    """Whether a column holds one of some ids; the list is one value, however long it is.

    `IN` takes a value for each, which the ORM prepares one by one.
    """

    output_field = BooleanField()

    def __init__(self, column: str, ids: Collection[int]) -> None:
        super().__init__(F(column))
        self.ids = sorted(ids)

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **__: Any) -> tuple[str, Any]:
        """Return the condition with the list as an array."""
        column, parameters = compiler.compile(self.source_expressions[0])
        return f"{column} = ANY(%s)", [*parameters, self.ids]

    def as_sqlite(self, compiler: Any, connection: Any, **__: Any) -> tuple[str, Any]:
        """Return the condition with the list as JSON, for SQLite knows no arrays."""
        column, parameters = compiler.compile(self.source_expressions[0])
        return f"{column} IN ({_EACH})", [*parameters, json.dumps(self.ids)]


class _CompiledQuery(NamedTuple):
    sql: str
    parameters: Sequence[Any]
    fields: dict[str, Field[Any, Any]]
    converters: Converters


class PreparedQuery:
    """The SELECT of a queryset of `values_list()`, asked with other values each time."""

    def __init__(self, queryset: Callable[[], QuerySet[Any, Any]]) -> None:
        self._queryset = queryset

    def rows(self, **values: Any) -> list[Any]:
        """Return the rows as the queryset would, in one statement; all values are by name."""
        sql, parameters, fields, converters = self._written
        held = {name: _prepared(values[name], field) for name, field in fields.items()}
        told = [each.among(held) if isinstance(each, Parameter) else each for each in parameters]
        with connection.cursor() as cursor:
            cursor.execute(sql, told)
            rows = cursor.fetchall()
        return list(_converted(rows, converters)) if converters else rows

    @cached_property
    def _written(self) -> _CompiledQuery:
        compiler = self._queryset().query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        found = compiler.get_converters([column for column, _, _ in compiler.select])
        converters = [(place, steps, column) for place, (steps, column) in found.items()]
        stand_ins = [each for each in parameters if isinstance(each, Parameter)]
        fields = {each.name: each.output_field for each in stand_ins}
        return _CompiledQuery(sql, parameters, fields, converters)


def _prepared(value: Any, field: Field[Any, Any]) -> Any:
    """Return a value, or each of a list, as the database takes it."""
    if isinstance(value, list):
        return [field.get_db_prep_value(each, connection) for each in value]
    return field.get_db_prep_value(value, connection)


def _converted(rows: list[Any], converters: Converters) -> Iterator[Any]:
    for row in map(list, rows):
        for place, steps, column in converters:
            for step in steps:
                row[place] = step(row[place], column, connection)
        yield row


def column_names(model: type[Model], *, through: str = "") -> list[str]:
    """Return the columns of a model as `values_list()` names them; `through` is a way to it."""
    return [f"{through}{field.attname}" for field in model._meta.concrete_fields]


def instance_from_row(model: type[M], row: Sequence[Any]) -> M:
    """Return a row of `column_names(model)` as the model."""
    return model.from_db(connection.alias, column_names(model), row)
