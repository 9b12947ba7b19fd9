"""Tables of like rows in a sheet: as many as were sent, blank ones passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

from catalog.web.forms.versioned import VersionedForm

Posted = QueryDict | dict[str, Any]


class Rows:
    """Like rows of a form: `columns` makes the fields of one row, all of them optional."""

    def __init__(self, name: str, columns: Callable[[], Mapping[str, forms.Field]]) -> None:
        self.name, self.columns = name, columns

    def count(self, data: Posted | None, *, least: int, most: int) -> int:
        """Return how many rows were sent, or `least` where nothing was; never over `most`."""
        sent = str(data.get(f"{self.name}-count", "")) if data is not None else ""
        held = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 6 else least
        return min(held, most)

    def fields(self, count: int) -> dict[str, forms.Field]:
        """Return the fields of `count` rows and of the hidden count itself."""
        named: dict[str, forms.Field] = {
            f"{self.name}-count": forms.IntegerField(
                widget=forms.HiddenInput, required=False, initial=count
            )
        }
        for index in range(count):
            for column, field in self.columns().items():
                field.required = False
                named[self.field_name(index, column)] = field
        return named

    def field_name(self, index: int, column: str) -> str:
        """Return the name of one field of one row."""
        return f"{self.name}-{index}-{column}"

    def initial(self, values: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the initial values of the fields for some rows."""
        return {
            self.field_name(index, column): value
            for index, row in enumerate(values)
            for column, value in row.items()
        }

    def values(self, cleaned: Mapping[str, Any], count: int) -> list[tuple[int, dict[str, Any]]]:
        """Return the rows in which something was written, each with its number on the form."""
        columns = list(self.columns())
        rows = [
            (index, {column: cleaned.get(self.field_name(index, column)) for column in columns})
            for index in range(count)
        ]
        return [(index, row) for index, row in rows if any(row.values())]

    def bound(self, form: forms.Form, count: int) -> list[dict[str, forms.BoundField]]:
        """Return the bound fields of each row, by column, for a template."""
        columns = list(self.columns())
        return [
            {column: form[self.field_name(index, column)] for column in columns}
            for index in range(count)
        ]


class TableForm(VersionedForm):
    """An edit sheet with a table of like rows, some of them blank; blank ones are passed over."""

    rows: ClassVar[Rows]
    blank: ClassVar[int] = 2
    most: ClassVar[int] = 200

    def __init__(
        self, data: Any = None, *, held: int, count: int | None = None, **options: Any
    ) -> None:
        super().__init__(data, **options)
        least = held + self.blank if count is None else count
        self.count = self.rows.count(data, least=least, most=self.most)
        self.fields |= self.rows.fields(self.count)

    def bound_rows(self) -> list[dict[str, Any]]:
        """Return the bound fields of each row, by column, and its number from 1."""
        bound = self.rows.bound(self, self.count)
        return [row | {"number": index + 1} for index, row in enumerate(bound)]

    def given(self) -> list[tuple[int, dict[str, Any]]]:
        """Return the rows in which something was written, each with its index on the form."""
        return self.rows.values(self.cleaned_data, self.count)
