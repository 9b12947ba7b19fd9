"""From an address to a product: hidden is missing, moved leads on for ever, retired is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from uuid import UUID

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
)
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.domains.models import FormerDomainSlug
from catalog.identifiers import folded
from catalog.products.models import DataProduct, DataProductQuerySet, FormerAddress, Status
from catalog.web.pages import render_page

PageView = Callable[[HttpRequest, DataProduct, AccessContext], HttpResponseBase]


class ProductMoved(Exception):
    """The product has another address now."""

    def __init__(self, product: DataProduct) -> None:
        super().__init__(product.path)
        self.product, self.path = product, product.path


def find_product(reader: AccessContext, domain: str, slug: str) -> DataProduct:
    """Return the product at an address, if the reader may know of it. Raises Http404, Moved."""
    visible = _visible(reader)
    found = visible.filter(domain__slug=domain, slug=slug).first()
    if found is not None:
        return found
    raise ProductMoved(_at_former_address(reader, folded(domain), folded(slug)))


def reload_visible(reader: AccessContext, product: DataProduct) -> DataProduct:
    """Return a product as it stands now, wherever it has gone meanwhile. Raises Http404."""
    found = _visible(reader).filter(pk=product.pk).first()
    if found is None:
        raise Http404
    return found


def _visible(reader: AccessContext) -> DataProductQuerySet:
    """Return what the reader may know of, with all that stands above every tab."""
    visible = DataProduct.objects.visible_to(reader)
    return visible.select_related(
        "domain__owner_team", "successor__domain", "provenance"
    ).prefetch_related("provenance__answers", "provenance__imbalances")


def _at_former_address(reader: AccessContext, domain: str, slug: str) -> DataProduct:
    """Return what had an address once, or was written with capitals. Raises Http404."""
    visible = _visible(reader)
    renamed = FormerDomainSlug.objects.filter(slug=domain)
    domains = [domain, *renamed.values_list("domain__slug", flat=True)]
    found = visible.filter(domain__slug__in=domains, slug=slug).first()
    if found is None:
        former = FormerAddress.objects.filter(domain__slug__in=domains, slug=slug)
        found = visible.filter(pk__in=former.values("product_id")).first()
    if found is None:
        raise Http404
    return found


def on_product(view: PageView) -> Callable[..., HttpResponseBase]:
    """Make a view of one product out of a function of request, product and reader."""
    return _finding(view, reads_retired=False)


def on_any_product(view: PageView) -> Callable[..., HttpResponseBase]:
    """Do the same for a page that stays readable when the product is retired."""
    return _finding(view, reads_retired=True)


def _finding(view: PageView, *, reads_retired: bool) -> Callable[..., HttpResponseBase]:
    @require_safe
    @wraps(view)
    def found(request: HttpRequest, domain: str, product: str) -> HttpResponseBase:
        reader = access_for(request.user)
        try:
            row = find_product(reader, domain, product)
        except ProductMoved as moved:
            return HttpResponsePermanentRedirect(_same_tab(request, domain, product, moved.path))
        if row.status == Status.RETIRED and not reads_retired:
            return retired_response(request, row, reader)
        return view(request, row, reader)

    return found


@dataclass(frozen=True)
class RetiredPage:
    product: DataProduct
    successor: DataProduct | None


def retired_response(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    """Answer for a retired product: 410, and what came after it where the reader may know that."""
    successor = product.successor
    if successor is not None and not reader.can_read(successor):
        successor = None
    return render_page(request, "errors/410.html", RetiredPage(product, successor), status=410)


@require_safe
def product_permanent(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Redirect the permanent identifier to the page, or to the API if JSON is preferred."""
    reader = access_for(request.user)
    product = _visible(reader).filter(uuid=uuid).first()
    if product is None:
        raise Http404
    wants_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    response = HttpResponse(status=303)
    api_url = reverse("api:product", args=[product.uuid])
    response["Location"] = api_url if wants_json else product.path
    response["Vary"] = "Accept, Cookie"
    return response


def _same_tab(request: HttpRequest, domain: str, slug: str, path: str) -> str:
    tab = request.path.removeprefix(f"/p/{domain}/{slug}")
    query = request.META.get("QUERY_STRING", "")
    return f"{path}{tab}{'?' if query else ''}{query}"
