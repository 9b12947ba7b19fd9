"""Pages of the columns of a table: fifty at once, or one with all that it can say."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from jsonpointer import resolve_pointer

from catalog.contracts.columns import (
    CONTAINERS,
    Column,
    apply_edits,
    container_of,
    find_column,
    iter_columns,
    move_column,
    nested_columns,
)
from catalog.glossary.models import Term
from catalog.identifiers import normalize
from catalog.products.models import DataProduct
from catalog.types import FormValues, JSONObject
from catalog.web.contracts.column_forms import (
    PAGE_SIZE,
    ColumnForm,
    SchemaTableForm,
    address_of,
    edited_values,
)
from catalog.web.contracts.views import ContractPage, ContractView
from catalog.web.products.editing import TableView

TABLE_KEYS = {"name": "name", "physical_name": "physicalName", "description": "description"}


@dataclass(frozen=True, kw_only=True)
class TablePage(ContractPage):
    """`total` counts the columns without the filter."""

    name: str
    number: int
    columns: Page[Column]
    filter: str
    total: int


class Columns(TableView, ContractView):
    """What the pages of columns share: the table, and what a form shows of a column."""

    shows_stored = True

    def version(self) -> str:
        return str(self.contract().tree.get("apiVersion") or "")

    def rows_of(self, columns: list[Column]) -> list[FormValues]:
        """Return the values of columns as forms show them, terms by their names."""
        rows = [
            column.fields()
            | {
                "address": address_of(column),
                "depth": column.depth,
                "url": self.column_url(column),
            }
            for column in columns
        ]
        slugs = {row["term"] for row in rows if row["term"]}
        names = (
            dict(Term.objects.filter(slug__in=slugs).values_list("slug", "name")) if slugs else {}
        )
        return [row | {"term": names.get(row["term"], row["term"])} for row in rows]

    def column_url(self, column: Column) -> str:
        address = self.url("product_column", self.uuid, self.number)
        return f"{address}?{urlencode({'at': column.pointer})}"

    def changed_table(self, form: Any, **edits: Any) -> JSONObject:
        term_url = f"{settings.ASSAY_BASE_IRI.rstrip('/')}{reverse('term_list')}/"
        return apply_edits(self.table(), **(form.edits() | edits), term_url=term_url)


class Table(Columns):
    """The columns of one table, a page at a time, with blank rows for more."""

    title = _("Columns")
    form_class = SchemaTableForm
    template_name = "catalog/editing/table.html"
    _columns: Page[Column] | None = None

    @property
    def filter(self) -> str:
        return self.request.GET.get("filter", "")[:200]

    def columns(self) -> Page[Column]:
        if self._columns is None or self.request.method != "GET":
            columns = iter_columns(self.table())
            if words := normalize(self.filter).split():
                columns = [column for column in columns if _matches(column, words)]
            self._columns = Paginator(columns, PAGE_SIZE).get_page(self.request.GET.get("page"))
        return self._columns

    def get_initial(self) -> FormValues:
        table = self.table()
        stored = {name: table.get(key) or "" for name, key in TABLE_KEYS.items()}
        rows = self.rows_of(list(self.columns()))
        return stored | {"rows": rows, "api_version": self.version()}

    def save_form(self, form: SchemaTableForm) -> DataProduct:
        table = self.changed_table(form)
        for name in TABLE_KEYS.keys() & form.edited():
            if value := form.cleaned_data[name]:
                table[TABLE_KEYS[name]] = value
            else:
                table.pop(TABLE_KEYS[name], None)
        return self.put_table(table, form)

    def get_success_url(self) -> str:
        """Stay on the page: a page of columns is seldom the whole work."""
        query = {
            name: self.request.GET[name] for name in ("filter", "page") if name in self.request.GET
        }
        address = self.url("product_table", self.uuid, self.number)
        return f"{address}?{urlencode(query)}" if query else address

    def next_url(self) -> str:
        """Return the next page of columns, else the next table of the contract, else the step."""
        columns, address = self.columns(), self.url("product_table", self.uuid, self.number)
        if columns.has_next():
            return f"{address}?{urlencode({'page': columns.next_page_number()})}"
        if self.number + 1 < len(self.contract().tree.get("schema") or []):
            return self.url("product_table", self.uuid, self.number + 1)
        return super().next_url()

    def get_page(self, form: SchemaTableForm) -> TablePage:
        columns = self.columns()
        return TablePage(
            frame=self.frame(form),
            contract=self.contract(),
            name=self.table().get("name", ""),
            number=self.number,
            columns=columns,
            filter=self.filter,
            total=len(iter_columns(self.table())) if self.filter else columns.paginator.count,
        )


def _matches(column: Column, words: list[str]) -> bool:
    keys = ("name", "physicalName", "businessName", "classification", "description")
    text = normalize(" ".join(str(column.node.get(key) or "") for key in keys))
    return all(word in text for word in words)


@dataclass(frozen=True)
class LinkedColumn:
    """A column with the address of the page that edits it."""

    name: str
    type: str
    url: str


@dataclass(frozen=True, kw_only=True)
class ColumnPage(ContractPage):
    """`parents` are the columns that it is in, outermost first; `siblings` counts its list."""

    column: Column
    table_name: str
    table_url: str
    parents: list[LinkedColumn]
    nested: list[LinkedColumn]
    siblings: int
    propose_url: str

    @property
    def can_nest(self) -> bool:
        """Return True if the column's type has room for nested columns, or may get it."""
        return self.column.node.get("logicalType") in (None, "", *CONTAINERS)


