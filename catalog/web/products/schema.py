"""The schema tab: every column with type, classification and meaning, filtered and paged."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from catalog.authorization.access import AccessContext
from catalog.contracts.models import DataContract, PortContract, SchemaObject, SchemaProperty
from catalog.contracts.observations import (
    ObservedColumn,
    ObservedTable,
    TableRequest,
    observe,
)
from catalog.glossary.models import Term
from catalog.ports.models import OutputPort
from catalog.products.links import column_anchor
from catalog.products.models import DataProduct
from catalog.web.components.charts import Histogram, histogram
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.lookup import on_product

PAGE_SIZE = 200
MAX_FILTER_WORDS = 8
MAX_CONTRACTS = 50
# Tables that are equal in these are one table of several ports.
CONTENT_COLUMNS = (
    "schema_object_id",
    "path",
    "physical_name",
    "business_name",
    "logical_type",
    "physical_type",
    "classification",
    "term",
    "description",
    "is_required",
    "is_unique",
    "is_primary_key",
)


@dataclass(frozen=True)
class ColumnRow:
    """A column with its anchor and what its source holds; `term` is empty if there is none."""

    column: SchemaProperty
    anchor: str
    term: str
    observed: ObservedColumn

    @property
    def histogram(self) -> Histogram | None:
        return histogram(self.observed.histogram)


@dataclass(frozen=True)
class TableBlock:
    """The columns of one table that are on the page, and the ports that serve the table."""

    table: SchemaObject
    ports: list[OutputPort]
    observed: ObservedTable
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
    served = served_tables(product)
    columns = columns_of(product, served)
    text = request.GET.get("filter", "")
    matching = _requested_page(request, _matching(columns, text))
    api_url = reverse("api:product_contracts", args=[product.uuid])
    frame = product_frame(request, product, access, tab="product_schema", api_url=api_url)
    page = SchemaPage(
        frame=frame,
        columns=matching,
        tables=_tables(product, list(matching.object_list), served, for_editors=frame.can_edit),
        filter=text[:200],
        total=columns.count() if text else matching.paginator.count,
        contracts=list(product.contracts.defer("tree").order_by("-id")[:MAX_CONTRACTS]),
    )
    return render_page(request, "catalog/products/schema.html", page)


@dataclass(frozen=True)
class ServedTables:
    """The ports that serve each table, by its key; `repeated` are tables that equal another.

    Without ports every contract is shown, and both are empty.
    """

    ports: Mapping[int, list[OutputPort]]
    repeated: frozenset[int]


def served_tables(product: DataProduct) -> ServedTables:
    """Return the tables of the contracts that ports serve; of equal ones only the first."""
    ports: dict[int, list[OutputPort]] = {}
    links = PortContract.objects.filter(port__product=product).select_related("port")
    for link in links.order_by("port__position", "port_id"):
        ports.setdefault(link.contract_id, []).append(link.port)
    tables = SchemaObject.objects.filter(contract__in=ports, contract__product=product)
    rows = list(
        tables.order_by("contract_id", "position", "id").values_list("id", "name", "contract")
    )
    names = Counter(name for _, name, _ in rows)
    contents = _contents([pk for pk, name, _ in rows if names[name] > 1])
    first: dict[tuple[object, ...], int] = {}
    served: dict[int, list[OutputPort]] = {}
    for pk, name, contract_id in rows:
        chosen = first.setdefault((name, contents.get(pk, pk)), pk)
        served.setdefault(chosen, []).extend(ports[contract_id])
    return ServedTables(served, frozenset(pk for pk, _, _ in rows if pk not in served))


def _contents(table_ids: list[int]) -> dict[int, tuple[object, ...]]:
    """Return all that a page shows of the columns of some tables."""
    columns = SchemaProperty.objects.filter(schema_object__in=table_ids)
    rows = columns.order_by("schema_object_id", "position", "id").values_list(*CONTENT_COLUMNS)
    return {pk: tuple(row[1:] for row in group) for pk, group in groupby(rows, key=itemgetter(0))}


def columns_of(product: DataProduct, served: ServedTables) -> QuerySet[SchemaProperty]:
    """Return the columns of the served tables; without ports, of all contracts."""
    is_served = Q(schema_object__in=served.ports) if served.ports else Q()
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


def _tables(
    product: DataProduct,
    columns: Sequence[SchemaProperty],
    served: ServedTables,
    *,
    for_editors: bool,
) -> list[TableBlock]:
    terms = {column.term for column in columns if column.term}
    known = set(Term.objects.filter(slug__in=terms).values_list("slug", flat=True))
    groups = [
        (table, list(group)) for table, group in groupby(columns, key=lambda row: row.schema_object)
    ]
    requests = [
        TableRequest(
            table=table,
            columns=group,
            port_ids=[port.pk for port in served.ports.get(table.pk, ())],
        )
        for table, group in groups
    ]
    anchors = _anchors(columns)
    observed_tables = observe(product, requests, for_editors=for_editors)
    return [
        TableBlock(
            table,
            served.ports.get(table.pk, []),
            observed,
            [
                ColumnRow(
                    column,
                    anchors[column.pk],
                    column.term if column.term in known else "",
                    observed.columns.get(column.pk, ObservedColumn()),
                )
                for column in group
            ],
        )
        for (table, group), observed in zip(groups, observed_tables, strict=True)
    ]


def _anchors(columns: Iterable[SchemaProperty]) -> dict[int, str]:
    """Return the anchor of each column; a link by name leads to the first of that name."""
    used, anchors = Counter[str](), {}
    for column in columns:
        anchor = column_anchor(column.path)
        used[anchor] += 1
        anchors[column.pk] = f"{anchor}--{used[anchor]}" if used[anchor] > 1 else anchor
    return anchors
