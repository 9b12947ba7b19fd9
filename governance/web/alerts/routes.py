"""Where alerts are sent: the routes of a domain and of the mesh, with a test and a ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from catalog.authorization.access import access_for, require_permission, require_user
from catalog.domains.models import Domain
from catalog.exceptions import EditConflict
from catalog.people.models import Person
from catalog.permissions import Permission
from catalog.web.pages import render_form, render_page, submitted
from governance.alerts.addresses import shown_address
from governance.alerts.models import Delivery, DeliveryState, Route
from governance.alerts.services import (
    change_route,
    create_route,
    delete_route,
    rotate_secret,
    send_test,
)
from governance.web.alerts.route_forms import RouteForm, initial_of

MAX_DELIVERIES = 50


@dataclass(frozen=True, kw_only=True)
class RoutePage:
    """A route with its ledger; `secret` is shown once, after it was made."""

    route: Route
    address: str
    secret: str
    deliveries: Sequence[Delivery]
    can_manage: bool


@dataclass(frozen=True, kw_only=True)
class RouteFormPage:
    """`route` is None for a new one; `people` are suggested."""

    form: RouteForm
    route: Route | None
    domain: Domain | None
    address: str
    people: Sequence[Person]


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def route_new(request: HttpRequest, domain: str = "") -> HttpResponse:
    """Create a route of a domain, or of the mesh."""
    place = get_object_or_404(Domain, slug=domain, is_external=False) if domain else None
    require_permission(request.user, _managing(place), place)
    form = RouteForm(submitted(request), initial=initial_of(None))
    if form.is_valid():
        with form.catch_issues():
            actor = require_user(request.user)
            route, secret = create_route(domain=place, fields=form.route_fields(), actor=actor)
            messages.success(request, _("Route created. Send a test to see whether it works."))
            return _show(request, route, secret) if secret else redirect("route_page", route.uuid)
    return _render(request, form, None, place)


@login_required
@require_http_methods(["GET"])
def route_page(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Show a route with what was sent by it."""
    return _show(request, _find(request, uuid, Permission.VIEW_DRAFTS))


@login_required
@require_http_methods(["GET", "POST"])
def route_edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    route = _find(request, uuid)
    form = RouteForm(submitted(request), initial=initial_of(route))
    if form.is_valid():
        route.edition = form.cleaned_data["edition"]
        actor = require_user(request.user)
        try:
            with form.catch_issues():
                change_route(
                    route=route, fields=form.route_fields(), edition=route.edition, actor=actor
                )
                messages.success(request, _("Route saved."))
                return redirect("route_page", uuid)
        except EditConflict as conflict:
            form.show_conflict(conflict, initial_of(_find(request, uuid)))
    return _render(request, form, route, route.domain)


@login_required
@require_POST
def route_delete(request: HttpRequest, uuid: UUID) -> HttpResponse:
    route = _find(request, uuid)
    delete_route(route=route, edition=route.edition, actor=require_user(request.user))
    messages.success(request, _("The route {name} is deleted.").format(name=route.name))
    return redirect("domain_alerting", route.domain.slug) if route.domain else redirect("alerting")


@login_required
@require_POST
def route_test(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Send a synthetic alert by the route now, and say what became of it."""
    route = _find(request, uuid)
    deliveries = send_test(route=route, actor=require_user(request.user), now=timezone.now())
    failed = [row for row in deliveries if row.state != DeliveryState.DELIVERED]
    if not deliveries:
        messages.error(request, _("The route has no recipient now: nothing was sent."))
    elif failed:
        text = _("The test did not arrive: {error}")
        messages.error(request, text.format(error=failed[0].last_error or _("it was withheld.")))
    else:
        messages.success(request, _("The test arrived."))
    return redirect("route_page", uuid)


@never_cache
@login_required
@require_POST
def route_rotate(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Make a new secret of a signed webhook, and show it once."""
    route, actor = _find(request, uuid), require_user(request.user)
    changed, secret = rotate_secret(
        route=route, edition=route.edition, actor=actor, now=timezone.now()
    )
    return _show(request, changed, secret)


def _managing(domain: Domain | None) -> Permission:
    return Permission.MANAGE_DOMAIN if domain else Permission.OPERATE_PLATFORM


def _find(request: HttpRequest, uuid: UUID, permission: Permission | None = None) -> Route:
    """Return a route for those who manage it, or have another permission in its domain."""
    rows = Route.objects.select_related("domain", "person", "team")
    route = get_object_or_404(rows, uuid=uuid)
    require_permission(request.user, permission or _managing(route.domain), route.domain)
    return route


def _show(request: HttpRequest, route: Route, secret: str = "") -> HttpResponse:
    sent = route.deliveries.select_related("event__alert", "person", "route").order_by("-pk")
    domain_id = route.domain_id
    page = RoutePage(
        route=route,
        address=shown_address(route),
        secret=secret,
        deliveries=list(sent[:MAX_DELIVERIES]),
        can_manage=access_for(request.user).can(_managing(route.domain), domain_id),
    )
    return render_page(request, "governance/alerts/route.html", page)


def _render(
    request: HttpRequest, form: RouteForm, route: Route | None, domain: Domain | None
) -> HttpResponse:
    page = RouteFormPage(
        form=form,
        route=route,
        domain=domain,
        address=shown_address(route) if route else "",
        people=list(Person.objects.filter(is_active=True).order_by("username")),
    )
    return render_form(request, "governance/alerts/route_form.html", page)
