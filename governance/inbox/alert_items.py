"""Open alerts that a person acts on, or knows of because they follow the product."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.products.models import Follow
from governance.alerts.kinds import Severity
from governance.alerts.models import Alert, AlertState, Channel, Delivery, DeliveryState
from governance.inbox.items import MAX_OF_A_KIND, InboxItem, ItemKind


def alert_items(person: Person, access: AccessContext, now: datetime) -> Iterator[InboxItem]:
    """Yield the open alerts of a person, without silenced ones.

    Those of their domains, and those that a route sends to them, are left out while they are
    assigned to another person.
    """
    edited = access.domains_with(Permission.EDIT_PRODUCTS)
    own = Q(product__domain__in=edited) | Q(domain__in=edited)
    if access.can(Permission.OPERATE_PLATFORM, None):
        own |= Q(product__isnull=True, domain__isnull=True)
    routed = Delivery.objects.filter(
        event__alert=OuterRef("pk"),
        person=person,
        route__isnull=False,
        channel=Channel.IN_APP,
        state=DeliveryState.DELIVERED,
    )
    follows = Exists(Follow.objects.filter(person=person, product=OuterRef("product")))
    is_free = Q(assigned_to__isnull=True) | Q(assigned_to__is_active=False)
    alerts = Alert.objects.open().visible_to(access)
    alerts = alerts.filter(Q(assigned_to=person) | (own | Exists(routed)) & is_free | Q(follows))
    alerts = alerts.exclude(silenced_until__gt=now)
    rows = alerts.select_related("product__domain", "domain", "assigned_to").defer("product__tree")
    for alert in rows.order_by("-opened_at", "pk")[:MAX_OF_A_KIND]:
        yield InboxItem(
            kind=ItemKind.ALERT,
            key=f"alert:{alert.uuid}",
            title=str(alert.product or alert.domain or _("This installation")),
            text=_describe(alert, person),
            path=reverse("alert_page", args=[alert.uuid]),
            severity=Severity(alert.severity),
            since=alert.opened_at,
            product=alert.product,
        )


def _describe(alert: Alert, person: Person) -> str:
    if alert.assigned_to == person:
        return f"{alert.summary} {_('It is assigned to you.')}"
    if alert.assigned_to:
        name = alert.assigned_to.display_name
        return f"{alert.summary} {_('{name} looks after it.').format(name=name)}"
    if alert.state == AlertState.ACKNOWLEDGED:
        return f"{alert.summary} {_('It is acknowledged.')}"
    return alert.summary
