"""Publishes the SLO status of products to the catalog: the verdict, and a metric per indicator."""

from collections import defaultdict
from collections.abc import Collection

from catalog.products.models import DataProduct
from catalog.products.services import set_trust
from governance.slo.evaluation import worst
from governance.slo.models import Objective
from governance.slo.product_metrics import metrics_for
from governance.slo.services.breaches import SLO_WORKER


def publish_status(*, product_ids: Collection[int]) -> None:
    """Write verdict and metrics of products, as their objectives were assessed, for the catalog.

    Call it in the transaction that assesses them, so that no page shows another figure. The verdict
    is the worst of a product's objectives and their ports'; without objectives it is no data.
    """
    due = list(DataProduct.objects.filter(pk__in=product_ids).values_list("pk", flat=True))
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
