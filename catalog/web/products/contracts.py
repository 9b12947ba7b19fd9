"""A contract version as people read it: its document (ODCS) as YAML, to read, copy and download."""

import json
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog.authorization.access import AccessContext
from catalog.contracts.models import DataContract
from catalog.manifests.serializers import yaml_of
from catalog.products.models import DataProduct
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.lookup import on_product

# YAML takes 10 s per MB to write; a larger document is only downloaded.
MAX_SHOWN = 100_000


@dataclass(frozen=True, kw_only=True)
class ContractPage:
    """`text` is the document as YAML, empty if it is too large to show."""

    frame: ProductFrame
    contract: DataContract
    ports: list[str]
    text: str
    download_url: str


@on_product
def product_contract(
    request: HttpRequest, product: DataProduct, access: AccessContext, contract: UUID
) -> HttpResponse:
    """Show one contract version of a product."""
    row = get_object_or_404(product.contracts.all(), uuid=contract)
    api_url = reverse("api:contract", args=[row.uuid])
    is_shown = len(json.dumps(row.tree)) <= MAX_SHOWN
    page = ContractPage(
        frame=product_frame(request, product, access, tab="product_schema", api_url=api_url),
        contract=row,
        ports=list(row.port_contracts.order_by("pk").values_list("port__name", flat=True)),
        text=yaml_of(row.tree) if is_shown else "",
        download_url=reverse("api:contract_manifest_yaml", args=[row.uuid]),
    )
    return render_page(request, "catalog/products/contract.html", page)
