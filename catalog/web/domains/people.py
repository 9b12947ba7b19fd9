"""Who is what in a domain: its roles, those of the domains above, and how they are given."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from catalog.authorization.access import access_for, require_permission
from catalog.authorization.models import Membership
from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain
from catalog.domains.services import grant_role, invite_person, revoke_role
from catalog.exceptions import InvalidTransition, ValidationFailed
from catalog.people.mail import send_invitation
from catalog.people.models import Person
from catalog.permissions import MESH_ROLES, Permission, Role
from catalog.publication.services import owners_and_stewards
from catalog.web.domains.forms import InviteForm, ReasonForm, RoleForm
from catalog.web.domains.teams import manageable_teams

ORDER = [role.value for role in Role]


@login_required
@require_http_methods(["GET", "POST"])
def domain_people(request: HttpRequest, domain: str) -> HttpResponse:
    """Show who is what in a domain; give a role, for those who may."""
    found = get_object_or_404(Domain.objects.select_related("owner_team"), slug=domain)
    sheet = RoleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and sheet.is_valid() and _give(request, found, sheet):
        return redirect("domain_people", found.slug)
    return render(
        request,
        "catalog/domains/people.html",
        _context(request, found) | {"form": sheet},
        status=422 if sheet.errors else 200,
    )


@login_required
@require_safe
def domain_people_json(request: HttpRequest, domain: str) -> JsonResponse:
    """Give a program who is what in a domain."""
    found = get_object_or_404(Domain, slug=domain)
    rows = [membership_json(held) for held in _standing(found)]
    return JsonResponse({"domain": found.slug, "count": len(rows), "results": rows})


@login_required
@require_http_methods(["GET", "POST"])
def role_end(request: HttpRequest, membership: int) -> HttpResponse:
    """Ask before a role is taken, and say what it allowed."""
    held = get_object_or_404(Membership.objects.select_related("domain", "person"), pk=membership)
    require_permission(request.user, Permission.MANAGE_MEMBERS, held.domain)
    sheet = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and sheet.is_valid():
        actor: Any = request.user
        try:
            revoke_role(membership=held, actor=actor, reason=sheet.cleaned_data["reason"])
        except InvalidTransition as refusal:
            sheet.add_issues(refusal)
        else:
            text = _("{name} is no longer {role}.")
            role = held.get_role_display().replace("_", " ")
            messages.success(request, text.format(name=held.person.display_name, role=role))
            return redirect(_place(held))
    context = {"held": held, "form": sheet, "back": _place(held), "is_last": _is_last(held)}
    status = 422 if sheet.errors else 200
    return render(request, "catalog/domains/role_end.html", context, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def person_invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody; the link goes by mail and stands on this one answer."""
    slug = request.GET.get("domain", "")
    domain = get_object_or_404(Domain, slug=slug) if slug else None
    require_permission(request.user, Permission.MANAGE_MEMBERS, domain)
    teams = [team.pk for team in manageable_teams(access_for(request.user))]
    initial = {"team": domain.owner_team_id if domain else None}
    sheet = InviteForm(
        request.POST if request.method == "POST" else None, initial=initial, teams=teams
    )
    context: dict[str, Any] = {"form": sheet, "domain": domain}
    if request.method == "POST" and sheet.is_valid():
        context |= _invite(request, domain, sheet)
    status = 422 if sheet.errors else 200
    return render(request, "catalog/domains/invite.html", context, status=status)


def membership_json(held: Membership) -> dict[str, Any]:
    """Return one role of one person for a program."""
    return {
        "username": held.person.username,
        "name": held.person.display_name,
        "role": held.role,
        "domain": held.domain.slug if held.domain else None,
        "from": held.starts_at,
        "until": held.ends_at,
    }


def _give(request: HttpRequest, domain: Domain, sheet: RoleForm) -> bool:
    actor: Any = request.user
    person, role = sheet.cleaned_data["person"], Role(sheet.cleaned_data["role"])
    try:
        ends_at = sheet.cleaned_data["ends_at"]
        grant_role(person=person, role=role, domain=domain, actor=actor, ends_at=ends_at)
    except ValidationFailed as refusal:
        sheet.add_issues(refusal)
        return False
    text = _("{name} is {role} of {domain}.")
    words = {"name": person.display_name, "role": role.value, "domain": domain.name}
    messages.success(request, text.format(**words))
    return True


def _invite(request: HttpRequest, domain: Domain | None, sheet: InviteForm) -> dict[str, Any]:
    actor: Any = request.user
    email, team = sheet.cleaned_data["email"], sheet.cleaned_data["team"]
    try:
        invitation, secret = invite_person(email=email, actor=actor, domain=domain, team=team)
    except ValidationFailed as refusal:
        sheet.add_issues(refusal)
        return {}
    link = request.build_absolute_uri(reverse("invitation_accept", args=[secret]))
    sent = send_invitation(invitation, link=link)
    return {"invitation": invitation, "link": link, "sent": sent, "form": InviteForm()}


def _context(request: HttpRequest, domain: Domain) -> dict[str, Any]:
    reader = access_for(request.user)
    may_manage = reader.can(Permission.MANAGE_MEMBERS, domain.pk)
    owners, stewards = owners_and_stewards(domain)
    return {
        "domain": domain,
        "own": [held for held in _standing(domain) if held.domain_id == domain.pk],
        "inherited": [held for held in _standing(domain) if held.domain_id != domain.pk],
        "owners": owners,
        "has_steward": bool({one.pk for one in stewards} - {one.pk for one in owners}),
        "may_manage": may_manage,
        "may_team": domain.owner_team in manageable_teams(reader),
        "people": Person.objects.filter(is_active=True).order_by("username") if may_manage else (),
    }


def _standing(domain: Domain) -> list[Membership]:
    above = ancestors_in(Domain.objects.parents(), domain.pk)
    held: QuerySet[Membership] = Membership.objects.active().filter(domain_id__in=above)
    rows = list(held.select_related("person", "domain"))
    return sorted(rows, key=lambda row: (ORDER.index(row.role), row.person.display_name))


def _is_last(held: Membership) -> bool:
    """Say whether nobody else has the role there, so that something stops without them."""
    if held.role not in (Role.OWNER.value, Role.STEWARD.value):
        return False
    others = Membership.objects.active().filter(domain=held.domain, role=held.role)
    return not others.exclude(pk=held.pk).exists()


def _place(held: Membership) -> str:
    if held.role in {role.value for role in MESH_ROLES}:
        return reverse("person_list")
    return reverse("domain_people", args=[held.domain.slug if held.domain else ""])
