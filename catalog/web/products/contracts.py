"""A contract version as people read it: every part of its document, its YAML and its downloads."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext
from catalog.contracts.columns import Column, iter_columns
from catalog.contracts.models import DataContract
from catalog.contracts.secrets import without_secrets
from catalog.manifests.formats.odcs import TARGETS
from catalog.manifests.serializers import yaml_of
from catalog.products.models import DataProduct
from catalog.types import JSONObject, JSONValue
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.lookup import on_product

# YAML takes 10 s per MB to write; a larger document is only downloaded.
MAX_SHOWN = 100_000
PAGE_SIZE = 100
MAX_VERSIONS = 200
# What the table of columns has columns for; all other keys are listed below the name.
COLUMN_KEYS = frozenset(
    """
    name logicalType physicalType required unique primaryKey classification description
    properties quality businessName
    """.split()
)
TABLE_KEYS = frozenset({"name", "properties", "quality", "description"})


@dataclass(frozen=True)
class Section:
    """One part of the document: an anchor, a heading, and the value below it."""

    anchor: str
    title: str
    value: JSONValue


@dataclass(frozen=True)
class ColumnRow:
    """A column with what the standard says of it beyond the columns of the table."""

    column: Column
    details: JSONObject


@dataclass(frozen=True)
class TablePart:
    """A table with those of its columns that are on the page."""

    name: str
    description: str
    details: JSONObject
    rows: list[ColumnRow]


@dataclass(frozen=True)
class Rule:
    """A quality rule, and the table or column that it is about."""

    subject: str
    rule: JSONValue


@dataclass(frozen=True)
class Download:
    """The document in one version of the standard; `report_url` lists what that loses."""

    label: str
    url: str
    report_url: str


@dataclass(frozen=True, kw_only=True)
class ContractPage:
    """`text` is the document as YAML, empty if it is too large to show.

    `others` are the product's other contracts, `versions` all of this one that the reader may see.
    """

    frame: ProductFrame
    contract: DataContract
    versions: list[DataContract]
    others: list[DataContract]
    ports: list[str]
    before: list[Section]
    tables: list[TablePart]
    columns: Page[tuple[int, Column]]
    rules: list[Rule]
    after: list[Section]
    text: str
    downloads: list[Download]
    has_hidden: bool


@on_product
def product_contract_current(
    request: HttpRequest, product: DataProduct, access: AccessContext
) -> HttpResponse:
    """Show the contract that the first port serves, or the version that was picked."""
    if picked := request.GET.get("version"):
        contract = next((c for c in contracts_of(product) if str(c.uuid) == picked), None)
        if contract is None:
            raise Http404
        return redirect(contract_url(contract, product))
    contracts = contracts_of(product)
    served = contracts.filter(port_contracts__port__product=product)
    contract = served.order_by("port_contracts__port__position").first() or contracts.first()
    if contract is None:
        frame = product_frame(request, product, access, tab="product_contract_current")
        return render_page(request, "catalog/products/no_contract.html", NoContractPage(frame))
    return _render(request, product, access, contract)


@dataclass(frozen=True)
class NoContractPage:
    frame: ProductFrame


@on_product
def product_contract(
    request: HttpRequest, product: DataProduct, access: AccessContext, contract: UUID
) -> HttpResponse:
    """Show one contract version of a product."""
    return _render(
        request, product, access, get_object_or_404(product.contracts.all(), uuid=contract)
    )


def contracts_of(product: DataProduct) -> QuerySet[DataContract]:
    """Return the contract versions of a product, the newest first."""
    return product.contracts.defer("tree").order_by("-id")


def contract_url(contract: DataContract, product: DataProduct) -> str:
    return reverse("product_contract_page", args=[product.domain.slug, product.slug, contract.uuid])


def _render(
    request: HttpRequest, product: DataProduct, access: AccessContext, contract: DataContract
) -> HttpResponse:
    tree = without_secrets(contract.tree)
    api_url = reverse("api:contract", args=[contract.uuid])
    tables = [table for table in tree.get("schema") or [] if isinstance(table, dict)]
    columns = [(number, c) for number, table in enumerate(tables) for c in iter_columns(table)]
    columns_page = Paginator(columns, PAGE_SIZE).get_page(request.GET.get("page"))
    contracts = list(contracts_of(product)[:MAX_VERSIONS])
    page = ContractPage(
        frame=product_frame(
            request, product, access, tab="product_contract_current", api_url=api_url
        ),
        contract=contract,
        versions=[row for row in contracts if row.identifier == contract.identifier],
        others=_newest_of_others(contracts, contract),
        ports=list(contract.port_contracts.order_by("pk").values_list("port__name", flat=True)),
        before=list(_sections(tree, _before())),
        tables=_tables(tables, columns_page),
        columns=columns_page,
        rules=[rule for table in tables for rule in _rules(table)],
        after=[*_sections(tree, _after()), *_rest(tree)],
        text=yaml_of(tree) if len(json.dumps(tree)) <= MAX_SHOWN else "",
        downloads=_downloads(contract),
        has_hidden=tree != contract.tree,
    )
    return render_page(request, "catalog/products/contract.html", page)


def _newest_of_others(contracts: list[DataContract], contract: DataContract) -> list[DataContract]:
    newest: dict[str, DataContract] = {}
    for row in contracts:
        newest.setdefault(row.identifier, row)
    newest.pop(contract.identifier, None)
    return list(newest.values())


def _before() -> dict[str, str]:
    return {"description": _("Purpose and terms of use"), "context": _("Context for programs")}


def _after() -> dict[str, str]:
    return {
        "slaProperties": _("Service levels"),
        "slaDefaultElement": _("Default element of the service levels"),
        "servers": _("Servers"),
        "price": _("Price"),
        "team": _("Team"),
        "roles": _("Roles"),
        "support": _("Support"),
        "authoritativeDefinitions": _("Definitions elsewhere"),
        "customProperties": _("Custom properties"),
    }


def _sections(tree: JSONObject, titles: Mapping[str, str]) -> Iterator[Section]:
    for key, title in titles.items():
        if key in tree:
            yield Section(key, title, tree[key])


def _rest(tree: JSONObject) -> Iterator[Section]:
    """Yield what else the document has, so that nothing of it is left out."""
    known = {*_before(), *_after(), "schema"}
    rest = {key: value for key, value in tree.items() if key not in known}
    if not isinstance(tree.get("schema", []), list):
        rest["schema"] = tree["schema"]
    if rest:
        yield Section("document", _("The document"), rest)


def _tables(tables: list[JSONObject], page: Page[tuple[int, Column]]) -> list[TablePart]:
    """Return the tables of the columns on a page; the first page has those without columns too."""
    rows: dict[int, list[ColumnRow]] = {}
    for number, column in page:
        rows.setdefault(number, []).append(ColumnRow(column, _details(column.node)))
    without = [n for n, table in enumerate(tables) if not iter_columns(table)]
    numbers = sorted({*rows, *(without if page.number == 1 else ())})
    return [
        TablePart(
            name=str(tables[number].get("name", "")),
            description=str(tables[number].get("description") or ""),
            details={k: v for k, v in tables[number].items() if k not in TABLE_KEYS},
            rows=rows.get(number, []),
        )
        for number in numbers
    ]


def _details(node: Mapping[str, JSONValue]) -> JSONObject:
    """Return the keys of a column that have no column of their own, without what is nested in it.

    Nested columns are rows; their container's other keys are details.
    """
    details = {key: value for key, value in node.items() if key not in COLUMN_KEYS}
    for key in ("items", "map"):
        if isinstance(details.get(key), dict):
            details[key] = _without_properties(details[key])
    flags = ("required", "unique", "primaryKey")
    # A flag that is false is shown, for someone has stated it.
    return details | {key: node[key] for key in flags if key in node and node[key] is not True}


def _without_properties(node: JSONObject) -> JSONObject:
    return {
        key: _without_properties(value) if isinstance(value, dict) else value
        for key, value in node.items()
        if key not in ("properties", "quality")
    }


def _rules(table: JSONObject) -> Iterator[Rule]:
    name = str(table.get("name", ""))
    nodes = [
        (name, table),
        *((f"{name}.{c.node.get('name')}", c.node) for c in iter_columns(table)),
    ]
    for subject, node in nodes:
        for key in ("", "items"):
            inner = node.get(key) if key else node
            quality = inner.get("quality") if isinstance(inner, Mapping) else None
            for rule in quality if isinstance(quality, list) else [quality] if quality else []:
                yield Rule(subject, rule)


def _downloads(contract: DataContract) -> list[Download]:
    url = reverse("api:contract_manifest_yaml", args=[contract.uuid])
    report = reverse("api:contract_conversion", args=[contract.uuid])
    declared = str(contract.tree.get("apiVersion") or "")
    downloads = [Download(_("As it is stored ({version})").format(version=declared), url, "")]
    levels = urlencode({"serviceLevels": "objectives"})
    label = _("With the product’s objectives as service levels")
    downloads.append(Download(label, f"{url}?{levels}", ""))
    for version in TARGETS:
        if version != declared:
            query = urlencode({"apiVersion": version, "extensions": "custom"})
            label = _("Converted to {version}").format(version=version)
            downloads.append(Download(label, f"{url}?{query}", f"{report}?{query}"))
    return downloads
