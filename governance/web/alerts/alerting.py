"""The rules and routes of alerts, of a domain or of the mesh."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from catalog.authorization.access import (
    access_for,
)
from catalog.domains.models import Domain
from catalog.permissions import Permission
from catalog.web.pages import render_page
from governance.alerts.addresses import shown_address
from governance.alerts.kinds import AlertKind, kinds
from governance.alerts.models import AlertRule, Delivery, Route
from governance.alerts.services import (
    EffectiveRule,
    rules_for,
)
from governance.alerts.services.rules import rule_permission
from governance.web.alerts.wording import condition_text


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """A rule as it applies here; `edit_url` if it is of this place, `add_url` if it is not."""

    kind: AlertKind
    severity: str
    condition: str
    origin: str
    is_off: bool = False
    edit_url: str = ""
    add_url: str = ""


@dataclass(frozen=True)
class RouteRow:
    """A route with where it leads and its last delivery."""

    route: Route
    target: str
    last: Delivery | None


@dataclass(frozen=True, kw_only=True)
class AlertingPage:
    """`domain` is None for the mesh; `domains` can be chosen."""

    domain: Domain | None
    domains: Sequence[Domain]
    rules: Sequence[RuleRow]
    routes: Sequence[RouteRow]
    can_edit_rules: bool
    can_see_routes: bool
    can_edit_routes: bool


@login_required
@require_safe
def alerting(request: HttpRequest, domain: str = "") -> HttpResponse:
    """Show which rules apply and where alerts are sent."""
    if slug := request.GET.get("domain", ""):
        return redirect("domain_alerting", slug)
    place = find_place(domain)
    access, domain_id = access_for(request.user), place.pk if place else None
    reads_all = Permission.VIEW_DRAFTS if place else Permission.OPERATE_PLATFORM
    can_see_routes = access.can(reads_all, domain_id)
    can_edit_rules = access.can(rule_permission(AlertRule(domain=place)), domain_id)
    page = AlertingPage(
        domain=place,
        domains=list(Domain.objects.filter(is_external=False).order_by("name")),
        rules=list(_rules(place, can_edit=can_edit_rules)),
        routes=_routes(place) if can_see_routes else [],
        can_edit_rules=can_edit_rules,
        can_see_routes=can_see_routes,
        can_edit_routes=access.can(
            Permission.MANAGE_DOMAIN if place else Permission.OPERATE_PLATFORM, domain_id
        ),
    )
    return render_page(request, "governance/alerts/alerting.html", page)


def find_place(slug: str) -> Domain | None:
    return get_object_or_404(Domain, slug=slug, is_external=False) if slug else None


def _all_rules() -> QuerySet[AlertRule]:
    return AlertRule.objects.select_related("product__domain", "domain").order_by("kind", "pk")


def _rules(place: Domain | None, *, can_edit: bool) -> Iterator[RuleRow]:
    """Yield the rules by kind: those of this place and its products, else what applies here."""
    of_products = _all_rules().filter(product__domain=place) if place else _all_rules().none()
    own = [*_all_rules().filter(domain=place, product=None), *of_products]
    for kind in kinds().values():
        if kind.is_of_installation and place:
            continue
        rows = [row for row in own if row.kind == kind.key]
        yield from (_own_row(kind, row) for row in rows)
        if not any(row.product_id is None for row in rows):
            yield from _applying_rows(kind, place)


def _own_row(kind: AlertKind, row: AlertRule) -> RuleRow:
    return RuleRow(
        kind=kind,
        severity=row.severity,
        condition=condition_text(row.parameters),
        origin=str(row.product or row.domain or _("the whole mesh")),
        is_off=not row.is_enabled,
        edit_url=reverse("rule_edit", args=[row.uuid]),
    )


def _applying_rows(kind: AlertKind, place: Domain | None) -> Iterator[RuleRow]:
    route, args = ("domain_rule_new", [place.slug]) if place else ("rule_new", [])
    add_url = reverse(route, args=[*args, kind.key])
    rules = rules_for(kind.key, place)
    if not rules:
        origin = _("no rule is on")
        yield RuleRow(
            kind=kind, severity="", condition="", origin=origin, is_off=True, add_url=add_url
        )
    for rule in rules:
        yield RuleRow(
            kind=kind,
            severity=rule.severity,
            condition=condition_text(rule.parameters),
            origin=_origin(rule),
            add_url=add_url,
        )


def _origin(rule: EffectiveRule) -> str:
    if rule.row is None:
        return _("standard")
    return rule.row.domain.name if rule.row.domain else _("the whole mesh")


def _routes(place: Domain | None) -> list[RouteRow]:
    routes = Route.objects.filter(domain=place).select_related("person", "team")
    return [
        RouteRow(
            route=route,
            target=str(route.person or route.team or shown_address(route)),
            last=route.deliveries.order_by("-pk").first(),
        )
        for route in routes.order_by("name", "pk")
    ]
