"""Pages to create and edit a domain."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.audit.models import AuditEvent
from catalog.authorization.access import AccessContext, access_for, require_permission, require_user
from catalog.domains.models import Domain, FormerDomainSlug
from catalog.domains.services import create_domain, edit_domain
from catalog.exceptions import EditConflict, NameConflict, ValidationFailed
from catalog.permissions import Permission
from catalog.web.domains.forms import DomainFields, DomainForm, NewDomainForm
from catalog.web.domains.teams import manageable_teams
from catalog.web.pages import render_page


@dataclass(frozen=True)
class NewDomainPage:
    form: NewDomainForm


@dataclass(frozen=True, kw_only=True)
class EditDomainPage:
    """`last_edit` is the change that an edit conflict is with."""

    domain: Domain
    form: DomainForm
    last_edit: AuditEvent | None


@login_required
@require_http_methods(["GET", "POST"])
def domain_new(request: HttpRequest) -> HttpResponse:
    """Create a domain, at the top or below one that the person manages."""
    reader = access_for(request.user)
    if not _managed(reader):
        require_permission(request.user, Permission.MANAGE_DOMAIN, None)
    asked = Domain.objects.filter(slug=request.GET.get("parent", "")).first()
    form = NewDomainForm(
        request.POST if request.method == "POST" else None,
        initial={"parent": asked} if asked else {},
    )
    _offer(form, reader, None)
    if request.method == "POST" and form.is_valid():
        try:
            domain = create_domain(actor=require_user(request.user), **form.service_values())
        except (ValidationFailed, NameConflict) as error:
            form.add_issues(error)
        else:
            messages.success(request, _("Domain created. Name its owner and its steward."))
            return redirect("domain_people", domain.slug)
    status = 422 if form.errors else 200
    return render_page(request, "catalog/domains/new.html", NewDomainPage(form), status=status)


@login_required
@require_http_methods(["GET", "POST"])
def domain_edit(request: HttpRequest, domain: str) -> HttpResponse:
    """Edit a domain; on an edit conflict, show both versions and keep what was submitted."""
    found = _find(domain)
    if found.slug != domain and request.method != "POST":
        return redirect("domain_edit", found.slug)
    require_permission(request.user, Permission.MANAGE_DOMAIN, found)
    initial = DomainForm.initial_from(found) | {"edition": found.edition}
    form = DomainForm(request.POST if request.method == "POST" else None, initial=initial)
    _offer(form, access_for(request.user), found)
    if request.method != "POST":
        return _show(request, found, form, 200)
    if not form.is_valid():
        return _show(request, found, form, 422)
    return _write(request, found, form)


def _find(slug: str) -> Domain:
    """Return the domain that has a slug, or had it: it may be renamed while someone edits it."""
    domains = Domain.objects.select_related("parent", "owner_team")
    former = FormerDomainSlug.objects.filter(slug=slug).values("domain_id")
    found = domains.filter(slug=slug).first() or domains.filter(pk__in=former).first()
    if found is None:
        raise Http404
    return found


def _write(request: HttpRequest, domain: Domain, form: DomainForm) -> HttpResponse:
    edition, person = form.cleaned_data["edition"], require_user(request.user)
    try:
        values = form.service_values()
        changed = edit_domain(domain=domain, edition=edition, actor=person, **values)
    except EditConflict as conflict:
        domain = Domain.objects.get(pk=domain.pk)
        form.show_conflict(conflict, DomainForm.initial_from(domain))
        return _show(request, domain, form, 409)
    except (ValidationFailed, NameConflict) as error:
        form.add_issues(error)
        return _show(request, Domain.objects.get(pk=domain.pk), form, 422)
    messages.success(request, _("Saved."))
    return redirect("domain_page", changed.slug)


def _show(request: HttpRequest, domain: Domain, form: DomainForm, status: int) -> HttpResponse:
    last = AuditEvent.objects.about("domain", str(domain.uuid)).first() if form.conflict else None
    page = EditDomainPage(domain=domain, form=form, last_edit=last)
    return render_page(request, "catalog/domains/edit.html", page, status=status)


def _managed(reader: AccessContext) -> bool:
    return reader.can(Permission.MANAGE_DOMAIN, None) or bool(
        reader.domains_with(Permission.MANAGE_DOMAIN)
    )


def _offer(form: DomainFields, reader: AccessContext, domain: Domain | None) -> None:
    """Offer what this person may choose: the current values, and what they manage."""
    if reader.can(Permission.MANAGE_DOMAIN, None):
        return
    parents = set(reader.domains_with(Permission.MANAGE_DOMAIN))
    teams = {team.pk for team in manageable_teams(reader)}
    if domain is not None:
        parents |= {domain.parent_id} if domain.parent_id else set()
        teams |= {domain.owner_team_id} if domain.owner_team_id else set()
    form.offer(parents=parents, teams=teams)
