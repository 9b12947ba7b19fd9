"""Pages to create and edit a domain."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from catalog.audit.models import AuditEvent
from catalog.authorization.access import AccessContext, access_for, require_permission, require_user
from catalog.domains.models import Domain, FormerDomainSlug
from catalog.domains.services import create_domain, edit_domain
from catalog.exceptions import EditConflict
from catalog.permissions import Permission
from catalog.web.domains.forms import DomainFields, DomainForm, NewDomainForm
from catalog.web.domains.teams import ask_team
from catalog.web.pages import render_form, submitted


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
    parent = Domain.objects.filter(slug=request.GET.get("parent", "")).first()
    form = NewDomainForm(submitted(request), initial={"parent": parent} if parent else {})
    _offer(form, reader, None)
    if form.is_valid():
        team = form.take_foreign_team(reader, None)
        with form.catch_issues(), transaction.atomic():
            domain = create_domain(actor=require_user(request.user), **form.cleaned_data)
            if team:
                ask_team(request, domain, team)
            messages.success(request, _("Domain created. Name its owner and its steward."))
            return redirect("domain_people", domain.slug)
    return render_form(request, "catalog/domains/new.html", NewDomainPage(form))


@login_required
@require_http_methods(["GET", "POST"])
def domain_edit(request: HttpRequest, domain: str) -> HttpResponse:
    """Edit a domain; on an edit conflict, show both versions and keep what was submitted."""
    row = _find(domain)
    if row.slug != domain and request.method != "POST":
        return redirect("domain_edit", row.slug)
    require_permission(request.user, Permission.MANAGE_DOMAIN, row)
    initial = DomainForm.initial_from(row) | {"edition": row.edition}
    form = DomainForm(submitted(request), initial=initial)
    reader = access_for(request.user)
    _offer(form, reader, row)
    if form.is_valid():
        team = form.take_foreign_team(reader, row.owner_team_id)
        try:
            with form.catch_issues(), transaction.atomic():
                changed = edit_domain(
                    domain=row, actor=require_user(request.user), **form.cleaned_data
                )
                if team:
                    ask_team(request, changed, team)
                messages.success(request, _("Saved."))
                return redirect("domain_page", changed.slug)
        except EditConflict as conflict:
            row.refresh_from_db()
            form.show_conflict(conflict, DomainForm.initial_from(row))
    last = AuditEvent.objects.about("domain", str(row.uuid)).first() if form.conflict else None
    page = EditDomainPage(domain=row, form=form, last_edit=last)
    return render_form(request, "catalog/domains/edit.html", page)


def _find(slug: str) -> Domain:
    """Return the domain that has a slug, or had it: it may be renamed while someone edits it."""
    domains = Domain.objects.select_related("parent", "owner_team")
    former = FormerDomainSlug.objects.filter(slug=slug).values("domain_id")
    domain = domains.filter(slug=slug).first() or domains.filter(pk__in=former).first()
    if domain is None:
        raise Http404
    return domain


def _managed(reader: AccessContext) -> bool:
    return reader.can(Permission.MANAGE_DOMAIN, None) or bool(
        reader.domains_with(Permission.MANAGE_DOMAIN)
    )


def _offer(form: DomainFields, reader: AccessContext, domain: Domain | None) -> None:
    """Offer as parents the current one and the domains that this person manages."""
    if reader.can(Permission.MANAGE_DOMAIN, None):
        return
    parents = set(reader.domains_with(Permission.MANAGE_DOMAIN))
    if domain is not None and domain.parent_id:
        parents.add(domain.parent_id)
    form.offer_parents(parents)
