"""The SLO board: the products of the mesh by verdict, the worst first."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.domains.models import Domain
from catalog.products.models import DataProduct, Status
from catalog.web.products.layout import json_url
from governance.slo.evaluation import Verdict
from governance.slo.models import Breach, Objective
from governance.slo.wording import format_objective

PAGE_SIZE = 50
EVALUATED = [Verdict.BREACHED, Verdict.AT_RISK, Verdict.MET]


@dataclass(frozen=True)
class DashboardRow:
    """One product on the board, with its objectives."""

    product: DataProduct
    objectives: list[Objective]
    breached_since: Any


@dataclass(frozen=True)
class Board:
    """What the board shows of the products that a reader may know of."""

    counts: list[tuple[str, int]]
    judged: Any
    without_data: Any
    domain: Domain | None
    domains: QuerySet[Domain]


@require_safe
def slo_board(request: HttpRequest) -> HttpResponse:
    """Show counts by verdict, the judged products worst first, and those without data apart."""
    board = board_for(request)
    context = {
        "board": board,
        "lines": dashboard_rows(board.judged.object_list),
        "silent": dashboard_rows(board.without_data.object_list),
        "page": board.judged,
        "json_url": json_url(request),
    }
    return render(request, "governance/slo/board.html", context)


@require_safe
def slo_board_json(request: HttpRequest) -> HttpResponse:
    """Give a program the same page of the board."""
    board = board_for(request)
    return JsonResponse(
        {
            "counts": dict(board.counts),
            "domain": board.domain.slug if board.domain else None,
            "page": board.judged.number,
            "pages": board.judged.paginator.num_pages,
            "products": [_as_json(line) for line in dashboard_rows(board.judged.object_list)],
            "without_data": [
                _as_json(line) for line in dashboard_rows(board.without_data.object_list)
            ],
        }
    )


def board_for(request: HttpRequest) -> Board:
    """Return the board of the chosen domain, or of the whole mesh."""
    reader = access_for(request.user)
    live = measured_products(reader)
    domains = Domain.objects.filter(pk__in=live.values("domain_id")).order_by("name")
    domain = domains.filter(slug=request.GET.get("domain", "")).first()
    chosen = live.filter(domain=domain) if domain else live
    found = Counter(chosen.values_list("slo_verdict", flat=True))
    number = request.GET.get("page", "1")
    silent = chosen.filter(slo_verdict=Verdict.NO_DATA).order_by("name", "pk")
    return Board(
        counts=[(verdict.value, found[verdict]) for verdict in Verdict if found[verdict]],
        judged=Paginator(worst_first(chosen), PAGE_SIZE).get_page(number),
        without_data=Paginator(silent, PAGE_SIZE).get_page(1),
        domain=domain,
        domains=domains,
    )


def measured_products(reader: AccessContext) -> QuerySet[DataProduct]:
    """Return the products that probes measure and that a reader may know of."""
    live = DataProduct.objects.visible_to(reader).live()
    return live.exclude(status=Status.EXTERNAL)


def worst_first(products: QuerySet[DataProduct]) -> QuerySet[DataProduct]:
    """Return the judged ones among some products, breached before at risk before met."""
    place = Case(
        *(When(slo_verdict=verdict, then=Value(at)) for at, verdict in enumerate(EVALUATED)),
        output_field=IntegerField(),
    )
    judged = products.filter(slo_verdict__in=EVALUATED)
    return judged.annotate(place=place).order_by("place", "name", "pk")


def dashboard_rows(products: QuerySet[DataProduct]) -> list[DashboardRow]:
    """Return a line for each product, with the objectives and since when one is breached."""
    rows = list(products.select_related("domain"))
    pks = [product.pk for product in rows]
    objectives: dict[int, list[Objective]] = {}
    for objective in Objective.objects.of_products(pks):
        owner = objective.port.product_id if objective.port else objective.product_id
        objectives.setdefault(owner or 0, []).append(objective)
    opened = Breach.objects.open().filter(product_id__in=pks).order_by("-opened_at")
    since = dict(opened.values_list("product_id", "opened_at"))
    return [DashboardRow(row, objectives.get(row.pk, []), since.get(row.pk)) for row in rows]


def _as_json(line: DashboardRow) -> dict[str, Any]:
    product = line.product
    return {
        "id": str(product.uuid),
        "slug": product.slug,
        "name": product.name,
        "domain": product.domain.slug,
        "path": product.path,
        "verdict": product.slo_verdict,
        "figures": product.slo_figures,
        "breached_since": line.breached_since,
        "promises": [format_objective(objective.spec) for objective in line.objectives],
    }
