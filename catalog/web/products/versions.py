"""The published versions of a product: each one's page, and any two compared."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext
from catalog.contracts.secrets import without_secrets
from catalog.manifests.serializers import json_of, yaml_of
from catalog.permissions import Permission
from catalog.ports.projection import major_of
from catalog.products.changes import Change
from catalog.products.models import DataProduct
from catalog.products.services import edited_version
from catalog.publication.changes import Content
from catalog.publication.contents import (
    Consumer,
    compare_versions,
    compare_with_version,
    consumers_of,
    content_of_product,
    content_of_version,
)
from catalog.publication.models import ProductVersion
from catalog.publication.releases import ReleasePlan, stored_changes
from catalog.publication.versions import resolve_version
from catalog.types import JSONObject
from catalog.web.components.layout import version_url
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.lookup import on_any_product, on_product
from catalog.web.products.side_by_side import Row, side_by_side

PAGE_SIZE = 50
UNPUBLISHED = "unpublished"
# YAML takes 10 s per MB to write; a larger document is shown as JSON.
MAX_YAML = 100_000


@dataclass(frozen=True)
class DocumentText:
    """A document as text: the product's own, or the contract of a port."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class VersionPage:
    """`previous` is the version before, empty for the first; `changes` may be cut."""

    frame: ProductFrame
    version: ProductVersion
    is_latest: bool
    previous: str
    changes: list[Change]
    documents: list[DocumentText]
    sees_people: bool

    @property
    def compare_url(self) -> str:
        return compare_url(self.frame.product, self.previous, self.version.version)


def compare_url(product: DataProduct, before: str, after: str) -> str:
    address = reverse("product_versions", args=[product.domain.slug, product.slug])
    return f"{address}?{urlencode({'from': before, 'to': after})}"


@on_product
def product_version(
    request: HttpRequest, product: DataProduct, access: AccessContext, version: str
) -> HttpResponse:
    return version_response(request, product, access, version)


@on_product
def product_version_tab(
    request: HttpRequest, product: DataProduct, access: AccessContext, version: str, tab: str
) -> HttpResponse:
    """Redirect from a tab of a version to its page, which has all that was published."""
    return HttpResponseRedirect(version_url(product, version))


def version_response(
    request: HttpRequest, product: DataProduct, access: AccessContext, selector: str
) -> HttpResponse:
    """Return the page of a version, or a redirect to it from `1` or `latest`. Raises Http404."""
    numbers = list(product.versions.values_list("version", flat=True))
    number = resolve_version(selector, numbers)
    if number is None:
        raise Http404
    if number != selector:
        return HttpResponseRedirect(version_url(product, number))
    version = product.versions.get(version=number)
    place = numbers.index(number)
    api_url = reverse("api:product_version", args=[product.uuid, number])
    page = VersionPage(
        frame=product_frame(request, product, access, tab="product_versions", api_url=api_url),
        version=version,
        is_latest=place == 0,
        previous=numbers[place + 1] if place + 1 < len(numbers) else "",
        changes=stored_changes(version),
        documents=documents_of(content_of_version(version)),
        sees_people=access.is_signed_in,
    )
    return render_page(request, "catalog/products/version.html", page)


@dataclass(frozen=True)
class DocumentPair:
    """One document of two versions; `rows` is None if it is too long to compare line by line."""

    title: str
    rows: list[Row] | None


@dataclass(frozen=True)
class VersionComparison:
    """What changed from one version to another, and the products that it concerns."""

    before: str
    after: str
    plan: ReleasePlan
    consumers: list[Consumer]
    documents: list[DocumentPair]

    @property
    def changes(self) -> Sequence[Change]:
        return self.plan.release.changes


@dataclass(frozen=True, kw_only=True)
class VersionsPage:
    """`comparison` is None unless two versions were chosen; `missing` names one that is none."""

    frame: ProductFrame
    versions: Page[ProductVersion]
    numbers: list[str]
    before: str
    after: str
    missing: str
    comparison: VersionComparison | None
    sees_people: bool


@on_any_product
def product_versions(
    request: HttpRequest, product: DataProduct, access: AccessContext
) -> HttpResponse:
    """List the published versions, and compare the two that the query names."""
    numbers = list(product.versions.values_list("version", flat=True))
    before, after = request.GET.get("from", ""), request.GET.get("to", "")
    first = resolve_version(before, numbers) or ""
    copy = _unpublished(product, access) if after == UNPUBLISHED else None
    last = UNPUBLISHED if copy else resolve_version(after, numbers) or ""
    missing = [text for text, number in ((before, first), (after, last)) if text and not number]
    comparison = _compare(product, access, first, copy or last) if first and last else None
    versions = product.versions.defer("tree", "contract_digests", "port_contracts")
    page = VersionsPage(
        frame=product_frame(
            request,
            product,
            access,
            tab="product_versions",
            api_url=reverse("api:product_versions", args=[product.uuid]),
        ),
        versions=Paginator(versions, PAGE_SIZE).get_page(request.GET.get("page")),
        numbers=numbers,
        before=first or (numbers[1] if len(numbers) > 1 else ""),
        after=last or next(iter(numbers), ""),
        missing=next(iter(missing), ""),
        comparison=comparison,
        sees_people=access.is_signed_in,
    )
    return render_page(request, "catalog/products/versions.html", page)


def _unpublished(product: DataProduct, access: AccessContext) -> DataProduct | None:
    """Return the working copy of a product, if there is one and the reader may see it."""
    if not access.can(Permission.VIEW_DRAFTS, product.domain_id):
        return None
    copy = edited_version(product)
    return copy if copy.is_working_copy else None


def _compare(
    product: DataProduct, access: AccessContext, before: str, after: str | DataProduct
) -> VersionComparison:
    """Compare a version with a later one, or with the working copy."""
    old = product.versions.get(version=before)
    if isinstance(after, DataProduct):
        name, release = _("unpublished changes"), compare_with_version(old, after)
        content = content_of_product(after)
    else:
        new = product.versions.get(version=after)
        name, release, content = after, compare_versions(old, new), content_of_version(new)
    plan = ReleasePlan(old, release, name)
    return VersionComparison(
        before,
        name,
        plan,
        consumers_of(product, access, contracts=plan.affected_contracts),
        compare_documents(content_of_version(old), content),
    )


def compare_documents(before: Content, after: Content) -> list[DocumentPair]:
    """Return the documents that differ, next to each other."""
    old, new = (
        {document.title: document.text for document in documents_of(content)}
        for content in (before, after)
    )
    return [
        DocumentPair(title, side_by_side(old.get(title, ""), new.get(title, "")))
        for title in dict.fromkeys((*old, *new))
        if old.get(title) != new.get(title)
    ]


def documents_of(content: Content) -> list[DocumentText]:
    """Return the documents of a version, with titles that mean the same in another version."""
    documents = [DocumentText(_("Product (ODPS)"), text_of(without_secrets(content.tree)))]
    counts = Counter(name for name, _ in content.contracts)
    title = _("Contract of port {port} (ODCS)")
    for (name, version), contract in content.contracts.items():
        port = name if counts[name] == 1 else f"{name} {major_of(version)}"
        documents.append(DocumentText(title.format(port=port), text_of(contract.tree)))
    return documents


def text_of(tree: JSONObject) -> str:
    is_large = len(json.dumps(tree)) > MAX_YAML
    return json_of(tree) if is_large else yaml_of(tree)
