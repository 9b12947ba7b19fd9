"""What crawlers of search engines read: robots.txt and a sitemap of the public products.

A sitemap has at most 50,000 addresses, so there is an index of them. Products are listed in the
order in which they were registered: the pages before the last one keep their addresses.
https://www.sitemaps.org/protocol.html
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape

from django.conf import settings
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from catalog.authorization.access import ANONYMOUS
from catalog.identifiers import product_path
from catalog.products.models import DataProduct, DataProductQuerySet

PAGE_SIZE = 50_000
CHUNK = 2_000
SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
XML = "application/xml; charset=utf-8"
# Lists of results, forms and the API: no page that a search engine should show.
DISALLOWED = (
    "/search",
    "/api/",
    "/admin/",
    "/sign-in",
    "/sign-up",
    "/password/",
    "/settings",
    "/join/",
    "/publish",
    "/people",
    "/teams",
    "/term-proposals",
    "/p/*/edit",
    "/p/*/history",
    "/d/*/edit",
    "/*.atom",
)
NOTHING_PUBLIC = "# No product here is public: what is catalogued is shown after signing in."


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Say what may be crawled, and where the sitemap is if there is anything in it."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in DISALLOWED), ""]
    has_products = public_products().exists()
    lines.append(f"Sitemap: {_base()}{reverse('sitemap')}" if has_products else NOTHING_PUBLIC)
    text = "\n".join([*lines, ""])
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponseBase:
    """Return the index of the sitemap's pages, or one of them."""
    number = request.GET.get("page", "")
    if not number:
        return HttpResponse(_document("sitemapindex", _pages()), content_type=XML)
    if not (number.isascii() and number.isdigit() and 1 <= int(number[:9]) <= 100_000):
        raise Http404
    start = (int(number) - 1) * PAGE_SIZE
    rows = public_products().order_by("pk")[start : start + PAGE_SIZE]
    if not rows.exists():
        raise Http404
    return StreamingHttpResponse(_document("urlset", _addresses(rows)), content_type=XML)


def public_products() -> DataProductQuerySet:
    """Return the products that need no account."""
    return DataProduct.objects.visible_to(ANONYMOUS).live()


def _pages() -> Iterator[str]:
    rows, address = public_products().order_by("pk"), f"{_base()}{reverse('sitemap')}"
    for index in range(-(-rows.count() // PAGE_SIZE)):
        page = rows[index * PAGE_SIZE : (index + 1) * PAGE_SIZE]
        newest = DataProduct.objects.filter(pk__in=page.values("pk")).aggregate(
            at=Max("updated_at")
        )
        yield _entry("sitemap", f"{address}?{urlencode({'page': index + 1})}", newest["at"])


def _addresses(rows: DataProductQuerySet) -> Iterator[str]:
    columns = rows.values_list("domain__slug", "slug", "updated_at")
    for domain, slug, updated_at in columns.iterator(CHUNK):
        yield _entry("url", f"{_base()}{product_path(domain, slug)}", updated_at)


def _entry(element: str, address: str, modified: datetime) -> str:
    """Return an entry; it was modified when people last changed what readers see."""
    moment = modified.isoformat(timespec="seconds")
    return f"<{element}><loc>{escape(address)}</loc><lastmod>{moment}</lastmod></{element}>\n"


def _document(element: str, entries: Iterable[str]) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<{element} xmlns="{SCHEMA}">\n'
    yield from entries
    yield f"</{element}>\n"


def _base() -> str:
    return str(settings.ASSAY_BASE_IRI).rstrip("/")
