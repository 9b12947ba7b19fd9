"""From an address to a product: hidden ones are not found, moved ones redirect, retired are 410."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
)
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.domains.models import FormerDomainSlug
from catalog.identifiers import normalize
from catalog.products.models import DataProduct, DataProductQuerySet, FormerAddress, Status
from catalog.web.pages import render_page

MAX_SUGGESTED = 300

PageView = Callable[..., HttpResponseBase]
"""A view of request, product and access, and of what else its route names."""


class ProductMoved(Exception):
    """The product has another address now."""

    def __init__(self, product: DataProduct) -> None:
        super().__init__(product.path)
        self.product, self.path = product, product.path


def find_product(access: AccessContext, domain: str, slug: str) -> DataProduct:
    """Return the product at an address. Raises Http404, ProductMoved."""
    try:
        return _visible(access).get(domain__slug=domain, slug=slug)
    except DataProduct.DoesNotExist:
        pass
    raise ProductMoved(_at_former_address(access, normalize(domain), normalize(slug)))


def reload_visible(access: AccessContext, product: DataProduct) -> DataProduct:
    """Return a product as it is now, even if it was moved meanwhile. Raises Http404."""
    current = _visible(access).filter(pk=product.pk).first()
    if current is None:
        raise Http404
    return current


def _visible(access: AccessContext) -> DataProductQuerySet:
    """Return the visible products with what every tab shows of them."""
    visible = DataProduct.objects.visible_to(access)
    return visible.select_related("domain__owner_team", "provenance")


def linked_products(access: AccessContext) -> DataProductQuerySet:
    """Return the visible products with what a link to them needs: a document may be large."""
    visible = DataProduct.objects.visible_to(access).select_related("domain")
    return visible.only("slug", "name", "status", "domain__slug", "domain__name")


def find_other(access: AccessContext, address: str, *, than: DataProduct) -> DataProduct | None:
    """Return the other product at an address as people type it: domain/product."""
    domain, _slash, slug = address.strip().strip("/").removeprefix("p/").partition("/")
    visible = DataProduct.objects.visible_to(access).exclude(pk=than.pk)
    return visible.select_related("domain").filter(domain__slug=domain, slug=slug).first()


def other_products(access: AccessContext, *, than: DataProduct) -> list[DataProduct]:
    """Return products that a field for an address suggests."""
    others = linked_products(access).live().exclude(pk=than.pk)
    # In the order of an index: by the names of domains, all products would be sorted.
    return list(others.order_by("domain_id", "slug")[:MAX_SUGGESTED])


def _at_former_address(access: AccessContext, domain: str, slug: str) -> DataProduct:
    """Return the product that had an address before, or has it in lowercase. Raises Http404."""
    visible = _visible(access)
    renamed = FormerDomainSlug.objects.filter(slug=domain)
    domains = [domain, *renamed.values_list("domain__slug", flat=True)]
    product = visible.filter(domain__slug__in=domains, slug=slug).first()
    if product is None:
        former = FormerAddress.objects.filter(domain__slug__in=domains, slug=slug)
        product = visible.filter(pk__in=former.values("product_id")).first()
    if product is None:
        raise Http404
    return product


def on_any_product(view: PageView) -> Callable[..., HttpResponseBase]:
    """Make a view of one product from a function of request, product and access."""

    @require_safe
    @wraps(view)
    def page(request: HttpRequest, domain: str, product: str, **route: object) -> HttpResponseBase:
        access = access_for(request.user)
        try:
            row = find_product(access, domain, product)
        except ProductMoved as moved:
            path = request.path.replace(f"/p/{domain}/{product}", moved.path, 1)
            query = request.META.get("QUERY_STRING", "")
            return HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)
        return view(request, row, access, **route)

    return page


def on_product(view: PageView) -> Callable[..., HttpResponseBase]:
    """Make a view of one product that answers 410 once the product is retired."""

    @on_any_product
    @wraps(view)
    def page(
        request: HttpRequest, product: DataProduct, access: AccessContext, **route: object
    ) -> HttpResponseBase:
        if product.status == Status.RETIRED:
            return retired_response(request, product, access)
        return view(request, product, access, **route)

    return page


@dataclass(frozen=True)
class RetiredPage:
    product: DataProduct
    successor: DataProduct | None


def retired_response(
    request: HttpRequest, product: DataProduct, access: AccessContext
) -> HttpResponse:
    """Return a page with status 410 that names the successor, if the reader can see it."""
    successor = product.successor
    if successor is not None and not access.can_read(successor):
        successor = None
    return render_page(request, "errors/410.html", RetiredPage(product, successor), status=410)
