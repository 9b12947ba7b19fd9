"""The alerts that a reader may see, as a page and as a feed."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.authorization.access import AccessContext, access_for
from catalog.web.feeds import MOST_ENTRIES, FeedEntry, atom_answer, feed_iri
from catalog.web.pages import render_page
from governance.alerts.kinds import Severity
from governance.alerts.models import OPEN_STATES, Alert, AlertState
from governance.web.alerts.labels import alert_kind_label, alert_state_label

PAGE_SIZE = 50
VIEWS: Mapping[str, tuple[str, ...]] = {
    "open": tuple(OPEN_STATES),
    "resolved": (AlertState.RESOLVED,),
    "all": tuple(AlertState.values),
}


@dataclass(frozen=True, kw_only=True)
class AlertListPage:
    """`view` is one of VIEWS; `severity` is empty for all."""

    alerts: Page[Alert]
    view: str
    severity: str
    severities: tuple[str, ...]


@require_safe
def alert_list(request: HttpRequest) -> HttpResponse:
    """List alerts: the open ones, the most severe first, unless others are asked for."""
    view, severity = request.GET.get("view", "open"), request.GET.get("severity", "")
    view = view if view in VIEWS else "open"
    severity = severity if severity in set(Severity) else ""
    rows = visible_alerts(access_for(request.user)).filter(state__in=VIEWS[view])
    if severity:
        rows = rows.filter(severity=severity)
    order = ("urgency", "-opened_at", "pk") if view == "open" else ("-opened_at", "pk")
    page = AlertListPage(
        alerts=Paginator(rows.order_by(*order), PAGE_SIZE).get_page(request.GET.get("page", "1")),
        view=view,
        severity=severity,
        severities=tuple(Severity),
    )
    return render_page(request, "governance/alerts/list.html", page)


@require_safe
def alert_feed(request: HttpRequest) -> HttpResponseBase:
    """Tell of the alerts that the reader may see, the newest first."""
    return feed_of_alerts(request, access_for(request.user))


def feed_of_alerts(request: HttpRequest, access: AccessContext) -> HttpResponseBase:
    return atom_answer(
        request,
        title=_("Alerts"),
        page=reverse("alert_list"),
        identity=feed_iri("/alerts"),
        entries=map(_entry, visible_alerts(access).order_by("-opened_at", "pk")[:MOST_ENTRIES]),
    )


def visible_alerts(access: AccessContext) -> QuerySet[Alert]:
    ranks = (When(severity=severity, then=Value(rank)) for rank, severity in enumerate(Severity))
    rows = Alert.objects.visible_to(access).annotate(
        urgency=Case(*ranks, output_field=IntegerField())
    )
    return rows.select_related("product__domain", "domain", "assigned_to").defer("product__tree")


def _entry(alert: Alert) -> FeedEntry:
    domain = alert.owning_domain
    state = alert_state_label(alert.state)
    return FeedEntry(
        identity=f"urn:uuid:{alert.uuid}",
        title=f"{alert.product or domain or 'Assay'}: {alert.summary}",
        path=reverse("alert_page", args=[alert.uuid]),
        updated=max(filter(None, (alert.opened_at, alert.acknowledged_at, alert.resolved_at))),
        published=alert.opened_at,
        author=domain.name if domain else "Assay",
        summary=f"{alert_kind_label(alert.kind)}, {alert.severity}. {state}. {alert.resolution}",
        tags=(alert.kind, alert.severity, alert.state),
    )
