"""The schema tab: every column with type, classification and meaning, filtered and paged."""

from collections import Counter
from dataclasses import dataclass
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from catalog.authorization.access import AccessContext
from catalog.contracts.models import DataContract, PortContract, SchemaObject, SchemaProperty
from catalog.glossary.models import Term
from catalog.products.links import column_anchor
from catalog.products.models import DataProduct
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.lookup import on_product

PAGE_SIZE = 200
MAX_FILTER_WORDS = 8
MAX_CONTRACTS = 50


@dataclass(frozen=True)
class ColumnRow:
    """A column with its anchor; `term` is empty unless the glossary has it."""

    column: SchemaProperty
    anchor: str
    term: str


@dataclass(frozen=True)
class TableBlock:
    """The columns of one table that are on the page."""

    table: SchemaObject
    rows: list[ColumnRow]


@dataclass(frozen=True, kw_only=True)
class SchemaPage:
    """`total` counts the columns without the filter."""

    frame: ProductFrame
    columns: Page[SchemaProperty]
    tables: list[TableBlock]
    filter: str
    total: int
    contracts: list[DataContract]


@on_product
def product_schema(
    request: HttpRequest, product: DataProduct, access: AccessContext
) -> HttpResponse:
    """Show the columns that match `filter`, or the page that has `column`."""
    columns = served_columns(product)
    text = request.GET.get("filter", "")
    matching = _requested_page(request, _matching(columns, text))
    api_url = reverse("api:product_contracts", args=[product.uuid])
    page = SchemaPage(
        frame=product_frame(request, product, access, tab="product_schema", api_url=api_url),
        columns=matching,
        tables=_tables(list(matching.object_list)),
        filter=text[:200],
        total=columns.count() if text else matching.paginator.count,
        contracts=list(product.contracts.defer("tree").order_by("-id")[:MAX_CONTRACTS]),
    )
    return render_page(request, "catalog/products/schema.html", page)


def served_columns(product: DataProduct) -> QuerySet[SchemaProperty]:
    """Return the columns of the contracts that ports serve; without ports, of all contracts."""
    links = PortContract.objects.filter(port__product=product)
    contract_ids = set(links.values_list("contract_id", flat=True))
    is_served = Q(schema_object__contract__in=contract_ids) if contract_ids else Q()
    return (
        SchemaProperty.objects.filter(is_served, schema_object__contract__product=product)
        .select_related("schema_object__contract")
        .defer("schema_object__contract__tree")  # as large as all the columns together
        .order_by(
            "schema_object__contract_id",
            "schema_object__position",
            "schema_object_id",
            "position",
            "id",
        )
    )


def _matching(columns: QuerySet[SchemaProperty], text: str) -> QuerySet[SchemaProperty]:
    for word in text.replace("\x00", " ").split()[:MAX_FILTER_WORDS]:
        columns = columns.filter(
            Q(path__icontains=word)
            | Q(physical_name__icontains=word)
            | Q(business_name__icontains=word)
            | Q(description__icontains=word)
            | Q(classification__icontains=word)
        )
    return columns


def _requested_page(
    request: HttpRequest, columns: QuerySet[SchemaProperty]
) -> Page[SchemaProperty]:
    paginator = Paginator(columns, PAGE_SIZE)
    column = request.GET.get("column", "")
    if column and not request.GET.get("page"):
        paths = list(columns.values_list("path", flat=True))
        names = paths if column in paths else [path.rpartition(".")[2] for path in paths]
        index = names.index(column) if column in names else 0
        return paginator.get_page(index // PAGE_SIZE + 1)
    return paginator.get_page(request.GET.get("page"))


def _tables(columns: list[SchemaProperty]) -> list[TableBlock]:
    terms = {column.term for column in columns if column.term}
    known = set(Term.objects.filter(slug__in=terms).values_list("slug", flat=True))
    used = Counter[str]()
    rows = []
    for column in columns:
        anchor = column_anchor(column.path)
        used[anchor] += 1
        # Two tables may have a column of the same name; a link by name leads to the first.
        suffix = f"--{used[anchor]}" if used[anchor] > 1 else ""
        term = column.term if column.term in known else ""
        rows.append(ColumnRow(column, f"{anchor}{suffix}", term))
    by_table = groupby(rows, key=lambda row: row.column.schema_object)
    return [TableBlock(table, list(group)) for table, group in by_table]
