"""The SLO board: the products of the mesh by verdict, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.domains.models import Domain
from catalog.products.models import DataProduct, Status
from catalog.web.components.humanize import duration, percent
from catalog.web.pages import render_page
from governance.slo.evaluation import Verdict
from governance.slo.models import Breach, Objective
from governance.slo.services.evaluation import SPEC_FIELDS
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
    domains = Domain.objects.filter(pk__in=products.values("domain_id")).order_by("name")
    domain = domains.filter(slug=request.GET.get("domain", "")).first()
    chosen = products.filter(domain=domain) if domain else products
    counts = Counter(chosen.values_list("slo_verdict", flat=True))
    evaluated = Paginator(worst_first(chosen), PAGE_SIZE).get_page(request.GET.get("page", "1"))
    no_data = chosen.filter(slo_verdict=Verdict.NO_DATA).order_by("name", "pk")
    page = DashboardPage(
        counts=[(verdict.value, counts[verdict]) for verdict in Verdict if counts[verdict]],
        evaluated=dashboard_rows(evaluated.object_list),
        evaluated_page=evaluated,
        no_data=dashboard_rows(no_data[:PAGE_SIZE]),
        no_data_count=counts[Verdict.NO_DATA],
        domain=domain.slug if domain else "",
        domains=list(domains),
        api_url=reverse("api:objectives"),
    )
    return render_page(request, "governance/slo/board.html", page)


def measured_products(reader: AccessContext) -> QuerySet[DataProduct]:
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


def dashboard_rows(products: Iterable[DataProduct]) -> list[DashboardRow]:
    rows = list(products)
    pks = [product.pk for product in rows]
    objectives: dict[int, list[str]] = {}
    declared = Objective.objects.of_products(pks).select_related(None)
    for objective in declared.select_related("port").only(
        *SPEC_FIELDS, "product_id", "port__product_id"
    ):
        owner = objective.port.product_id if objective.port else objective.product_id
        objectives.setdefault(owner or 0, []).append(format_objective(objective.spec))
    opened = Breach.objects.open().filter(product_id__in=pks).order_by("-opened_at")
    breached_since = dict(opened.values_list("product_id", "opened_at"))
    return [
        DashboardRow(
            name=product.name,
            url=f"{product.path}/slo",
            domain=product.domain.name,
            verdict=product.slo_verdict,
            breached_since=breached_since.get(product.pk),
            availability=_availability(product),
            latency=_latency(product),
            objectives=objectives.get(product.pk, []),
        )
        for product in rows
    ]


def _availability(product: DataProduct) -> MetricCell | None:
    metric = product.slo_figures.get("availability")
    if not metric or metric["value"] is None:
        return None
    return MetricCell(percent(metric["value"], 2), percent(metric["target"], 2))


def _latency(product: DataProduct) -> MetricCell | None:
    metric = product.slo_figures.get("latency")
    if not metric or metric["value"] is None:
        return None
    return MetricCell(duration(metric["value"]), duration(metric["threshold"]))
