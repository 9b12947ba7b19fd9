"""The permanent IRIs of products and of the catalog, and their formats by content negotiation.

A product's IRI leads browsers to the page and JSON clients to the API; the syntaxes of RDF are
answered at once. Suffixes and `?format=` name a format where a client cannot send Accept.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, register_converter, reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.products.serializers import detail_of
from catalog.api.products.views import published_version
from catalog.api.rest.errors import InvalidParameters, Retired
from catalog.api.rest.problems import issue_json
from catalog.authorization.access import AccessContext, access_for
from catalog.issues import Issue
from catalog.manifests.linked_data.dcat import product_triples
from catalog.manifests.linked_data.dcat_catalog import catalog_triples
from catalog.manifests.linked_data.facts import ProductFacts
from catalog.manifests.linked_data.losses import DCAT_AP, PROV, losses_of
from catalog.manifests.linked_data.provenance import provenance_of
from catalog.manifests.linked_data.reading import (
    MAX_PAGE,
    RELATED,
    catalog_page,
    facts_of_version,
    facts_with_versions,
)
from catalog.manifests.linked_data.syntaxes import (
    HTML,
    JSON,
    PROV_JSON,
    RDF,
    TURTLE,
    Syntax,
    preferred_type,
    syntax_named,
)
from catalog.manifests.linked_data.writers import write
from catalog.problems import problem_response
from catalog.products.models import DataProduct, Status
from catalog.publication.models import ProductVersion

OF_PRODUCT = (*RDF, PROV_JSON)
VARY = ("Accept", "Authorization", "Cookie")


class SuffixConverter:
    """A suffix that names a format."""

    regex = "|".join(syntax.suffix for syntax in OF_PRODUCT)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class AcceptIgnored(BaseContentNegotiation):
    """The format is chosen before the view runs; only its errors are rendered, as JSON."""

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class LinkedData(APIView):
    """Documents that the caller may see, with tokens, rate limits and problems of the API."""

    permission_classes = [AllowAny]
    content_negotiation_class = AcceptIgnored
    schema = None


class ProductData(LinkedData):
    """One product, or one of its versions."""

    def get(self, request: Request, uuid: UUID, version: str, syntax: Syntax) -> HttpResponseBase:
        access = access_for(request.user)
        product = _product(uuid, access)
        if product.status == Status.RETIRED:
            raise Retired(detail_of(product, lambda: access))
        row = published_version(product, version) if version else None
        if row is not None and row.version != version:
            return HttpResponseRedirect(f"{document_path(product, row.version)}.{syntax.suffix}")
        facts = _facts(product, row, access)
        known = [source.port for source in facts.sources if source.iri]
        losses = losses_of(
            row.tree if row else product.tree,
            known_inputs=known,
            standard=PROV if syntax is PROV_JSON else DCAT_AP,
        )
        place = f"{document_path(product, version)}.{syntax.suffix}"
        if "loss" in request.query_params:
            return Response(loss_report(syntax, place, losses))
        response = document_response(request, _content(facts, syntax), syntax, place=place)
        response["Assay-Loss"] = str(len(losses))
        links = [f'<{place}?loss=1>; rel="describedby"', f'<{facts.page_url}>; rel="alternate"']
        others = [one for one in OF_PRODUCT if one is not syntax]
        response["Link"] = ", ".join(
            [*links, *_alternates(document_path(product, version), others)]
        )
        return response


class CatalogData(LinkedData):
    """The products of one page of the catalog; the Link header names the next one."""

    def get(self, request: Request, syntax: Syntax) -> HttpResponseBase:
        after, limit = page_of(request)
        page = catalog_page(access_for(request.user), after=after, limit=limit)
        content = write(catalog_triples(page), syntax)
        place = _page_path(page.page_url, syntax)
        response = document_response(request, content, syntax, place=place)
        links = [f'<{_page_path(page.first_url, syntax)}>; rel="first"']
        links += [f'<{_page_path(page.next_url, syntax)}>; rel="next"'] if page.next_url else []
        # rdflib reads an alternate in JSON-LD instead of what it got: it must be of this page.
        links += [
            f'<{_page_path(page.page_url, one)}>; rel="alternate"; type="{one.media_type}"'
            for one in RDF
            if one is not syntax
        ]
        response["Link"] = ", ".join(links)
        return response


@require_safe
def product_permanent(
    request: HttpRequest, uuid: UUID, version: str = "", suffix: str = ""
) -> HttpResponseBase:
    """Answer the permanent identifier of a product; after an `@` it names a version."""

    def as_document(syntax: Syntax) -> HttpResponseBase:
        return ProductData.as_view()(request, uuid=uuid, version=version, syntax=syntax)

    def as_page(media_type: str) -> HttpResponse:
        product = _product(uuid, access_for(request.user))
        is_json = media_type == JSON
        address = reverse("api:product", args=[product.uuid]) if is_json else product.path
        query = f"?{urlencode({'version': version})}" if version else ""
        response = HttpResponse(status=303, headers={"Location": f"{address}{query}"})
        response["Link"] = ", ".join(_alternates(document_path(product, version)))
        return response

    return negotiated(request, suffix, OF_PRODUCT, as_document, as_page, default=HTML)


@require_safe
def catalog_document(request: HttpRequest, suffix: str = "") -> HttpResponseBase:
    """Answer the IRI of the catalog; a browser is led to the list of all products.

    A client that accepts anything gets Turtle: harvesters follow the links to the next pages so.
    """

    def as_document(syntax: Syntax) -> HttpResponseBase:
        return CatalogData.as_view()(request, syntax=syntax)

    def as_page(media_type: str) -> HttpResponse:
        address = "api:products" if media_type == JSON else "search_results"
        response = HttpResponse(status=303, headers={"Location": reverse(address)})
        response["Link"] = ", ".join(_alternates(reverse("catalog"), RDF))
        return response

    return negotiated(request, suffix, RDF, as_document, as_page, default=TURTLE.media_type)


def negotiated(
    request: HttpRequest,
    suffix: str,
    syntaxes: Sequence[Syntax],
    as_document: Callable[[Syntax], HttpResponseBase],
    as_page: Callable[[str], HttpResponseBase],
    *,
    default: str,
) -> HttpResponseBase:
    """Return the answer in the format that the suffix, `?format=` or Accept names; else 406.

    `default` is the media type for those who accept anything.
    """
    name = suffix or request.GET.get("format", "")
    known = [HTML, JSON, *(kind for syntax in RDF for kind in syntax.media_types)]
    offered = list(dict.fromkeys([default, *known]))
    chosen: Syntax | None = syntax_named(name, syntaxes) if name else None
    media_type = None if name else preferred_type(request.headers.get("Accept", ""), offered)
    if chosen is None and media_type is not None:
        chosen = next((one for one in RDF if media_type in one.media_types), None)
    if chosen is not None:
        response = as_document(chosen)
    elif media_type is not None:
        response = as_page(media_type)
    else:
        unknown = f"There is no format {name[:40]!r}. " if name else ""
        formats = ", ".join(syntax.name for syntax in syntaxes)
        detail = f"{unknown}Offered are {', '.join(offered)}; with ?format= also {formats}."
        response = problem_response("not-acceptable", path=request.path, detail=detail)
    patch_vary_headers(response, VARY)
    return response


def document_response(
    request: Request, content: bytes, syntax: Syntax, *, place: str
) -> HttpResponseBase:
    """Return a document with its ETag, or 304 if the client has it; equal bytes have equal tags."""
    etag = f'"{sha256(content).hexdigest()[:32]}"'
    response = HttpResponse(content, content_type=syntax.content_type)
    response["ETag"], response["Content-Location"] = etag, place
    response["X-Content-Type-Options"] = "nosniff"
    if not request.user.is_authenticated:
        response["Cache-Control"] = "no-cache"
    conditional = get_conditional_response(request._request, etag=etag, response=response)
    return conditional or response


def document_path(product: DataProduct, version: str = "") -> str:
    """Return the path of a product's IRI, or of a version's; with a suffix it is a document."""
    path = reverse("product_permanent", args=[product.uuid])
    return f"{path}@{quote(version, safe='')}" if version else path


def loss_report(syntax: Syntax, place: str, losses: Sequence[Issue]) -> dict[str, Any]:
    """Return what a document leaves out of the product's own document, by JSON Pointer."""
    return {"format": syntax.name, "url": place, "losses": list(map(issue_json, losses))}


