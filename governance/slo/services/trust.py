"""Tells the catalog how products stand: the verdict as state, the figures beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from catalog.products.models import DataProduct
from catalog.products.services import set_trust
from governance.slo.budget import Score
from governance.slo.evaluation import Indicator, Verdict, worst
from governance.slo.models import Objective
from governance.slo.services.breaches import JUDGE

# Figures are written this seldom while the verdict stays: they are for reading, not for acting.
FIGURES_EVERY = timedelta(minutes=1)
ORDER = {verdict: place for place, verdict in enumerate(Verdict)}

Figures = dict[str, dict[str, Any]]


def refresh_trust(*, product_ids: Collection[int], turned: Collection[int] | None = None) -> None:
    """Write verdict and figures of products into their trust columns.

    The verdict is the worst of a product's objectives and their ports'; without objectives it is
    no data. With `turned`, products not in it are written only when their figures are old.
    """
    products = DataProduct.objects.filter(pk__in=product_ids)
    objectives = _objectives_by_product(product_ids)
    for pk, verdict, figures in products.values_list("pk", "slo_verdict", "slo_figures"):
        fresh = figures_of(objectives.get(pk, []))
        standing = worst(each.standing.verdict for each in objectives.get(pk, []))
        is_due = turned is None or pk in turned or standing != verdict or _is_old(figures, fresh)
        if is_due and (standing, fresh) != (verdict, figures):
            set_trust(product_id=pk, verdict=standing, figures=fresh, actor=JUDGE)


def _objectives_by_product(product_ids: Collection[int]) -> dict[int, list[Objective]]:
    rows = Objective.objects.of_products(product_ids).filter(standing__isnull=False)
    found: dict[int, list[Objective]] = {}
    for objective in rows:
        product_id = objective.port.product_id if objective.port else objective.product_id
        found.setdefault(product_id, []).append(objective)
    return found


def _is_old(figures: Figures, fresh: Figures) -> bool:
    if figures.keys() != fresh.keys():
        return True
    return any(_moved(figures[name], fresh[name]) for name in fresh)


def _moved(old: dict[str, Any], new: dict[str, Any]) -> bool:
    before, after = parse_datetime(old.get("as_of") or ""), parse_datetime(new.get("as_of") or "")
    return before is None or after is None or after - before >= FIGURES_EVERY


def figures_of(objectives: Iterable[Objective]) -> Figures:
    """Return one figure for each indicator: that of the objective which stands worst."""
    chosen: dict[str, Objective] = {}
    for objective in sorted(objectives, key=_rank, reverse=True):
        chosen[objective.indicator] = objective
    return {name: _figure(objective) for name, objective in sorted(chosen.items())}


def _rank(objective: Objective) -> tuple[int, float]:
    share = Score(objective.standing.good, objective.standing.total).share
    return ORDER[Verdict(objective.standing.verdict)], 1.0 if share is None else share


def _figure(objective: Objective) -> dict[str, Any]:
    """Return value, target and verdict. For latency the value is in seconds: what the promised
    share of answers stays below."""
    standing, promise = objective.standing, objective.promise
    figure: dict[str, Any] = {
        "value": standing.value,
        "target": promise.target,
        "verdict": standing.verdict,
        "window": window_text(promise.window),
        "as_of": standing.as_of.isoformat(timespec="seconds") if standing.as_of else None,
    }
    if promise.indicator == Indicator.LATENCY:
        figure["threshold"] = promise.edge
        figure["share"] = Score(standing.good, standing.total).share
    return figure


def window_text(window: timedelta) -> str:
    """Return a window as people wrote it: 30d, 24h."""
    days, rest = divmod(window, timedelta(days=1))
    return f"{days}d" if not rest else f"{window // timedelta(hours=1)}h"
