"""Keeps the results of all published products up to date, batch by batch."""

import time
from datetime import datetime, timedelta

from django.db.models import F, Q

from catalog.products.models import DataProduct, DataProductQuerySet
from governance.policies.models import StoredResult
from governance.policies.services.applied import applied_digest, applied_policies
from governance.policies.services.results import evaluate_products

BATCH = 200
# Results that depend on the clock are made again so often.
CLOCK_INTERVAL = timedelta(hours=1)


def outdated_products(*, now: datetime) -> DataProductQuerySet:
    """Return the published products whose results are not of their revision, of the policies that
    are applied, or of the last hour where they depend on the clock."""
    digest = applied_digest(applied_policies())
    is_current = Q(policy_evaluation__revision=F("revision"), policy_evaluation__policies=digest)
    is_old = Q(
        policy_evaluation__is_time_bound=True,
        policy_evaluation__evaluated_at__lt=now - CLOCK_INTERVAL,
    )
    return DataProduct.objects.live().filter(~is_current | is_old)


def sweep_products(*, now: datetime, seconds: float) -> int:
    """Evaluate outdated products for at most some seconds; return how many.

    What is left is found by the next sweep, also after a crash. Without any policy, products are
    marked as evaluated only if results of former policies have to go.
    """
    if not applied_policies() and not StoredResult.objects.exists():
        return 0
    ends_at, count = time.monotonic() + seconds, 0
    while time.monotonic() < ends_at:
        outdated = outdated_products(now=now).order_by("pk")
        pks = list(outdated.values_list("pk", flat=True)[:BATCH])
        if not pks:
            break
        evaluate_products(product_ids=pks, now=now)
        count += len(pks)
    return count
