"""Maintains measurements: rolls up days, prunes old rows, marks unmeasured objectives."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Max, Min, Q

from governance.slo.evaluation import CLOCK_TOLERANCE, Verdict
from governance.slo.models import Measurement, Objective, Period, RollUp
from governance.slo.services.evaluation import evaluate
from governance.slo.services.product_status import publish_status
from governance.slo.stats import DAY, Stats, merge, start_of_day

KEEP_HOURS = timedelta(days=100)
KEEP_DAYS = timedelta(days=400)
# A measurement of yesterday may still be written while its batch ends.
SETTLED_AFTER = timedelta(minutes=15)
BATCH = 500


def roll_up_days(*, now: datetime) -> int:
    """Sum the hours of full days into days; return how many rows were written.

    It starts two days before the newest day that is rolled up, however long ago that is. A day is
    exactly the sum of its hours, so doing it twice changes nothing.
    """
    # A day ahead was rolled up before the wall clock was set back.
    past_days = RollUp.objects.filter(period=Period.DAY, start__lte=now)
    newest_day = past_days.aggregate(start=Max("start"))["start"]
    oldest_hour = RollUp.objects.filter(period=Period.HOUR).aggregate(start=Min("start"))["start"]
    if newest_day:
        day = newest_day - 2 * DAY
    elif oldest_hour:
        day = start_of_day(oldest_hour)
    else:
        return 0
    end, rolled = start_of_day(now - SETTLED_AFTER), 0
    while day < end:
        rolled += _roll_up_day(day=day)
        day += DAY
    return rolled


@transaction.atomic
def _roll_up_day(*, day: datetime) -> int:
    stats: dict[int, list[Stats]] = defaultdict(list)
    hours = RollUp.objects.filter(period=Period.HOUR, start__gte=day, start__lt=day + DAY)
    for port_id, outcomes, latencies in hours.values_list("port_id", "outcomes", "latencies"):
        stats[port_id].append(Stats.from_json({"outcomes": outcomes, "latencies": latencies}))
    RollUp.objects.bulk_create(
        [
            RollUp(port_id=port_id, period=Period.DAY, start=day, **merge(parts).as_json())
            for port_id, parts in stats.items()
        ],
        update_conflicts=True,
        unique_fields=["port", "period", "start"],
        update_fields=["outcomes", "latencies"],
    )
    return len(stats)


def prune(*, now: datetime) -> int:
    """Delete single measurements after ASSAY_KEEP_CHECKS days, hours after 100, days after 400.

    Return how many.

    Each batch is one statement of its own, which locks its rows alone and finds them by the index
    of their time, so recording never waits. Roll-ups keep all that objectives need.
    """
    oldest = now - timedelta(days=settings.ASSAY_KEEP_CHECKS)
    measurements = Measurement.objects.older_than(oldest).order_by("slot")
    deleted = sum(_delete_in_batches(measurements))
    for period, lifetime in ((Period.HOUR, KEEP_HOURS), (Period.DAY, KEEP_DAYS)):
        roll_ups = RollUp.objects.filter(period=period, start__lt=now - lifetime)
        deleted += sum(_delete_in_batches(roll_ups.order_by("start")))
    return deleted


def _delete_in_batches(
    rows: models.QuerySet[Measurement] | models.QuerySet[RollUp],
) -> Iterator[int]:
    while pks := list(rows.values_list("pk", flat=True)[: 10 * BATCH]):
        yield rows.model._default_manager.filter(pk__in=pks).delete()[0]


def mark_unmeasured(*, now: datetime) -> set[int]:
    """Evaluate again the objectives whose ports were not measured recently; return the products
    whose status changed. Without measurements the verdict is no data, whatever it was before."""
    is_old = Q(status__unknown_from__lt=now)
    is_ahead = Q(status__as_of__gt=now + CLOCK_TOLERANCE)
    unmeasured = Objective.objects.filter(is_old | is_ahead).exclude(
        status__verdict=Verdict.NO_DATA
    )
    products = evaluate(objectives=list(unmeasured), now=now)
    publish_status(product_ids=products)
    return products
