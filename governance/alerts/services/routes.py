"""Writes routes: where the alerts of a domain or of the mesh are sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from catalog.audit.services import record
from catalog.authorization.access import require_permission
from catalog.domains.models import Domain
from catalog.exceptions import NotFound, require_edition, require_valid
from catalog.issues import Issue, did_you_mean
from catalog.people.models import Person, Team
from catalog.permissions import Permission
from catalog.ports.addresses import check_url
from catalog.ports.http_client import allowed_targets
from catalog.ports.http_types import FetchFailed
from catalog.types import JSONObject
from governance.alerts.addresses import address_of, encrypt_address, secret_of
from governance.alerts.kinds import SYNTHETIC, Severity, kinds
from governance.alerts.models import (
    WEB_CHANNELS,
    Alert,
    AlertState,
    Channel,
    Delivery,
    EventKind,
    Route,
)
from governance.alerts.quiet_hours import quiet_hours_issues
from governance.alerts.services.delivering import claim_deliveries, give_up, send_claimed
from governance.alerts.services.events import record_alert_event
from governance.alerts.services.fan_out import deliveries_by_route
from governance.alerts.services.route_state import route_subject

MAX_ROUTES = 100
CHOICES = (Channel.IN_APP, Channel.MAIL, *WEB_CHANNELS)


@dataclass(frozen=True, kw_only=True)
class RouteFields:
    """What people write of a route; an empty `address` keeps the one that it has."""

    name: str
    channel: str
    address: str = ""
    person: Person | None = None
    team: Team | None = None
    severities: Sequence[str] = ()
    kinds: Sequence[str] = ()
    quiet_hours: JSONObject = field(default_factory=dict)
    receives_synthetic: bool = False
    is_enabled: bool = True


@transaction.atomic
def create_route(*, domain: Domain | None, fields: RouteFields, actor: Person) -> tuple[Route, str]:
    """Return a new route and, for a signed webhook, its secret, which is never shown again.

    Raises PermissionDenied, ValidationFailed.
    """
    require_permission(actor, manage_permission(domain), domain)
    route = Route(uuid=uuid4(), domain=domain, created_by=actor)
    if Route.objects.filter(domain=domain).count() >= MAX_ROUTES:
        message = _("There are {limit} routes already.").format(limit=MAX_ROUTES)
        require_valid([Issue(location="name", message=message)])
    _write(route, fields)
    record(actor=actor, verb="created", subject=route_subject(route), after=_audited(route))
    return route, secret_of(route) if route.channel == Channel.WEBHOOK else ""


@transaction.atomic
def change_route(*, route: Route, fields: RouteFields, edition: int, actor: Person) -> Route:
    """Raises PermissionDenied, NotFound, EditConflict, ValidationFailed."""
    current = _lock(route, edition, actor)
    before = _audited(current)
    if fields.is_enabled:
        current.disabled_reason = ""
    _write(current, fields)
    record(
        actor=actor,
        verb="edited",
        subject=route_subject(current),
        before=before,
        after=_audited(current),
    )
    return current


@transaction.atomic
def delete_route(*, route: Route, edition: int, actor: Person) -> None:
    """Raises PermissionDenied, NotFound, EditConflict."""
    current = _lock(route, edition, actor)
    record(actor=actor, verb="deleted", subject=route_subject(current), before=_audited(current))
    current.delete()


@transaction.atomic
def rotate_secret(*, route: Route, edition: int, actor: Person, now: datetime) -> tuple[Route, str]:
    """Return a route with a new secret, which is shown once; for a day the old one signs too.

    Raises PermissionDenied, NotFound, EditConflict, ValidationFailed.
    """
    current = _lock(route, edition, actor)
    if current.channel != Channel.WEBHOOK:
        message = _("Only signed webhooks have a secret.")
        require_valid([Issue(location="channel", message=message)])
    current.secret_generation += 1
    current.secret_rotated_at = now
    current.edition += 1
    current.save()
    record(actor=actor, verb="made a new secret", subject=route_subject(current))
    return current, secret_of(current)


def send_test(*, route: Route, actor: Person, now: datetime) -> list[Delivery]:
    """Send a synthetic alert by one route now; return its deliveries as they ended.

    It goes the way of every alert but for the routing, also by a route that is off for alerts of
    its kind. A failure is not tried again. Raises PermissionDenied.
    """
    require_permission(actor, manage_permission(route.domain), route.domain)
    with transaction.atomic():
        alert = Alert.objects.create(
            key=f"test:{uuid4()}",
            kind=SYNTHETIC.key,
            domain=route.domain,
            severity=Severity.INFO,
            state=AlertState.RESOLVED,
            is_firing=False,
            summary=_("Test of the route “{name}”.").format(name=route.name),
            opened_at=now,
            last_seen_at=now,
            resolved_at=now,
            resolution=_("It was only a test."),
        )
        event = record_alert_event(alert, EventKind.OPEN, actor=actor, at=now)
        deliveries = list(deliveries_by_route(event, route))
        for delivery in deliveries:
            delivery.next_attempt_at = now
            delivery.save()
    claimed = claim_deliveries(now=now, only=[delivery.pk for delivery in deliveries])
    send_claimed(deliveries=claimed, now=now)
    give_up(deliveries=claimed)
    return list(event.deliveries.all())


def manage_permission(domain: Domain | None) -> Permission:
    """Return what managing routes needs: in a domain that of its owners, else of operators."""
    return Permission.MANAGE_DOMAIN if domain else Permission.OPERATE_PLATFORM


def _lock(route: Route, edition: int, actor: Person) -> Route:
    rows = Route.objects.select_for_update(of=("self",)).select_related("domain", "person", "team")
    current = rows.filter(pk=route.pk).first()
    if current is None:
        raise NotFound(_("This route was deleted."))
    require_permission(actor, manage_permission(current.domain), current.domain)
    require_edition(sent=edition, read=route.edition, current=current.edition)
    return current


def _write(route: Route, fields: RouteFields) -> None:
    is_new = route.pk is None
    address = fields.address.strip()
    previous = "" if is_new or route.channel != fields.channel else address_of(route)
    require_valid(list(_issues(fields, address or previous)))
    has_address = fields.channel in WEB_CHANNELS or not (fields.person or fields.team)
    route.name = " ".join(fields.name.split())
    route.channel = fields.channel
    route.person = None if fields.channel in WEB_CHANNELS else fields.person
    route.team = None if fields.channel in WEB_CHANNELS else fields.team
    route.encrypted_address = encrypt_address(route, address or previous) if has_address else ""
    route.severities = [severity.value for severity in Severity if severity in fields.severities]
    route.kinds = sorted(set(fields.kinds))
    route.quiet_hours = fields.quiet_hours
    route.receives_synthetic = fields.receives_synthetic
    route.is_enabled = fields.is_enabled
    route.edition += 0 if is_new else 1
    route.save()


def _issues(fields: RouteFields, address: str) -> Iterator[Issue]:
    name = fields.name.strip()
    if not name or len(name) > 120:
        yield Issue(location="name", message=_("A name of at most 120 characters is needed."))
    if fields.channel not in CHOICES:
        hint = did_you_mean(fields.channel, CHOICES)
        yield Issue(location="channel", message=_("Unknown channel."), hint=hint)
        return
    yield from _target_issues(fields, address)
    for severity in fields.severities:
        if severity not in list(Severity):
            hint = did_you_mean(severity, list(Severity))
            yield Issue(location="severities", message=_("Unknown severity."), hint=hint)
    for kind in fields.kinds:
        if kind not in kinds():
            hint = did_you_mean(kind, kinds())
            yield Issue(location="kinds", message=_("Unknown kind of alert."), hint=hint)
    yield from quiet_hours_issues(fields.quiet_hours)


def _target_issues(fields: RouteFields, address: str) -> Iterator[Issue]:
    if fields.channel in WEB_CHANNELS:
        try:
            check_url(address, allowed=allowed_targets())
        except FetchFailed as error:
            message = _("This address cannot be used: {reason}.").format(reason=error.message)
            hint = _("Give the whole URL of a public receiver, as https://hooks.example.org/alerts")
            yield Issue(location="address", message=message, hint=hint)
        return
    if fields.person and fields.team:
        yield Issue(location="team", message=_("Choose a person or a team, not both."))
    if fields.person or fields.team:
        return
    if fields.channel == Channel.IN_APP:
        yield Issue(location="person", message=_("An inbox is that of a person or a team."))
        return
    try:
        validate_email(address)
    except ValidationError:
        message = _("Give a person, a team, or a valid e-mail address.")
        yield Issue(location="address", message=message)


def _audited(route: Route) -> JSONObject:
    """Return a route for the audit trail, without its address."""
    return {
        "name": route.name,
        "channel": route.channel,
        "recipient": str(route.person or route.team or ""),
        "severities": route.severities,
        "kinds": route.kinds,
        "quiet_hours": route.quiet_hours,
        "receives_synthetic": route.receives_synthetic,
        "is_enabled": route.is_enabled,
    }
