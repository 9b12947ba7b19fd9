"""The list of domains, and a domain's page: what it is for, who answers for it, what it offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain, FormerDomainSlug
from catalog.identifiers import folded
from catalog.permissions import Permission
from catalog.products.models import DataProduct, Status, Verdict
from catalog.publication.services import owners_and_stewards
from catalog.web.domains.domain_stats import DomainStats, tallies_for

PAGE_SIZE = 60


@dataclass(frozen=True)
class DomainCard:
    """A domain as a list shows it; `depth` is how far below the top it lies."""

    domain: Domain
    tally: DomainStats
    depth: int


@require_safe
def domain_list(request: HttpRequest) -> HttpResponse:
    """Show every domain, each below the one it is a part of."""
    reader = access_for(request.user)
    tiles = tiles_for(reader)
    context = {
        "tiles": [tile for tile in tiles if not tile.domain.is_external],
        "foreign": [tile for tile in tiles if tile.domain.is_external],
        "may_add": reader.can(Permission.MANAGE_DOMAIN, None),
        "json_url": reverse("domain_list_json"),
    }
    return render(request, "catalog/domains/list.html", context)


@require_safe
def domain_list_json(request: HttpRequest) -> HttpResponse:
    """Give a program every domain with its counts."""
    tiles = tiles_for(access_for(request.user))
    slugs = {tile.domain.pk: tile.domain.slug for tile in tiles}
    domains = [
        _summary(tile.domain, tile.tally) | {"parent": slugs.get(tile.domain.parent_id or 0)}
        for tile in tiles
    ]
    return JsonResponse({"count": len(domains), "domains": domains})


@require_safe
def domain_page(request: HttpRequest, domain: str) -> HttpResponse:
    """Show one domain: mission, owner and steward, its products the worst first, its parts."""
    reader = access_for(request.user)
    found = find_domain(domain)
    if found is None:
        return redirect_to_current(domain, "domain_page")
    parents = Domain.objects.parents()
    tallies = tallies_for(reader, parents)
    owners, stewards = owners_and_stewards(found)
    products = Paginator(products_in(reader, found, parents), PAGE_SIZE)
    context = {
        "domain": found,
        "above": _ancestors(found, parents),
        "tally": tallies.get(found.pk, DomainStats()),
        "parts": [(part, tallies.get(part.pk, DomainStats())) for part in found.children.all()],
        "owners": owners,
        "stewards": stewards,
        "page": products.get_page(request.GET.get("page")),
        "may_edit": reader.can(Permission.EDIT_PRODUCTS, found.pk),
        "may_manage": reader.can(Permission.MANAGE_DOMAIN, found.pk),
        "json_url": reverse("domain_page_json", args=[found.slug]),
    }
    return render(request, "catalog/domains/page.html", context)


@require_safe
def domain_page_json(request: HttpRequest, domain: str) -> HttpResponse:
    """Give a program what the domain's page shows."""
    reader = access_for(request.user)
    found = find_domain(domain)
    if found is None:
        return redirect_to_current(domain, "domain_page_json")
    parents = Domain.objects.parents()
    tally = tallies_for(reader, parents).get(found.pk, DomainStats())
    page = Paginator(products_in(reader, found, parents), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    owners, stewards = owners_and_stewards(found)
    body: dict[str, Any] = _summary(found, tally) | {
        "owners": [person.display_name for person in owners],
        "stewards": [person.display_name for person in stewards],
        "parts": [part.slug for part in found.children.all()],
        "count": page.paginator.count,
        "page": page.number,
        "pages": page.paginator.num_pages,
        "results": [_product_json(product) for product in page.object_list],
    }
    return JsonResponse(body)


def tiles_for(reader: AccessContext) -> list[DomainCard]:
    """Return all domains in the order of the tree, with what the reader sees of each."""
    domains = list(Domain.objects.select_related("owner_team"))
    tallies = tallies_for(reader, {domain.pk: domain.parent_id for domain in domains})
    below: dict[int | None, list[Domain]] = {}
    for domain in domains:
        below.setdefault(domain.parent_id, []).append(domain)
    tiles: list[DomainCard] = []
    waiting = [(domain, 0) for domain in reversed(below.get(None, []))]
    while waiting:
        domain, depth = waiting.pop()
        tiles.append(DomainCard(domain, tallies.get(domain.pk, DomainStats()), depth))
        waiting += [(part, depth + 1) for part in reversed(below.get(domain.pk, []))]
    return tiles


def find_domain(slug: str) -> Domain | None:
    """Return the domain of a slug, if there is one."""
    domains = Domain.objects.select_related("owner_team", "parent")
    return domains.filter(slug=slug).first()


def redirect_to_current(slug: str, page: str) -> HttpResponse:
    """Lead from a former slug, or one with capitals, to the domain's page. Raises Http404."""
    plain = folded(slug)
    former = FormerDomainSlug.objects.filter(slug=plain).select_related("domain").first()
    domain = former.domain if former else Domain.objects.filter(slug=plain).first()
    if domain is None:
        raise Http404
    return HttpResponsePermanentRedirect(reverse(page, args=[domain.slug]))


def products_in(
    reader: AccessContext, domain: Domain, parents: dict[int, int | None]
) -> QuerySet[DataProduct]:
    """Return the products of a domain and its parts, what needs care first."""
    inside = [pk for pk in parents if domain.pk in ancestors_in(parents, pk)]
    ranks = [When(slo_verdict=verdict, then=Value(at)) for at, verdict in enumerate(Verdict)]
    return (
        DataProduct.objects.visible_to(reader)
        .in_domains(inside)
        .exclude(status=Status.RETIRED)
        .select_related("domain")
        .annotate(care=Case(*ranks, default=Value(9), output_field=IntegerField()))
        .order_by("care", "name", "id")
    )


def _ancestors(domain: Domain, parents: dict[int, int | None]) -> list[Domain]:
    """Return the domains above, the top first; the parent is loaded already."""
    ids = ancestors_in(parents, domain.pk)[1:]
    if len(ids) <= 1:
        return [domain.parent] if domain.parent else []
    found = Domain.objects.in_bulk(ids)
    return [found[pk] for pk in reversed(ids)]


def _summary(domain: Domain, tally: DomainStats) -> dict[str, Any]:
    return {
        "slug": domain.slug,
        "name": domain.name,
        "mission": domain.mission,
        "owner_team": domain.owner_team.slug if domain.owner_team else None,
        "is_external": domain.is_external,
        "href": reverse("domain_page", args=[domain.slug]),
    } | tally.as_json()


def _product_json(product: DataProduct) -> dict[str, Any]:
    return {
        "id": str(product.uuid),
        "slug": product.slug,
        "name": product.name,
        "domain": product.domain.slug,
        "version": product.version,
        "status": product.status,
        "slo": product.slo_verdict,
        "href": product.path,
    }