def page_of(request: Request) -> tuple[UUID | None, int]:
    """Return after which product a page begins, and its length. Raises InvalidParameters."""
    after, limit = request.query_params.get("after", ""), request.query_params.get("limit", "")
    if limit and not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= MAX_PAGE):
        raise InvalidParameters({"limit": [f"Must be a whole number from 1 to {MAX_PAGE}."]})
    try:
        return (UUID(after) if after else None), int(limit or MAX_PAGE)
    except ValueError:
        message = "Must be the id of a product; follow the link to the next page."
        raise InvalidParameters({"after": [message]}) from None


def _product(uuid: UUID, access: AccessContext) -> DataProduct:
    visible = DataProduct.objects.visible_to(access).select_related(*RELATED)
    return get_object_or_404(visible, uuid=uuid)


def _facts(
    product: DataProduct, version: ProductVersion | None, access: AccessContext
) -> ProductFacts:
    if version is None:
        return facts_with_versions(product, access)
    return facts_of_version(product, version, access)


def _content(facts: ProductFacts, syntax: Syntax) -> bytes:
    if syntax is PROV_JSON:
        return orjson.dumps(provenance_of(facts).as_json(), option=orjson.OPT_INDENT_2) + b"\n"
    return write(product_triples(facts), syntax)


def _page_path(url: str, syntax: Syntax) -> str:
    """Return the path at which a page of the catalog comes in one syntax to every client."""
    _, path, query = url.partition(reverse("catalog"))
    return f"{path}.{syntax.suffix}{query}"


def _alternates(path: str, syntaxes: Iterable[Syntax] = OF_PRODUCT) -> list[str]:
    return [
        f'<{path}.{syntax.suffix}>; rel="alternate"; type="{syntax.media_type}"'
        for syntax in syntaxes
    ]


register_converter(SuffixConverter, "linked_data")
IRI = "id/product/<uuid:uuid>"
urlpatterns: list[URLPattern] = [
    path("catalog", catalog_document, name="catalog"),
    path("catalog.<linked_data:suffix>", catalog_document, name="catalog_document"),
    path(IRI, product_permanent, name="product_permanent"),
    path(f"{IRI}.<linked_data:suffix>", product_permanent, name="product_document"),
    path(
        f"{IRI}@<str:version>.<linked_data:suffix>",
        product_permanent,
        name="product_version_document",
    ),
    path(f"{IRI}@<str:version>", product_permanent, name="product_permanent_version"),
]
