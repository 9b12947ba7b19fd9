"""What a delivery says of its route: that it fails, works again, or wants no more messages."""

from datetime import datetime

from catalog.audit.actors import SystemActor
from catalog.audit.services import Subject, record
from governance.alerts.kinds import ROUTE_FAILING
from governance.alerts.models import Delivery, Route
from governance.alerts.outcomes import Outcome
from governance.alerts.services.opening import open_alert, resolve_alert

DELIVERING = SystemActor("alert delivery")
# The fourth attempt is some 35 minutes after the first.
FAILING_ATTEMPTS = 4


def route_subject(route: Route) -> Subject:
    return Subject(
        kind="alert route",
        id=str(route.uuid),
        name=route.name,
        domain_id=route.domain_id,
        revision=route.edition,
    )


def note_success(*, delivery: Delivery, now: datetime) -> None:
    if delivery.attempts > 1 or delivery.route is not None:
        resolve_alert(key=_key(delivery), reason="A message was delivered again.", now=now)


def note_failure(*, delivery: Delivery, outcome: Outcome, is_dead: bool, now: datetime) -> None:
    """Open an alert of a route that fails; switch a route off whose receiver asks for that."""
    route = delivery.route
    if outcome.is_unsubscribed and route is not None:
        Route.objects.filter(pk=route.pk).update(
            is_enabled=False, disabled_reason="The receiver answered 410: it wants no messages."
        )
        record(
            actor=DELIVERING,
            verb="alert route switched off",
            subject=route_subject(route),
            reason=outcome.error,
        )
    # An alert that a route fails may fail to arrive too: that opens no other.
    is_about_routes = delivery.event.alert.kind == ROUTE_FAILING.key
    if is_about_routes or not (is_dead or delivery.attempts >= FAILING_ATTEMPTS):
        return
    name = route.name if route else delivery.get_channel_display()
    open_alert(
        key=_key(delivery),
        kind=ROUTE_FAILING.key,
        subject=route.domain if route else None,
        summary=f"Alerts do not arrive by “{name}”: {outcome.error}.",
        path=f"/alerting/routes/{route.uuid}" if route else "/status",
        evidence={"attempts": delivery.attempts, "is_given_up": is_dead},
        now=now,
    )


def _key(delivery: Delivery) -> str:
    return f"route:{delivery.route.uuid}" if delivery.route else f"channel:{delivery.channel}"
