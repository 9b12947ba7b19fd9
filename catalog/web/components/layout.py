"""The layout of every page: display preferences, installed routes, and links between pages."""

from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Page
from django.http import HttpRequest
from django.urls import NoReverseMatch, URLResolver, get_resolver, reverse

from catalog.identifiers import version_path
from catalog.products.models import DataProduct

# Cookie -> the values it may have; the first one applies without the cookie.
DISPLAY_CHOICES = {
    "theme": ("system", "light", "dark"),
    "density": ("roomy", "compact"),
    "shortcuts": ("on", "off"),
}


class Tab(NamedTuple):
    """One tab of a page: the name of its route, its label and its address."""

    name: str
    label: str
    url: str


def cookie_name(choice: str) -> str:
    return f"assay_{choice}"


def display_preferences(request: HttpRequest | None) -> dict[str, str]:
    cookies = request.COOKIES if request else {}
    stored = {name: cookies.get(cookie_name(name), "") for name in DISPLAY_CHOICES}
    return {
        name: value if value in DISPLAY_CHOICES[name] else DISPLAY_CHOICES[name][0]
        for name, value in stored.items()
    }


def url(name: str, *args: object, **kwargs: object) -> str:
    """Return the address of a route; "" if no route has this name in this installation.

    Raises NoReverseMatch if the route exists and does not take these arguments.
    """
    return _url(get_resolver(), name, args, tuple(kwargs.items()))


@lru_cache(maxsize=4096)
def _url(
    resolver: URLResolver,
    name: str,
    args: tuple[object, ...],
    kwargs: tuple[tuple[str, object], ...],
) -> str:
    """Cached: a page has 40 links, and Django takes 15 µs to write one."""
    try:
        return reverse(name, args=args, kwargs=dict(kwargs))
    except NoReverseMatch:
        if ":" in name or name in resolver.reverse_dict:
            raise
        return ""


def products_url(domain: str = "", verdict: str = "", state: str = "") -> str:
    """Return the search for what a tile counts: products, those in use by verdict, or by state."""
    pairs = [("domain", domain)] if domain else []
    if verdict:
        pairs += [("slo", verdict), ("is", "published"), ("is", "deprecated")]
    if state:
        pairs.append(("is", state))
    return reverse("search_results") + (f"?{urlencode(pairs)}" if pairs else "")


def version_url(product: DataProduct, version: str) -> str:
    return version_path(product.path, version)


def page_url(request: HttpRequest, number: int) -> str:
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"


def page_numbers(page: Page[Any]) -> list[int | str]:
    """Return the numbers of the pages near this one, and "…" where some are left out."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1))


def product_tabs(product: DataProduct) -> list[Tab]:
    """Return the installed tabs of a product's page, in the order of the setting."""
    tabs = [
        Tab(name, str(label), url(name, product.domain.slug, product.slug))
        for name, label in settings.ASSAY_PRODUCT_TABS
    ]
    return [tab for tab in tabs if tab.url]