class ColumnEdit(Columns):
    """One column: all its fields, the columns nested in it, and its position."""

    form_class = ColumnForm
    template_name = "catalog/editing/column.html"

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        self.pointer = request.GET.get("at", "")
        return super().dispatch(request, *args, **kwargs)

    def get_title(self) -> str:
        return str(self.column().node.get("name") or _("Column"))

    def column(self) -> Column:
        column = find_column(self.table(), self.pointer)
        if column is None:
            raise Http404
        return column

    def get_initial(self) -> FormValues:
        column = self.column()
        nested = nested_columns(self.table(), column)
        position = int(self.pointer.rpartition("/")[2]) + 1
        return self.rows_of([column])[0] | {
            "position": position,
            "rows": [],
            "nested_count": len(nested),
            "api_version": self.version(),
        }

    def save_form(self, form: ColumnForm) -> DataProduct:
        changed = {self.pointer: edited_values(form)}
        table = self.changed_table(form, changed=changed)
        if added := form.edits()["added"]:
            # The type may just have become one with room for nested columns.
            parent = find_column(table, self.pointer)
            assert parent is not None
            table = apply_edits(table, changed={}, added=added, parent=container_of(parent))
        if "position" in form.edited():
            table, self.pointer = move_column(table, self.pointer, form.cleaned_data["position"])
        return self.put_table(table, form)

    def changed_table(self, form: Any, **edits: Any) -> JSONObject:
        return super().changed_table(form, **edits, added=[], removed=[])

    def get_success_url(self) -> str:
        address = self.url("product_column", self.uuid, self.number)
        return f"{address}?{urlencode({'at': self.pointer})}"

    def get_page(self, form: ColumnForm) -> ColumnPage:
        column, table = self.column(), self.table()
        steps = self.pointer.split("/properties/")
        above = [find_column(table, "/properties/".join(steps[:n])) for n in range(2, len(steps))]
        siblings: list[Any] = resolve_pointer(table, self.pointer.rpartition("/")[0])
        path = ".".join(str(c.node.get("name", "")) for c in [*filter(None, above), column])
        proposal = {
            "name": str(form["term"].value() or column.node.get("businessName") or ""),
            "reason": f"{self.product.domain.slug}/{self.product.slug}: {table.get('name')}.{path}",
            "next": self.request.get_full_path(),
        }
        return ColumnPage(
            frame=self.frame(form),
            contract=self.contract(),
            column=column,
            table_name=str(table.get("name", "")),
            table_url=self.url("product_table", self.uuid, self.number),
            parents=[self.linked(parent) for parent in above if parent],
            nested=[self.linked(inner) for inner in nested_columns(table, column)],
            siblings=len(siblings),
            propose_url=f"{reverse('term_propose')}?{urlencode(proposal)}",
        )

    def linked(self, column: Column) -> LinkedColumn:
        name, kind = (str(column.node.get(key) or "") for key in ("name", "logicalType"))
        return LinkedColumn(name, kind, self.column_url(column))
