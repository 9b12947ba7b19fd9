"""The list of domains, and a domain's page: its mission, people, SLO performance and products."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.authorization.tree import ancestors_in, domains_within
from catalog.domains.models import Domain, FormerDomainSlug, in_tree_order
from catalog.identifiers import normalize
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.products.domain_stats import DomainStats, domain_stats
from catalog.products.models import DataProduct, Status, Verdict
from catalog.publication.services import owners_and_stewards
from catalog.web.domains.panels import DomainPanel, domain_panels
from catalog.web.pages import render_page

PAGE_SIZE = 60


@dataclass(frozen=True, kw_only=True)
class DomainCard:
    """A domain in a list; `depth` is its level in the tree, from 0."""

    name: str
    url: str
    mission: str
    team: str
    is_external: bool
    stats: DomainStats
    depth: int = 0


@dataclass(frozen=True, kw_only=True)
class DomainListPage:
    domains: Sequence[DomainCard]
    external: Sequence[DomainCard]
    new_url: str
    api_url: str


@dataclass(frozen=True, kw_only=True)
class ProductRow:
    """A product of the domain or, with `subdomain`, of one below it."""

    name: str
    url: str
    subdomain: str
    status: str
    is_measured: bool
    verdict: str
    sensitivity: int
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class DomainPage:
    """A domain and one page of its products, as a reader may see them; links may be empty."""

    domain: Domain
    parents: Sequence[Domain]
    owners: Sequence[Person]
    stewards: Sequence[Person]
    stats: DomainStats
    subdomains: Sequence[DomainCard]
    products: Sequence[ProductRow]
    products_page: Page[DataProduct]
    panels: Sequence[DomainPanel]
    sees_drafts: bool
    publish_url: str
    people_url: str
    edit_url: str
    search_url: str
    feed_url: str
    api_url: str


@require_safe
def domain_list(request: HttpRequest) -> HttpResponse:
    """Show every domain, each below its parent."""
    reader = access_for(request.user)
    cards = domain_cards(reader)
    can_add = reader.can(Permission.MANAGE_DOMAIN, None)
    page = DomainListPage(
        domains=[card for card in cards if not card.is_external],
        external=[card for card in cards if card.is_external],
        new_url=reverse("domain_new") if can_add else "",
        api_url=reverse("api:domains"),
    )
    return render_page(request, "catalog/domains/list.html", page)


@require_safe
def domain_page(request: HttpRequest, domain: str) -> HttpResponse:
    """Show one domain with its products, those with the worst verdict first."""
    reader = access_for(request.user)
    row = find_domain(domain)
    if row is None:
        return redirect_to_current(domain, "domain_page")
    parents = Domain.objects.parents()
    stats = domain_stats(reader, parents)
    owners, stewards = owners_and_stewards(row)
    products = Paginator(products_in(reader, row, parents), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    can_publish = reader.can(Permission.EDIT_PRODUCTS, row.pk) and not row.is_external
    can_manage = reader.can(Permission.MANAGE_DOMAIN, row.pk)
    query = f"?domain={row.slug}"
    page = DomainPage(
        domain=row,
        parents=_ancestors(row, parents),
        owners=owners,
        stewards=stewards,
        stats=stats.get(row.pk, DomainStats()),
        subdomains=[_card(child, stats) for child in row.children.select_related("owner_team")],
        products=[_product_row(product, row) for product in products.object_list],
        products_page=products,
        panels=domain_panels(row, reader),
        sees_drafts=reader.can(Permission.VIEW_DRAFTS, row.pk),
        publish_url=reverse("product_register") + query if can_publish else "",
        people_url=reverse("domain_people", args=[row.slug]),
        edit_url=reverse("domain_edit", args=[row.slug]) if can_manage else "",
        search_url=reverse("search_results") + query,
        feed_url=reverse("domain_feed", args=[row.slug]),
        api_url=reverse("api:domain", args=[row.slug]),
    )
    return render_page(request, "catalog/domains/page.html", page)


def domain_cards(reader: AccessContext) -> list[DomainCard]:
    """Return all domains in the order of the tree, with the stats that the reader may see."""
    domains = list(Domain.objects.select_related("owner_team"))
    stats = domain_stats(reader, {domain.pk: domain.parent_id for domain in domains})
    return [_card(domain, stats, depth) for domain, depth in in_tree_order(domains)]


def find_domain(slug: str) -> Domain | None:
    domains = Domain.objects.select_related("owner_team", "parent")
    return domains.filter(slug=slug).first()


def redirect_to_current(slug: str, page: str) -> HttpResponse:
    """Redirect from a former slug, or one with capitals, to the domain's page. Raises Http404."""
    plain = normalize(slug)
    former = FormerDomainSlug.objects.filter(slug=plain).select_related("domain").first()
    domain = former.domain if former else Domain.objects.filter(slug=plain).first()
    if domain is None:
        raise Http404
    return HttpResponsePermanentRedirect(reverse(page, args=[domain.slug]))


def products_in(
    reader: AccessContext, domain: Domain, parents: dict[int, int | None]
) -> QuerySet[DataProduct]:
    """Return the products of a domain and its subdomains, those with the worst verdict first."""
    ranks = [When(slo_verdict=verdict, then=Value(rank)) for rank, verdict in enumerate(Verdict)]
    return (
        DataProduct.objects.visible_to(reader)
        .in_domains(domains_within(parents, domain.pk))
        .exclude(status=Status.RETIRED)
        .select_related("domain")
        .annotate(rank=Case(*ranks, default=Value(9), output_field=IntegerField()))
        .order_by("rank", "name", "id")
    )


def _ancestors(domain: Domain, parents: dict[int, int | None]) -> list[Domain]:
    """Return the domains above, the top first; the parent is loaded already."""
    ids = ancestors_in(parents, domain.pk)[1:]
    if len(ids) <= 1:
        return [domain.parent] if domain.parent else []
    by_id = Domain.objects.in_bulk(ids)
    return [by_id[pk] for pk in reversed(ids)]


def _card(domain: Domain, stats: Mapping[int, DomainStats], depth: int = 0) -> DomainCard:
    return DomainCard(
        name=domain.name,
        url=reverse("domain_page", args=[domain.slug]),
        mission=domain.mission,
        team=domain.owner_team.name if domain.owner_team else "",
        is_external=domain.is_external,
        stats=stats.get(domain.pk, DomainStats()),
        depth=depth,
    )


def _product_row(product: DataProduct, domain: Domain) -> ProductRow:
    return ProductRow(
        name=product.name,
        url=product.path,
        subdomain=product.domain.name if product.domain_id != domain.pk else "",
        status=product.status,
        is_measured=product.status not in (Status.DRAFT, Status.EXTERNAL),
        verdict=product.slo_verdict,
        sensitivity=product.sensitivity,
        updated_at=product.updated_at,
    )
