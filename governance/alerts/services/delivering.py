"""Sends what is due, at least once and always with the same id, and keeps the ledger.

A worker that ends between sending and writing sends again once its claim is over: the receiver
knows the message by its id.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalog.authorization.access import (
    EVERYTHING,
    MEMBERS,
    PUBLIC,
    AccessContext,
    access_for,
)
from catalog.authorization.tree import domains_within
from catalog.domains.models import Domain
from catalog.permissions import Role
from governance.alerts.addresses import address_of
from governance.alerts.channels.mail import Mail, open_sender
from governance.alerts.channels.web import WebMessage, post
from governance.alerts.kinds import SYNTHETIC, kind_of
from governance.alerts.messages import Message, isoformat, message_id, webhook_body
from governance.alerts.models import (
    WEB_CHANNELS,
    Channel,
    Delivery,
    DeliveryState,
    Route,
)
from governance.alerts.outcomes import DELIVERED, Outcome
from governance.alerts.retries import delay_after
from governance.alerts.services.fan_out import fan_out
from governance.alerts.services.route_state import note_failure, note_success
from governance.alerts.signing import format_secret, is_signed, signature_headers

BATCH = 100
MAIL_SECONDS = 30
WITHHELD = "the recipient may not see this alert"


def deliver(*, now: datetime) -> int:
    """Fan events out, and send the deliveries that are due; return how many were tried."""
    fan_out(now=now)
    return send_claimed(deliveries=claim_deliveries(now=now), now=now)


def claim_deliveries(*, now: datetime, only: Sequence[int] | None = None) -> list[Delivery]:
    """Claim due deliveries: the conditional UPDATE is the claim, so no two workers get one."""
    claim = uuid4()
    turns = Delivery.objects.due(now).in_turns().values_list("pk", flat=True)
    pks = list(turns[:BATCH]) if only is None else only
    due = Delivery.objects.due(now).filter(pk__in=pks)
    if not pks or not due.update(
        claim=claim, claimed_until=now + Delivery.CLAIM_DURATION, attempts=F("attempts") + 1
    ):
        return []
    claimed = Delivery.objects.filter(claim=claim).select_related(
        "event__alert__product__domain",
        "event__alert__domain",
        "route__team",
        "route__domain",
        "person",
    )
    return list(claimed.order_by("pk"))


def send_claimed(*, deliveries: Sequence[Delivery], now: datetime) -> int:
    """Send claimed deliveries outside any transaction; return how many were tried."""
    posts: list[Delivery] = []
    mails: list[Delivery] = []
    for delivery in deliveries:
        if (reason := _withheld(delivery)) is not None:
            _end(delivery, DeliveryState.WITHHELD, reason)
        elif delivery.channel in WEB_CHANNELS:
            posts.append(delivery)
        elif delivery.channel == Channel.MAIL:
            mails.append(delivery)
        else:
            _record(delivery=delivery, outcome=_deliver_here(delivery), now=now)
    _mail(mails, now)
    messages = [WebMessage(_route_of(delivery), message_of(delivery)) for delivery in posts]
    # A signature is of the time of its attempt, which receivers compare with their clock.
    outcomes = post(messages, timezone.now()) if messages else []
    for delivery, outcome in zip(posts, outcomes, strict=True):
        _record(delivery=delivery, outcome=outcome, now=now)
    return len(deliveries)


def give_up(*, deliveries: Sequence[Delivery]) -> None:
    """Try these deliveries not again if they failed: somebody waits for the result."""
    pks = [delivery.pk for delivery in deliveries]
    rows = Delivery.objects.filter(pk__in=pks, state=DeliveryState.PENDING)
    rows.update(state=DeliveryState.DEAD, claimed_until=None)


def message_of(delivery: Delivery) -> Message:
    event = delivery.event
    alert = event.alert
    domain = alert.owning_domain
    base = settings.ASSAY_BASE_IRI.rstrip("/")
    return Message(
        id=message_id(delivery.uuid),
        event=event.kind,
        at=isoformat(event.at),
        alert=str(alert.uuid),
        kind=alert.kind,
        label=kind_of(alert.kind).label,
        severity=alert.severity,
        state=alert.state,
        summary=alert.summary,
        note=event.note,
        actor=event.actor,
        count=alert.count,
        opened_at=isoformat(alert.opened_at),
        resolved_at=isoformat(alert.resolved_at) if alert.resolved_at else None,
        product=alert.product.name if alert.product else "",
        product_id=str(alert.product.uuid) if alert.product else None,
        domain=domain.name if domain else "",
        url=f"{base}/alerts/{alert.uuid}",
        evidence=alert.evidence,
    )


def access_of_route(route: Route) -> AccessContext:
    """Return what may be sent by a route that names no person.

    A team's mailbox gets what the team may read; another address what the route's domain and its
    subdomains may.
    """
    if route.team is None and route.domain_id is None:
        return EVERYTHING
    parents = Domain.objects.parents()
    tokens = {PUBLIC, MEMBERS}
    if route.team is None:
        assert route.domain_id is not None
        domains = set(domains_within(parents, route.domain_id))
    else:
        tokens.add(f"team:{route.team.pk}")
        owned = Domain.objects.filter(owner_team=route.team).values_list("pk", flat=True)
        domains = {pk for top in owned for pk in domains_within(parents, top)}
    tokens |= {f"{kind}:{pk}" for pk in domains for kind in ("domain", "drafts")}
    # What a contributor of these domains may see.
    roles: dict[int | None, frozenset[Role]] = dict.fromkeys(domains, frozenset({Role.CONTRIBUTOR}))
    return AccessContext(tokens=frozenset(tokens), roles=roles, is_signed_in=True)


def _withheld(delivery: Delivery) -> str | None:
    """Return why a delivery must not be sent, as things are now; None if it may be."""
    route, person = delivery.route, delivery.person
    if route is not None and not route.is_enabled:
        return "the route is off"
    if delivery.event.alert.kind == SYNTHETIC.key:
        return None
    if person is not None:
        access, is_active = access_for(person), person.is_active
    else:
        access, is_active = access_of_route(_route_of(delivery)), True
    may_see = is_active and delivery.event.alert.is_visible_to(access)
    return None if may_see else WITHHELD


def _route_of(delivery: Delivery) -> Route:
    assert delivery.route is not None
    return delivery.route


def _deliver_here(delivery: Delivery) -> Outcome:
    """Deliver to the inbox, which shows the row itself; or sign and verify a synthetic alert."""
    if delivery.channel == Channel.IN_APP:
        return DELIVERED
    message = message_of(delivery)
    body, secret = webhook_body(message), format_secret(delivery.uuid.bytes * 2)
    at = int(timezone.now().timestamp())
    headers = signature_headers([secret], message_id=message.id, timestamp=at, body=body)
    is_right = is_signed(headers, body, secret=secret)
    return DELIVERED if is_right else Outcome(error="the signature is wrong")


def _mail(deliveries: Iterable[Delivery], now: datetime) -> None:
    """Mail one after another; what is left after MAIL_SECONDS is due again at once."""
    ends_at = time.monotonic() + MAIL_SECONDS
    with open_sender() as send:
        for delivery in deliveries:
            if time.monotonic() >= ends_at:
                free = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING)
                free.update(claimed_until=None, attempts=F("attempts") - 1)
            elif address := _mail_address(delivery):
                _record(
                    delivery=delivery, outcome=send(Mail(address, message_of(delivery))), now=now
                )
            else:
                _end(delivery, DeliveryState.WITHHELD, "the recipient has no e-mail address")


def _mail_address(delivery: Delivery) -> str:
    if delivery.person is not None:
        return delivery.person.email
    route = _route_of(delivery)
    return route.team.email if route.team else address_of(route)


@transaction.atomic
def _record(*, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """Write what became of an attempt, and when the next one is."""
    rows = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING)
    if not outcome.error:
        rows.update(
            state=DeliveryState.DELIVERED,
            delivered_at=max(timezone.now(), delivery.created_at),
            claimed_until=None,
            last_error="",
        )
        note_success(delivery=delivery, now=now)
        return
    spread = delivery.uuid.int % 1000 / 1000
    delay = None if outcome.is_final else delay_after(delivery.attempts, spread=spread)
    if delay is None:
        _end(delivery, DeliveryState.DEAD, outcome.error)
    else:
        next_attempt_at = now + max(delay, outcome.retry_after)
        rows.update(
            claimed_until=None, next_attempt_at=next_attempt_at, last_error=outcome.error[:300]
        )
    note_failure(delivery=delivery, outcome=outcome, is_dead=delay is None, now=now)


def _end(delivery: Delivery, state: DeliveryState, reason: str) -> None:
    rows = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING)
    rows.update(state=state, claimed_until=None, last_error=reason[:300])
