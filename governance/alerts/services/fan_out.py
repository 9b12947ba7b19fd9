"""Writes a delivery for each recipient of an event: the second step of the outbox."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from catalog.authorization.models import Membership
from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain
from catalog.people.mail import has_mail_server
from catalog.people.models import Person, TeamMember, current
from catalog.permissions import Role
from catalog.products.models import Follow
from governance.alerts.kinds import ROUTE_FAILING, SYNTHETIC, Audience, Severity, kind_of
from governance.alerts.models import (
    WEB_CHANNELS,
    Alert,
    AlertEvent,
    Channel,
    Delivery,
    EventKind,
    Route,
)
from governance.alerts.quiet_hours import parse_quiet_hours

BATCH = 100
# What is only of use to programs and to whom it concerns.
HANDLING = (EventKind.ACKNOWLEDGE, EventKind.ASSIGN)
FOR_FOLLOWERS = (EventKind.OPEN, EventKind.RESOLVE)
RESPONSIBLE = (Role.OWNER, Role.STEWARD)


def fan_out(*, now: datetime) -> int:
    """Write the deliveries of announced events that have none yet; return how many events."""
    waiting = AlertEvent.objects.filter(is_announced=True, fanned_out_at__isnull=True)
    pks = list(waiting.order_by("pk").values_list("pk", flat=True)[:BATCH])
    return sum(fan_out_event(event_id=pk, now=now) for pk in pks)


@transaction.atomic
def fan_out_event(*, event_id: int, now: datetime) -> bool:
    """Write the deliveries of an event unless another worker has; return True if it did.

    Their keys are unique, so that doing it twice writes nothing twice.
    """
    events = AlertEvent.objects.select_for_update(of=("self",)).filter(fanned_out_at__isnull=True)
    event = (
        events.select_related("alert__product__domain", "alert__domain", "alert__assigned_to")
        .filter(pk=event_id)
        .first()
    )
    if event is None:
        return False
    deliveries = {delivery.key: delivery for delivery in _deliveries(event)}
    for delivery in deliveries.values():
        quiet_until = delivery.route and _quiet_until(event.alert, delivery.route, now)
        delivery.next_attempt_at = quiet_until or now
    Delivery.objects.bulk_create(deliveries.values(), ignore_conflicts=True)
    event.fanned_out_at = now
    event.save(update_fields=["fanned_out_at"])
    return True


def deliveries_by_route(event: AlertEvent, route: Route) -> Iterator[Delivery]:
    """Yield one delivery for a route, or one for each member of its team.

    A team that has an e-mail address is mailed there.
    """
    has_own_address = route.channel == Channel.MAIL and route.team and route.team.email
    if route.team is None or has_own_address:
        yield _route_delivery(event, route, route.person)
        return
    members = TeamMember.objects.filter(current(), team=route.team, person__is_active=True)
    for member in members.select_related("person"):
        yield _route_delivery(event, route, member.person)


def _deliveries(event: AlertEvent) -> Iterator[Delivery]:
    """Yield the deliveries of an event; where two have one key, the last one counts."""
    alert = event.alert
    if alert.kind == SYNTHETIC.key:
        yield Delivery(key=f"{event.uuid}:self_check", event=event, channel=Channel.SELF_CHECK)
        routes = Route.objects.filter(is_enabled=True, receives_synthetic=True)
    else:
        routes = Route.objects.filter(is_enabled=True)
        yield from _to_followers(event)
        yield from _to_people(event)
    for route in routes.select_related("person", "team"):
        if alert.kind == SYNTHETIC.key or _matches(route, event):
            yield from deliveries_by_route(event, route)


def _matches(route: Route, event: AlertEvent) -> bool:
    alert = event.alert
    is_own_failure = alert.kind == ROUTE_FAILING.key and str(route.uuid) in alert.key
    is_wanted = not is_own_failure and (
        (not route.severities or alert.severity in route.severities)
        and (not route.kinds or alert.kind in route.kinds)
        and (event.kind not in HANDLING or route.channel in WEB_CHANNELS)
    )
    return is_wanted and (route.domain_id is None or route.domain_id in _domains_of(alert))


def _domains_of(alert: Alert) -> list[int]:
    """Return the domain of an alert and those above it."""
    domain = alert.owning_domain
    return [] if domain is None else ancestors_in(Domain.objects.parents(), domain.pk)


def _route_delivery(event: AlertEvent, route: Route, person: Person | None = None) -> Delivery:
    """Return the delivery of an event to one recipient of a route."""
    recipient = f"person:{person.pk}" if person else f"route:{route.pk}"
    key = f"{event.uuid}:{route.channel}:{recipient}"
    return Delivery(key=key, event=event, channel=route.channel, route=route, person=person)


def _to_people(event: AlertEvent) -> Iterator[Delivery]:
    """Yield what is sent without a route: to who is responsible, or to whom it is assigned."""
    alert = event.alert
    if event.kind == EventKind.ASSIGN and alert.assigned_to is not None:
        yield from _to_person(event, alert.assigned_to, is_mailed=True)
    if event.kind in HANDLING:
        return
    memberships = Membership.objects.active().select_related("person")
    if alert.owning_domain is None:
        memberships = memberships.filter(role=Role.PLATFORM_OPERATOR, domain__isnull=True)
    else:
        memberships = memberships.filter(role__in=RESPONSIBLE, domain__in=_domains_of(alert))
    is_urgent = alert.severity == Severity.CRITICAL
    for membership in memberships:
        yield from _to_person(event, membership.person, is_mailed=is_urgent)


def _to_person(event: AlertEvent, person: Person, *, is_mailed: bool) -> Iterator[Delivery]:
    for channel in (Channel.IN_APP, Channel.MAIL):
        if channel == Channel.IN_APP or (is_mailed and has_mail_server() and person.email):
            key = f"{event.uuid}:{channel}:person:{person.pk}"
            yield Delivery(key=key, event=event, channel=channel, person=person)


def _to_followers(event: AlertEvent) -> Iterator[Delivery]:
    """Yield messages to followers: once that an alert opened, and once that it was resolved."""
    alert = event.alert
    is_for_them = kind_of(alert.kind).is_for_followers and alert.audience == Audience.READERS
    if alert.product is None or not is_for_them or event.kind not in FOR_FOLLOWERS:
        return
    follows = Follow.objects.filter(product=alert.product, person__is_active=True)
    earlier = Delivery.objects.filter(
        event__alert=alert, event__kind=event.kind, channel=Channel.IN_APP
    )
    for follow in follows.exclude(person__in=earlier.values("person")).select_related("person"):
        yield from _to_person(event, follow.person, is_mailed=False)


def _quiet_until(alert: Alert, route: Route, now: datetime) -> datetime | None:
    """Return when quiet hours end; they hold back all but critical alerts."""
    quiet = parse_quiet_hours(route.quiet_hours)
    return None if quiet is None or alert.severity == Severity.CRITICAL else quiet.until(now)
