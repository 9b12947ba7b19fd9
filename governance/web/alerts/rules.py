"""The forms of rules: when an alert of a kind opens, in a domain or in the mesh."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from catalog.authorization.access import require_permission, require_user
from catalog.domains.models import Domain
from catalog.exceptions import EditConflict
from catalog.web.pages import render_form, submitted
from governance.alerts.kinds import AlertKind, kinds
from governance.alerts.models import AlertRule
from governance.alerts.services import change_rule, create_rule, delete_rule
from governance.alerts.services.rules import rule_permission
from governance.web.alerts.alerting import find_place
from governance.web.alerts.rule_forms import RuleForm, initial_of_rule


@dataclass(frozen=True, kw_only=True)
class RuleFormPage:
    """`rule` is None for a new one; `place` is where it applies, `back_url` its list."""

    form: RuleForm
    kind: AlertKind
    rule: AlertRule | None
    place: str
    back_url: str


@login_required
@require_http_methods(["GET", "POST"])
def rule_new(request: HttpRequest, kind: str, domain: str = "") -> HttpResponse:
    """Set a rule of a kind of alert for a domain, or for the mesh."""
    place, definition = find_place(domain), _kind(kind)
    require_permission(request.user, rule_permission(AlertRule(domain=place)), place)
    form = RuleForm(submitted(request), kind=definition, initial=initial_of_rule(None, definition))
    if form.is_valid():
        with form.catch_issues():
            actor = require_user(request.user)
            create_rule(kind=kind, fields=form.rule_fields(), actor=actor, domain=place)
            messages.success(request, _("Rule saved. Only the rules of this place apply here now."))
            return redirect(_list_url(place))
    return _render(request, form, definition, None, place)


@login_required
@require_http_methods(["GET", "POST"])
def rule_edit(request: HttpRequest, uuid: UUID) -> HttpResponse:
    rule = _find_rule(request, uuid)
    definition = _kind(rule.kind)
    initial = initial_of_rule(rule, definition)
    form = RuleForm(submitted(request), kind=definition, initial=initial)
    if form.is_valid():
        rule.edition = form.cleaned_data["edition"]
        fields, actor = form.rule_fields(), require_user(request.user)
        try:
            with form.catch_issues():
                change_rule(rule=rule, fields=fields, edition=rule.edition, actor=actor)
                messages.success(request, _("Rule saved."))
                return redirect(_list_url(rule.owning_domain))
        except EditConflict as conflict:
            form.show_conflict(conflict, initial_of_rule(_find_rule(request, uuid), definition))
    return _render(request, form, definition, rule, rule.owning_domain)


@login_required
@require_POST
def rule_delete(request: HttpRequest, uuid: UUID) -> HttpResponse:
    rule = _find_rule(request, uuid)
    delete_rule(rule=rule, edition=rule.edition, actor=require_user(request.user))
    messages.success(request, _("Rule removed. What applies above applies here again."))
    return redirect(_list_url(rule.owning_domain))


def _kind(key: str) -> AlertKind:
    if key not in kinds():
        raise Http404
    return kinds()[key]


def _list_url(place: Domain | None) -> str:
    return reverse("domain_alerting", args=[place.slug]) if place else reverse("alerting")


def _find_rule(request: HttpRequest, uuid: UUID) -> AlertRule:
    rule = get_object_or_404(
        AlertRule.objects.select_related("product__domain", "domain"), uuid=uuid
    )
    require_permission(request.user, rule_permission(rule), rule.owning_domain)
    return rule


def _render(
    request: HttpRequest,
    form: RuleForm,
    kind: AlertKind,
    rule: AlertRule | None,
    place: Domain | None,
) -> HttpResponse:
    subject = (rule.product if rule else None) or place
    page = RuleFormPage(
        form=form,
        kind=kind,
        rule=rule,
        place=subject.name if subject else _("the whole mesh"),
        back_url=_list_url(place),
    )
    return render_form(request, "governance/alerts/rule_form.html", page)
