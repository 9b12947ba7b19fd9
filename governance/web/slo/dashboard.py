"""The SLO board: the products of the mesh by verdict, the worst first."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.authorization.tree import ancestors_in, domains_within
from catalog.domains.models import Domain
from catalog.products.models import DataProduct, DataProductQuerySet, Status
from catalog.web.components.humanize import duration, percent
from catalog.web.pages import render_page
from governance.slo.evaluation import SPEC_FIELDS, ObjectiveSpec, Verdict
from governance.slo.models import Breach, Objective
from governance.slo.wording import format_objective

PAGE_SIZE = 50
PRODUCT_COLUMNS = ("name", "slug", "slo_verdict", "slo_figures", "domain__name", "domain__slug")
EVALUATED = [Verdict.BREACHED, Verdict.AT_RISK, Verdict.MET]


@dataclass(frozen=True)
class MetricCell:
    """A formatted value and its target."""

    value: str
    target: str


@dataclass(frozen=True, kw_only=True)
class DashboardRow:
    """One product on the board."""

    name: str
    url: str
    domain: str
    verdict: str
    breached_since: datetime | None
    availability: MetricCell | None
    latency: MetricCell | None
    objectives: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class DashboardPage:
    """The products that a reader may see; `domain` is the chosen one or empty."""

    counts: Sequence[tuple[str, int]]
    evaluated: Sequence[DashboardRow]
    evaluated_page: Page[DataProduct]
    no_data: Sequence[DashboardRow]
    no_data_count: int
    domain: str
    domains: Sequence[Domain]
    api_url: str


@require_safe
def slo_board(request: HttpRequest) -> HttpResponse:
    """Show counts by verdict, then the evaluated products, then those without data."""
    products = measured_products(access_for(request.user))
    by_id = {domain.pk: domain for domain in Domain.objects.only("slug", "name", "parent")}
    parents = {pk: domain.parent_id for pk, domain in by_id.items()}
    verdicts = products.order_by().values_list("domain_id", "slo_verdict").annotate(Count("pk"))
    rows_by_verdict = list(verdicts)
    offered = {above for pk, *_ in rows_by_verdict for above in ancestors_in(parents, pk)}
    domains = sorted((by_id[pk] for pk in offered), key=lambda domain: domain.name)
    chosen_slug = request.GET.get("domain", "")
    domain = next((domain for domain in domains if domain.slug == chosen_slug), None)
    inside = domains_within(parents, domain.pk) if domain else list(parents)
    chosen = products.in_domains(inside) if domain else products
    counts: Counter[str] = Counter()
    for domain_id, verdict, count in rows_by_verdict:
        counts[verdict] += count if domain_id in inside else 0
    paginator = Paginator(worst_first(chosen), PAGE_SIZE)
    # Known already: a query of its own took 1 ms.
    paginator.count = sum(counts[verdict] for verdict in EVALUATED)
    evaluated = paginator.get_page(request.GET.get("page", "1"))
    no_data = chosen.filter(slo_verdict=Verdict.NO_DATA).order_by("name", "pk")[:PAGE_SIZE]
    rows = dashboard_rows([*evaluated.object_list, *no_data])
    page = DashboardPage(
        counts=[(verdict.value, counts[verdict]) for verdict in Verdict if counts[verdict]],
        evaluated=[row for row in rows if row.verdict != Verdict.NO_DATA],
        evaluated_page=evaluated,
        no_data=[row for row in rows if row.verdict == Verdict.NO_DATA],
        no_data_count=counts[Verdict.NO_DATA],
        domain=domain.slug if domain else "",
        domains=domains,
        api_url=reverse("api:objectives"),
    )
    return render_page(request, "governance/slo/board.html", page)


def measured_products(reader: AccessContext) -> DataProductQuerySet:
    """Return the products that are measured and that a reader may see."""
    live = DataProduct.objects.visible_to(reader).live().exclude(status=Status.EXTERNAL)
    return live.select_related("domain").only(*PRODUCT_COLUMNS)


def worst_first(products: QuerySet[DataProduct]) -> QuerySet[DataProduct]:
    """Return the evaluated products, breached before at risk before met."""
    rank = Case(
        *(When(slo_verdict=verdict, then=Value(rank)) for rank, verdict in enumerate(EVALUATED)),
        output_field=IntegerField(),
    )
    evaluated = products.filter(slo_verdict__in=EVALUATED)
    return evaluated.annotate(rank=rank).order_by("rank", "name", "pk")


def dashboard_rows(products: Sequence[DataProduct]) -> list[DashboardRow]:
    pks = [product.pk for product in products]
    declared = Objective.objects.of_products(pks).select_related(None)
    owner = Coalesce("product_id", "port__product_id")
    objectives: dict[int, list[str]] = defaultdict(list)
    # Most products have the same objectives, and to format one takes 40 µs.
    format_once = cache(format_objective)
    for owner_id, *spec in declared.values_list(owner, *SPEC_FIELDS):
        spec_of_row = ObjectiveSpec(**dict(zip(SPEC_FIELDS, spec, strict=True)))
        objectives[owner_id].append(format_once(spec_of_row))
    breaches = Breach.objects.open().filter(product_id__in=pks).order_by("-opened_at")
    breached_since = dict(breaches.values_list("product_id", "opened_at"))
    return [
        DashboardRow(
            name=product.name,
            url=f"{product.path}/slo",
            domain=product.domain.name,
            verdict=product.slo_verdict,
            breached_since=breached_since.get(product.pk),
            availability=metric_cell(product, "availability"),
            latency=metric_cell(product, "latency"),
            objectives=objectives[product.pk],
        )
        for product in products
    ]


def metric_cell(product: DataProduct, indicator: str) -> MetricCell | None:
    metric = product.slo_figures.get(indicator)
    if not metric or metric["value"] is None:
        return None
    if indicator == "latency":
        return MetricCell(duration(metric["value"]), duration(metric["threshold"]))
    return MetricCell(percent(metric["value"], 2), percent(metric["target"], 2))
