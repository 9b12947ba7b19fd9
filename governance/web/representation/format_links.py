"""The datasheet among the formats on the page of a product."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext
from catalog.products.models import DataProduct
from catalog.web.products.formats import FormatLink


def datasheet_links(product: DataProduct, access: AccessContext) -> Iterator[FormatLink]:
    formats = (
        ("md", _("Datasheet (Markdown)"), "text/markdown"),
        ("pdf", _("Datasheet (PDF)"), "application/pdf"),
        ("jsonld", _("Datasheet (JSON-LD)"), "application/ld+json"),
    )
    for suffix, title, media_type in formats:
        route = [product.domain.slug, product.slug, suffix]
        path = reverse("product_datasheet_file", args=route)
        yield FormatLink(title=title, path=path, media_type=media_type)
