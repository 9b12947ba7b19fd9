"""Publishes the SLO status of products to the catalog: the verdict, and a metric per indicator."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.utils.dateparse import parse_datetime

from catalog.products.models import DataProduct
from catalog.products.services import set_trust
from governance.slo.evaluation import worst
from governance.slo.models import Objective
from governance.slo.product_metrics import Metrics, metrics_for
from governance.slo.services.breaches import SLO_WORKER
from governance.slo.services.evaluation import METRICS_INTERVAL


def publish_status(
    *, product_ids: Collection[int], changed: Collection[int], now: datetime
) -> None:
    """Write verdict and metrics into the trust columns of products where they are due.

    Due are the products in `changed`, and those whose metrics are five minutes old. The verdict
    is the worst of a product's objectives and their ports'; without objectives it is no data.
    """
    rows = DataProduct.objects.filter(pk__in={*product_ids, *changed})
    due = [
        pk
        for pk, metrics in rows.values_list("pk", "slo_figures")
        if pk in changed or is_outdated(metrics, now)
    ]
    by_product: dict[int, list[Objective]] = defaultdict(list)
    for objective in Objective.objects.of_products(due).filter(status__isnull=False):
        product_id = objective.port.product_id if objective.port else objective.product_id
        if product_id is not None:
            by_product[product_id].append(objective)
    for pk in due:
        objectives = by_product.get(pk, [])
        verdict = worst(objective.status.verdict for objective in objectives)
        figures = metrics_for((one, one.status.assessment) for one in objectives)
        set_trust(product_id=pk, verdict=verdict, figures=figures, actor=SLO_WORKER)


def is_outdated(metrics: Metrics, now: datetime) -> bool:
    """Return True if metrics are due; without objectives there are none to write."""
    moments = [parse_datetime(metric.get("as_of") or "") for metric in metrics.values()]
    return any(moment is None or abs(now - moment) >= METRICS_INTERVAL for moment in moments)
