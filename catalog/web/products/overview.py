"""The first tab of a product: what it is, for whom, its limits, its ports, what feeds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from catalog.authorization.access import AccessContext
from catalog.contracts.models import DataContract
from catalog.identifiers import product_iri
from catalog.ports.models import InputPort, OutputPort
from catalog.products.models import DataProduct, Sensitivity
from catalog.web.components.sentences import after_first_sentence
from catalog.web.products.layout import access_of, product_frame
from catalog.web.products.links import support_of, uses_of
from catalog.web.products.lookup import on_product
from catalog.web.products.snippets import Snippet, entry_snippets, server_snippets
from catalog.web.products.trust_summary import trust_summary
from catalog.web.search.similarity import similar_json, similar_or_none, similar_shown


@dataclass(frozen=True)
class PortRow:
    """An output port with the contract it serves under and the lines to paste."""

    port: OutputPort
    contract: DataContract | None
    servers: list[Any]
    snippets: list[Snippet]


@dataclass(frozen=True)
class SourceRow:
    """An input port, and the product behind it where the reader may know of that."""

    port: InputPort
    source: DataProduct | None


@on_product
def product_overview(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    """Show what decides whether a product serves the reader's purpose."""
    origin = f"{request.scheme}://{request.get_host()}"
    context = product_frame(request, product, reader, tab="product_overview")
    context |= {
        "ports": _ports(product),
        "entry_snippets": entry_snippets(product, origin),
        "sources": _sources(product, reader),
        "feeds": _feeds(product, reader),
        "similar": similar_shown(similar_or_none(product, reader)),
        "more": after_first_sentence(product.purpose),
        "support": support_of(product),
        "used_in": uses_of(product),
    }
    return render(request, "catalog/products/overview.html", context)


@on_product
def product_overview_json(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    """Give a program what the overview shows."""
    cells = trust_summary(product, access_of(product, reader))
    return JsonResponse(
        {
            "id": str(product.uuid),
            "iri": product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
            "slug": product.slug,
            "name": product.name,
            "domain": product.domain.slug,
            "version": product.version,
            "status": product.status,
            "visibility": product.visibility,
            "sensitivity": Sensitivity(product.sensitivity).label,
            "purpose": product.purpose,
            "limitations": product.limitations,
            "usage": product.usage,
            "tags": product.tags,
            "slo": product.slo_verdict,
            "certification": product.certification or None,
            "edition": product.edition,
            "updated_at": product.updated_at,
            "trust": [cell.as_json() for cell in cells],
            "ports": [_port_json(shown) for shown in _ports(product)],
            "fed_by": [fed_by.source.path for fed_by in _sources(product, reader) if fed_by.source],
            "feeds": [fed.path for fed in _feeds(product, reader)],
            "similar": similar_json(similar_or_none(product, reader)),
        }
    )


def _ports(product: DataProduct) -> list[PortRow]:
    linked = product.output_ports.select_related("port_contract__contract")
    ports = linked.defer("port_contract__contract__tree").prefetch_related(
        "port_contract__contract__servers"
    )
    shown = []
    for port in ports:
        link = getattr(port, "port_contract", None)
        contract = link.contract if link else None
        servers = list(contract.servers.all()) if contract else []
        shown.append(PortRow(port, contract, servers, server_snippets(servers)))
    return shown


def _port_json(shown: PortRow) -> dict[str, Any]:
    port, contract = shown.port, shown.contract
    return {
        "name": port.name,
        "version": port.version,
        "type": port.type,
        "is_deprecated": port.is_deprecated,
        "last_probed_at": port.last_probed_at,
        "last_good_at": port.last_good_at,
        "contract": f"{contract.identifier}@{contract.version}" if contract else None,
        "servers": [
            {"type": server.type, "format": server.format, "location": server.location}
            for server in shown.servers
        ],
    }


def _sources(product: DataProduct, reader: AccessContext) -> list[SourceRow]:
    """Return what the product is made from.

    A source that the reader may not see is told of as one outside the catalog is: by the words of
    the product's own document.
    """
    ports = list(product.input_ports.all())
    named = [port.source_id for port in ports if port.source_id]
    visible = DataProduct.objects.visible_to(reader).select_related("domain").in_bulk(named)
    return [SourceRow(port, visible.get(port.source_id or 0)) for port in ports]


def _feeds(product: DataProduct, reader: AccessContext) -> list[DataProduct]:
    visible = DataProduct.objects.visible_to(reader).live()
    fed = visible.filter(pk__in=InputPort.objects.filter(source=product).values("product_id"))
    return list(fed.select_related("domain")[:50])
