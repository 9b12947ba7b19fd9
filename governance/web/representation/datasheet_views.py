"""The datasheet of a product as a page, Markdown, PDF or JSON-LD, also of a published version."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext
from catalog.products.models import DataProduct
from catalog.publication.models import ProductVersion
from catalog.publication.versions import resolve_version
from catalog.web.pages import render_page
from catalog.web.products.links import Link
from catalog.web.products.lookup import on_product
from governance.web.representation.datasheet import Datasheet
from governance.web.representation.datasheet_measured import measured_shares
from governance.web.representation.datasheet_sections import datasheet_of
from governance.web.representation.datasheet_source import DatasheetSource, load_datasheet
from governance.web.representation.jsonld import jsonld_of
from governance.web.representation.markdown import markdown_of

PDF = "governance.web.representation.pdf.pdf_of"
MEDIA_TYPES = {
    "html": "text/html",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "jsonld": "application/ld+json",
}
# `application/json` is what clients of the API ask for.
ACCEPTED = {media: name for name, media in MEDIA_TYPES.items()} | {"application/json": "jsonld"}


@dataclass(frozen=True, kw_only=True)
class DatasheetPage:
    """`downloads` are the same datasheet in other formats."""

    product: DataProduct
    source: DatasheetSource
    datasheet: Datasheet
    downloads: list[Link]
    product_url: str


@on_product
def product_datasheet(
    request: HttpRequest,
    product: DataProduct,
    access: AccessContext,
    version: str = "",
    suffix: str = "",
) -> HttpResponse:
    """Return the datasheet in the format that the address names, else in the preferred one.

    `?format=` does the same as a suffix, `?version=` the same as `@version` in the address.
    """
    selector = version or request.GET.get("version", "")
    number = resolve_version(selector, _numbers(product)) if selector else ""
    if number is None:
        raise Http404
    if version and number != version:
        address = request.path.replace(f"@{version}/", f"@{number}/", 1)
        return HttpResponseRedirect(address)
    chosen = suffix or request.GET.get("format", "") or _preferred(request)
    if chosen not in MEDIA_TYPES:
        raise Http404
    row = product.versions.get(version=number) if number else None
    response = _response(request, load_datasheet(product, access, row), row, chosen)
    response["Vary"] = "Accept, Accept-Language, Cookie"
    return response


def _numbers(product: DataProduct) -> list[str]:
    return list(product.versions.values_list("version", flat=True))


def _preferred(request: HttpRequest) -> str:
    return ACCEPTED.get(request.get_preferred_type(list(ACCEPTED)) or "", "html")


def _response(
    request: HttpRequest, source: DatasheetSource, version: ProductVersion | None, chosen: str
) -> HttpResponse:
    if chosen == "html":
        return _page(request, source, version)
    if chosen == "jsonld":
        document = jsonld_of(
            source, base=settings.ASSAY_BASE_IRI, measured=measured_shares(source.measured)
        )
        content: str | bytes = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    elif chosen == "md":
        content = markdown_of(datasheet_of(source))
    else:
        pdf_of: Callable[..., bytes] = import_string(PDF)
        content = pdf_of(datasheet_of(source), identifier=source.iri, at=source.dated)
    charset = "" if chosen == "pdf" else "; charset=utf-8"
    response = HttpResponse(content, content_type=f"{MEDIA_TYPES[chosen]}{charset}")
    name = f"{source.product.slug}-{source.version}-datasheet.{chosen}"
    is_attachment = chosen != "jsonld"
    response["Content-Disposition"] = content_disposition_header(is_attachment, name) or ""
    return response


def _page(
    request: HttpRequest, source: DatasheetSource, version: ProductVersion | None
) -> HttpResponse:
    labels = {"md": _("Markdown"), "pdf": _("PDF"), "jsonld": _("JSON-LD")}
    query = f"?{urlencode({'version': version.version})}" if version else ""
    address = reverse("product_datasheet", args=[source.product.domain.slug, source.product.slug])
    page = DatasheetPage(
        product=source.product,
        source=source,
        datasheet=datasheet_of(source),
        downloads=[
            Link(label, MEDIA_TYPES[name], f"{address}.{name}{query}")
            for name, label in labels.items()
        ],
        product_url=source.product.path,
    )
    return render_page(request, "governance/representation/datasheet.html", page)
