"""One alert: what it is about, what happened to it, whom it reached, and what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from catalog.authorization.access import AccessContext, access_for, require_user
from catalog.authorization.models import Membership
from catalog.exceptions import EditConflict
from catalog.people.models import Person
from catalog.permissions import Permission, roles_with
from catalog.publication.services import owners_and_stewards
from catalog.types import JSONObject
from catalog.web.pages import render_page
from governance.alerts.models import Alert, AlertEvent, Delivery
from governance.inbox.reading import recount
from governance.web.alerts.forms import (
    AcknowledgeForm,
    ActForm,
    AssignForm,
    ResolveForm,
    SilenceForm,
)
from governance.web.alerts.wording import Fact, evidence_facts

MAX_EVENTS = MAX_DELIVERIES = 100
Forms = Mapping[str, ActForm]


@dataclass(frozen=True, kw_only=True)
class AlertPage:
    """`deliveries` and `forms` are for those who may act; `actors` are whom all others can ask."""

    alert: Alert
    evidence: Sequence[Fact]
    events: Sequence[AlertEvent]
    deliveries: Sequence[Delivery]
    can_act: bool
    actors: Sequence[Person]
    is_silenced: bool
    has_conflict: bool
    forms: Forms


@require_safe
def alert_page(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show an alert to who may see it."""
    access = access_for(request.user)
    alert = _find(access, uuid)
    page = _page(alert, access, _forms(alert))
    return render_page(request, "governance/alerts/alert.html", page)


@login_required
@require_POST
def alert_act(request: HttpRequest, uuid: UUID, act: str) -> HttpResponse:
    """Acknowledge, assign, resolve or silence an alert as the person has read it."""
    person, access = require_user(request.user), access_for(request.user)
    alert = _find(access, uuid)
    forms = _forms(alert, act, request.POST)
    if act not in forms:
        raise Http404
    form, status = forms[act], 422
    if form.is_valid():
        try:
            with form.catch_issues():
                form.apply(alert, person)
                recount(person)
                messages.success(request, _("Saved."))
                return redirect("alert_page", uuid)
        except EditConflict:
            status = 409
        alert = _find(access, uuid)
        forms = _forms(alert) if status == 409 else forms
    page = _page(alert, access, forms, has_conflict=status == 409)
    return render_page(request, "governance/alerts/alert.html", page, status=status)


def _find(access: AccessContext, uuid: UUID) -> Alert:
    related = ("product__domain", "domain", "assigned_to", "acknowledged_by", "resolved_by", "rule")
    rows = Alert.objects.visible_to(access).select_related(*related).defer("product__tree")
    return get_object_or_404(rows, uuid=uuid)


def _forms(alert: Alert, act: str = "", data: QueryDict | None = None) -> Forms:
    """Return the forms by what they do; one of them has what was sent."""
    initial = {"edition": alert.edition, "person": alert.assigned_to_id}

    def options(name: str) -> JSONObject:
        sent = data if name == act else None
        return {"data": sent, "initial": initial, "auto_id": f"{name}_%s"}

    return {
        "acknowledge": AcknowledgeForm(**options("acknowledge")),
        "assign": AssignForm(**options("assign"), people=_actors(alert)),
        "resolve": ResolveForm(**options("resolve")),
        "silence": SilenceForm(**options("silence")),
    }


def _page(
    alert: Alert, access: AccessContext, forms: Forms, *, has_conflict: bool = False
) -> AlertPage:
    domain = alert.owning_domain
    needed = Permission.EDIT_PRODUCTS if domain else Permission.OPERATE_PLATFORM
    can_act = access.can(needed, domain.pk if domain else None)
    deliveries = Delivery.objects.filter(event__alert=alert).select_related(
        "event", "route", "person"
    )
    return AlertPage(
        alert=alert,
        evidence=list(evidence_facts(alert.evidence)),
        events=list(alert.events.order_by("-pk")[:MAX_EVENTS]),
        deliveries=list(deliveries.order_by("-pk")[:MAX_DELIVERIES]) if can_act else [],
        can_act=can_act,
        actors=_actors(alert),
        is_silenced=alert.is_silenced(timezone.now()),
        has_conflict=has_conflict,
        forms=forms if can_act else {},
    )


def _actors(alert: Alert) -> list[Person]:
    """Return who looks after such an alert: owners and stewards, or the platform's operators."""
    if domain := alert.owning_domain:
        owners, stewards = owners_and_stewards(domain)
        people = [*owners, *stewards]
    else:
        roles = roles_with(Permission.OPERATE_PLATFORM)
        rows = Membership.objects.active().filter(domain=None, role__in=roles)
        people = [row.person for row in rows.select_related("person").order_by("pk")]
    if alert.assigned_to:
        people.append(alert.assigned_to)
    return list({person.pk: person for person in people}.values())
