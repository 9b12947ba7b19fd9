"""The SLO board: the products of the mesh in groups by verdict, the worst first."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, OuterRef, Q, Subquery, Value, When
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.authorization.tree import ancestors_in, domains_within
from catalog.domains.models import Domain
from catalog.products.models import DataProduct, DataProductQuerySet, Status
from catalog.web.csv_lines import csv_response
from catalog.web.pages import render_page
from governance.slo.evaluation import Verdict
from governance.slo.models import Breach
from governance.web.slo.labels import MetricLabel, metric_labels

PAGE_SIZE = 50
MAX_QUERY = 100
PRODUCT_COLUMNS = ("uuid", "name", "slug", "slo_verdict", "slo_figures", "domain__slug")
# Nothing is known of those without data: they are no worse than the others, and come last.
GROUPS = (*(verdict for verdict in Verdict if verdict != Verdict.NO_DATA), Verdict.NO_DATA)
CSV_COLUMNS = (
    "product domain name verdict breached_since indicator value target threshold verdict_of as_of"
).split()


@dataclass(frozen=True, kw_only=True)
class BoardFilters:
    """What the address asks for: a domain with all below it, a verdict, a part of the name."""

    domain: Domain | None
    verdict: str
    query: str

    def url(self, *, verdict: str = "") -> str:
        """Return the address of the same list with another verdict, on its first page."""
        pairs = {"domain": self.domain.slug if self.domain else "", "verdict": verdict}
        pairs |= {"q": self.query}
        chosen = {name: value for name, value in pairs.items() if value}
        return reverse("slo_board") + (f"?{urlencode(chosen)}" if chosen else "")


@dataclass(frozen=True, kw_only=True)
class BoardRow:
    """One product on the board."""

    name: str
    url: str
    domain: str
    verdict: str
    breached_since: datetime | None
    metrics: Sequence[MetricLabel]


@dataclass(frozen=True)
class BoardGroup:
    """The rows of one verdict on this page, of `count` on all pages."""

    verdict: str
    count: int
    rows: Sequence[BoardRow]


@dataclass(frozen=True, kw_only=True)
class BoardPage:
    """The products that a reader may see; `counts` have the address of each verdict alone."""

    counts: Sequence[tuple[str, int]]
    groups: Sequence[BoardGroup]
    pages: Page[DataProduct]
    filters: BoardFilters
    domains: Sequence[Domain]
    csv_url: str
    api_url: str

    @property
    def is_filtered(self) -> bool:
        return self.filters.url(verdict=self.filters.verdict) != reverse("slo_board")


class Board:
    """The measured products that a reader may see, counted by verdict and filtered."""

    def __init__(self, request: HttpRequest) -> None:
        self.domain_by_id = {row.pk: row for row in Domain.objects.only("slug", "name", "parent")}
        self.parents = {pk: domain.parent_id for pk, domain in self.domain_by_id.items()}
        query = request.GET.get("q", "").strip()[:MAX_QUERY]
        self.products = measured_products(access_for(request.user))
        # Domains without a match are still offered, so all are counted.
        count = Count("pk", filter=Q(name__icontains=query)) if query else Count("pk")
        by_domain = self.products.order_by().values_list("domain_id", "slo_verdict")
        self.counted = list(by_domain.annotate(count=count))
        verdict, slug = request.GET.get("verdict", ""), request.GET.get("domain", "")
        self.filters = BoardFilters(
            domain=next((row for row in self.domains if row.slug == slug), None),
            verdict=verdict if verdict in set(Verdict) else "",
            query=query,
        )
        matching = self.products.filter(name__icontains=query) if query else self.products
        self.matching = matching.in_domains(self.inside) if self.filters.domain else matching

    @property
    def domains(self) -> list[Domain]:
        """Return the domains that have a product, and those above them, by name."""
        offered = {above for pk, *_ in self.counted for above in ancestors_in(self.parents, pk)}
        return sorted((self.domain_by_id[pk] for pk in offered), key=lambda domain: domain.name)

    @property
    def inside(self) -> list[int]:
        domain = self.filters.domain
        return domains_within(self.parents, domain.pk) if domain else list(self.parents)

    @property
    def counts(self) -> Counter[str]:
        """Return the number of products by verdict in the chosen domain, of any verdict."""
        counts: Counter[str] = Counter()
        inside = set(self.inside)
        for domain_id, verdict, count in self.counted:
            counts[verdict] += count if domain_id in inside else 0
        return counts

    def worst_first(self) -> DataProductQuerySet:
        """Return the chosen products by verdict, of one verdict those breached longest first."""
        whens = (When(slo_verdict=verdict, then=Value(rank)) for rank, verdict in enumerate(GROUPS))
        rank = Case(*whens, output_field=IntegerField())
        open_breaches = Breach.objects.open().filter(product=OuterRef("pk")).order_by("opened_at")
        verdict = self.filters.verdict
        chosen = self.matching.filter(slo_verdict=verdict) if verdict else self.matching
        breached_since = Subquery(open_breaches.values("opened_at")[:1])
        ranked = chosen.annotate(rank=rank, breached_since=breached_since)
        return ranked.order_by("rank", "breached_since", "name", "pk")

    def row(self, product: DataProduct) -> BoardRow:
        domain = self.domain_by_id[product.domain_id]
        return BoardRow(
            name=product.name,
            url=f"{product.path}/slo",
            domain=domain.name,
            verdict=product.slo_verdict,
            breached_since=getattr(product, "breached_since", None),
            metrics=metric_labels(product.slo_figures),
        )


@require_safe
def slo_board(request: HttpRequest) -> HttpResponse:
    """Show counts by verdict, then a page of products in groups."""
    board = Board(request)
    counts, filters = board.counts, board.filters
    paginator = Paginator(board.worst_first(), PAGE_SIZE)
    # Known already: a query of its own took 1 ms.
    paginator.count = counts[filters.verdict] if filters.verdict else counts.total()
    pages = paginator.get_page(request.GET.get("page", "1"))
    rows = groupby(map(board.row, pages.object_list), key=lambda row: row.verdict)
    query = request.GET.urlencode()
    page = BoardPage(
        counts=[(verdict.value, counts[verdict]) for verdict in Verdict if counts[verdict]],
        groups=[BoardGroup(verdict, counts[verdict], list(group)) for verdict, group in rows],
        pages=pages,
        filters=filters,
        domains=board.domains,
        csv_url=reverse("slo_board_csv") + (f"?{query}" if query else ""),
        api_url=reverse("api:objectives"),
    )
    return render_page(request, "governance/slo/board.html", page)


@require_safe
def slo_board_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Return all chosen products, a line for each indicator."""
    board = Board(request)
    return csv_response("slo-board.csv", CSV_COLUMNS, csv_rows(board.worst_first()))


def csv_rows(products: DataProductQuerySet) -> Iterator[list[object]]:
    for product in products.iterator(chunk_size=500):
        row = [product.uuid, product.domain.slug, product.name, product.slo_verdict]
        row.append(getattr(product, "breached_since", None))
        for indicator, figure in sorted((product.slo_figures or {"": {}}).items()):
            names = ("value", "target", "threshold", "verdict", "as_of")
            yield [*row, indicator, *(figure.get(name) for name in names)]


def measured_products(reader: AccessContext) -> DataProductQuerySet:
    """Return the products that are measured and that a reader may see."""
    live = DataProduct.objects.visible_to(reader).live().exclude(status=Status.EXTERNAL)
    return live.select_related("domain").only(*PRODUCT_COLUMNS)
