"""Tells the catalog how products stand: the verdict as state, the figures beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from catalog.products.models import DataProduct
from catalog.products.services import set_trust
from governance.slo.budget import Ratio
from governance.slo.evaluation import Indicator, Verdict, worst
from governance.slo.models import Objective
from governance.slo.services.breaches import JUDGE
from governance.slo.services.evaluation import FIGURES_EVERY

ORDER = {verdict: place for place, verdict in enumerate(Verdict)}

Figures = dict[str, dict[str, Any]]


def publish_status(*, product_ids: Collection[int], turned: Collection[int], now: datetime) -> None:
    """Write verdict and figures of products into their trust columns, where it is time to.

    It is for those in `turned`, and for those whose figures are five minutes old. The verdict is
    the worst of a product's objectives and their ports'; without objectives it is no data.
    """
    rows = DataProduct.objects.filter(pk__in={*product_ids, *turned})
    due = [
        pk
        for pk, figures in rows.values_list("pk", "slo_figures")
        if pk in turned or is_outdated(figures, now)
    ]
    objectives = _objectives_by_product(due)
    for pk in due:
        own = objectives.get(pk, [])
        verdict = worst(each.standing.verdict for each in own)
        set_trust(product_id=pk, verdict=verdict, figures=metrics_for(own), actor=JUDGE)


def is_outdated(figures: Figures, now: datetime) -> bool:
    """Say whether figures are to be written anew; without objectives there are none to write."""
    moments = [parse_datetime(figure.get("as_of") or "") for figure in figures.values()]
    return any(moment is None or now - moment >= FIGURES_EVERY for moment in moments)


def _objectives_by_product(product_ids: Collection[int]) -> dict[int, list[Objective]]:
    rows = Objective.objects.of_products(product_ids).filter(standing__isnull=False)
    found: dict[int, list[Objective]] = defaultdict(list)
    for objective in rows:
        product_id = objective.port.product_id if objective.port else objective.product_id
        if product_id is not None:
            found[product_id].append(objective)
    return found


def metrics_for(objectives: Iterable[Objective]) -> Figures:
    """Return one figure for each indicator: that of the objective which stands worst."""
    chosen: dict[str, Objective] = {}
    for objective in sorted(objectives, key=_rank, reverse=True):
        chosen[objective.indicator] = objective
    return {name: _figure(objective) for name, objective in sorted(chosen.items())}


def _rank(objective: Objective) -> tuple[int, float]:
    share = Ratio(objective.standing.good, objective.standing.total).share
    return ORDER[Verdict(objective.standing.verdict)], 1.0 if share is None else share


def _figure(objective: Objective) -> dict[str, Any]:
    """Return value, target and verdict. For latency the value is in seconds: what the promised
    share of answers stays below."""
    standing, promise = objective.standing, objective.promise
    figure: dict[str, Any] = {
        "value": standing.value,
        "target": promise.target,
        "verdict": standing.verdict,
        "window": format_window(promise.window),
        "as_of": standing.as_of.isoformat(timespec="seconds") if standing.as_of else None,
    }
    if promise.indicator == Indicator.LATENCY:
        figure["threshold"] = promise.edge
        figure["share"] = Ratio(standing.good, standing.total).share
    return figure


def format_window(window: timedelta) -> str:
    """Return a window as people wrote it: 30d, 24h."""
    days, rest = divmod(window, timedelta(days=1))
    return f"{days}d" if not rest else f"{window // timedelta(hours=1)}h"
