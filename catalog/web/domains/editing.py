"""Pages on which a domain begins and is changed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.audit.models import AuditEvent
from catalog.authorization.access import AccessContext, access_for, require_permission
from catalog.domains.models import Domain, FormerDomainSlug
from catalog.domains.services import create_domain, edit_domain
from catalog.exceptions import EditConflict, NameConflict, ValidationFailed
from catalog.permissions import Permission
from catalog.web.domains.forms import DomainFields, DomainForm, NewDomainForm
from catalog.web.domains.teams import manageable_teams


@login_required
@require_http_methods(["GET", "POST"])
def domain_new(request: HttpRequest) -> HttpResponse:
    """Begin a domain, at the top or as a part of one that one manages."""
    reader = access_for(request.user)
    if not _managed(reader):
        require_permission(request.user, Permission.MANAGE_DOMAIN, None)
    asked = Domain.objects.filter(slug=request.GET.get("parent", "")).first()
    sheet = NewDomainForm(
        request.POST if request.method == "POST" else None,
        initial={"parent": asked} if asked else {},
    )
    _offer(sheet, reader, None)
    if request.method == "POST" and sheet.is_valid():
        actor: Any = request.user
        try:
            domain = create_domain(actor=actor, **sheet.written())
        except (ValidationFailed, NameConflict) as refusal:
            sheet.add_issues(refusal)
        else:
            messages.success(request, _("The domain is there. Name its owner and its steward."))
            return redirect("domain_people", domain.slug)
    status = 422 if sheet.errors else 200
    return render(request, "catalog/domains/new.html", {"form": sheet}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def domain_edit(request: HttpRequest, domain: str) -> HttpResponse:
    """Change a domain; where somebody was faster, show both states and keep what was typed."""
    found = _find(domain)
    if found.slug != domain and request.method != "POST":
        return redirect("domain_edit", found.slug)
    require_permission(request.user, Permission.MANAGE_DOMAIN, found)
    initial = DomainForm.initial_from(found) | {"edition": found.edition}
    sheet = DomainForm(request.POST if request.method == "POST" else None, initial=initial)
    _offer(sheet, access_for(request.user), found)
    if request.method != "POST":
        return _show(request, found, sheet, 200)
    if not sheet.is_valid():
        return _show(request, found, sheet, 422)
    return _write(request, found, sheet)


def _find(slug: str) -> Domain:
    """Return the domain that has a slug, or had it: who edits may find it renamed meanwhile."""
    domains = Domain.objects.select_related("parent", "owner_team")
    former = FormerDomainSlug.objects.filter(slug=slug).values("domain_id")
    found = domains.filter(slug=slug).first() or domains.filter(pk__in=former).first()
    if found is None:
        raise Http404
    return found


def _write(request: HttpRequest, domain: Domain, sheet: DomainForm) -> HttpResponse:
    actor: Any = request.user
    edition = sheet.cleaned_data["edition"]
    try:
        changed = edit_domain(domain=domain, edition=edition, actor=actor, **sheet.written())
    except EditConflict as conflict:
        domain = Domain.objects.get(pk=domain.pk)
        sheet.show_conflict(conflict, DomainForm.initial_from(domain))
        return _show(request, domain, sheet, 409)
    except (ValidationFailed, NameConflict) as refusal:
        sheet.add_issues(refusal)
        return _show(request, Domain.objects.get(pk=domain.pk), sheet, 422)
    messages.success(request, _("Saved."))
    return redirect("domain_page", changed.slug)


def _show(request: HttpRequest, domain: Domain, sheet: DomainForm, status: int) -> HttpResponse:
    last = AuditEvent.objects.about("domain", str(domain.uuid)).first() if sheet.conflict else None
    context = {"domain": domain, "form": sheet, "last_edit": last}
    return render(request, "catalog/domains/edit.html", context, status=status)


def _managed(reader: AccessContext) -> bool:
    return reader.can(Permission.MANAGE_DOMAIN, None) or bool(
        reader.domains_with(Permission.MANAGE_DOMAIN)
    )


def _offer(sheet: DomainFields, reader: AccessContext, domain: Domain | None) -> None:
    """Offer what this person may choose: what stands, and what they manage themselves."""
    if reader.can(Permission.MANAGE_DOMAIN, None):
        return
    parents = set(reader.domains_with(Permission.MANAGE_DOMAIN))
    teams = {team.pk for team in manageable_teams(reader)}
    if domain is not None:
        parents |= {domain.parent_id} if domain.parent_id else set()
        teams |= {domain.owner_team_id} if domain.owner_team_id else set()
    sheet.offer(parents=parents, teams=teams)
