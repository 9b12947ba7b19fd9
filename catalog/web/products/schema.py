"""The schema tab: every column with type, classification and meaning, found by name, paged."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from catalog.authorization.access import AccessContext
from catalog.contracts.models import PortContract, SchemaProperty
from catalog.glossary.models import Term
from catalog.products.links import column_anchor
from catalog.products.models import DataProduct
from catalog.web.products.layout import product_frame
from catalog.web.products.lookup import on_product

PAGE_SIZE = 200


@on_product
def product_schema(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    """Show the columns, those that match `filter`, or the page that holds `column`."""
    columns = _columns(product)
    shown = _matching(columns, request.GET.get("filter", ""))
    page = _page(request, shown)
    context = product_frame(request, product, reader, tab="product_schema")
    context |= {
        "page": page,
        "rows": _rows(page),
        "filter": request.GET.get("filter", "")[:200],
        "total": columns.count() if request.GET.get("filter") else page.paginator.count,
    }
    return render(request, "catalog/products/schema.html", context)


@on_product
def product_schema_json(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    """Give a program the same page of columns."""
    page = _page(request, _matching(_columns(product), request.GET.get("filter", "")))
    rows = [_row(column) for column in page.object_list]
    pages = {"page": page.number, "pages": page.paginator.num_pages}
    return JsonResponse({"count": page.paginator.count, **pages, "columns": rows})


def _columns(product: DataProduct) -> QuerySet[SchemaProperty]:
    """Return the columns of the contracts that ports serve under; without ports, of all."""
    served = set(
        PortContract.objects.filter(port__product=product).values_list("contract_id", flat=True)
    )
    of_whom = Q(schema_object__contract__in=served) if served else Q()
    return (
        SchemaProperty.objects.filter(of_whom, schema_object__contract__product=product)
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


def _matching(columns: QuerySet[SchemaProperty], typed: str) -> QuerySet[SchemaProperty]:
    for word in typed.replace("\x00", " ").split()[:8]:
        columns = columns.filter(
            Q(path__icontains=word)
            | Q(business_name__icontains=word)
            | Q(description__icontains=word)
            | Q(classification__icontains=word)
        )
    return columns


def _page(request: HttpRequest, columns: QuerySet[SchemaProperty]) -> Page[SchemaProperty]:
    paginator = Paginator(columns, PAGE_SIZE)
    wanted = request.GET.get("column", "")
    if wanted and not request.GET.get("page"):
        paths = list(columns.values_list("path", flat=True))
        names = paths if wanted in paths else [path.rpartition(".")[2] for path in paths]
        at = names.index(wanted) if wanted in names else 0
        return paginator.get_page(at // PAGE_SIZE + 1)
    return paginator.get_page(request.GET.get("page"))


def _rows(page: Page[SchemaProperty]) -> list[tuple[SchemaProperty, str, str]]:
    """Return each column with its anchor and the slug of its term, where the glossary has that."""
    columns = list(page.object_list)
    named = {column.term for column in columns if column.term}
    known = set(Term.objects.filter(slug__in=named).values_list("slug", flat=True))
    rows, used = [], Counter[str]()
    for column in columns:
        anchor = column_anchor(column.path)
        used[anchor] += 1
        # Two tables may have a column of one name; a link by name leads to the first.
        anchor += f"--{used[anchor]}" if used[anchor] > 1 else ""
        rows.append((column, anchor, column.term if column.term in known else ""))
    return rows


def _row(column: SchemaProperty) -> dict[str, Any]:
    contract = column.schema_object.contract
    return {
        "contract": f"{contract.identifier}@{contract.version}",
        "object": column.schema_object.name,
        "path": column.path,
        "name": column.name,
        "business_name": column.business_name,
        "logical_type": column.logical_type,
        "physical_type": column.physical_type,
        "classification": column.classification,
        "term": column.term,
        "description": column.description,
        "is_required": column.is_required,
        "is_unique": column.is_unique,
        "is_primary_key": column.is_primary_key,
    }
