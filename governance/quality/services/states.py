"""Publishes to the catalog what the checks of products say."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.utils import timezone

from catalog.audit.actors import SystemActor
from catalog.ports.models import OutputPort
from catalog.products.services import set_quality_state
from governance.quality.models import HOUR, QualitySchedule
from governance.quality.product_state import PortChecks, decide_state
from governance.quality.services.reading import PORTS, latest_run

QUALITY_CHECKS = SystemActor("quality checks")


def publish_quality(product_ids: Iterable[int]) -> None:
    """Write to each product the state of its quality, as its data was last checked."""
    for product_id in product_ids:
        decide = partial(_decide, product_id)
        set_quality_state(product_id=product_id, decide=decide, actor=QUALITY_CHECKS)


def _decide(product_id: int) -> tuple[str, datetime | None, str]:
    ports = PORTS.filter(product=product_id).order_by("pk")
    decision = decide_state(map(_facts, ports), now=timezone.now())
    return decision.state.value, decision.observed_at, decision.reason


def _facts(port: OutputPort) -> PortChecks:
    run = latest_run(port)
    schedule = QualitySchedule.objects.filter(port=port).first()
    states = Counter(outcome.state for outcome in run.outcomes.all()) if run else Counter()
    return PortChecks(
        port=str(port),
        runnable=schedule.checks if schedule else 0,
        interval=timedelta(seconds=schedule.interval if schedule else HOUR),
        checked_at=run.at if run else None,
        counts=states,
    )
