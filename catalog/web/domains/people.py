"""Pages of the people of a domain: roles given, inherited and revoked, and invitations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.authorization.access import access_for, require_permission, require_user
from catalog.authorization.models import Membership
from catalog.authorization.tree import ancestors_in
from catalog.domains.models import Domain
from catalog.domains.services import grant_role, invite_person, revoke_role
from catalog.exceptions import InvalidTransition, ValidationFailed
from catalog.people.mail import send_invitation
from catalog.people.models import Person
from catalog.permissions import MESH_ROLES, Permission, Role
from catalog.publication.services import owners_and_stewards
from catalog.web.components.roles import role_label
from catalog.web.domains.forms import InviteForm, ReasonForm, RoleForm
from catalog.web.domains.teams import manageable_teams
from catalog.web.pages import render_page

ROLE_ORDER = [role.value for role in Role]


@dataclass(frozen=True, kw_only=True)
class DomainPeoplePage:
    """`people` can be given a role; empty for readers who may not give one.

    `has_steward` is True if one of the stewards is not also an owner.
    """

    domain: Domain
    form: RoleForm
    roles: list[Membership]
    inherited_roles: list[Membership]
    owners: list[Person]
    has_steward: bool
    can_manage: bool
    people: list[Person]
    api_url: str


@dataclass(frozen=True, kw_only=True)
class RevokeRolePage:
    """`is_last` is True if nobody else has the role, and publishing needs it."""

    membership: Membership
    form: ReasonForm
    people_url: str
    is_last: bool


@dataclass(frozen=True, kw_only=True)
class SentInvitation:
    """An invitation just created; `is_mailed` is True if the mail server accepted it."""

    email: str
    link: str
    is_mailed: bool
    expires_on: date


@dataclass(frozen=True, kw_only=True)
class InvitePage:
    domain: Domain | None
    form: InviteForm
    sent: SentInvitation | None


@login_required
@require_http_methods(["GET", "POST"])
def domain_people(request: HttpRequest, domain: str) -> HttpResponse:
    """Show the roles in a domain; give a role, with the right to manage its members."""
    found = get_object_or_404(Domain.objects.select_related("owner_team"), slug=domain)
    form = RoleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _give(request, found, form):
        return redirect("domain_people", found.slug)
    page = _domain_people_page(request, found, form)
    status = 422 if form.errors else 200
    return render_page(request, "catalog/domains/people.html", page, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def role_end(request: HttpRequest, membership: int) -> HttpResponse:
    """Ask for confirmation, then revoke a role."""
    held = get_object_or_404(Membership.objects.select_related("domain", "person"), pk=membership)
    require_permission(request.user, Permission.MANAGE_MEMBERS, held.domain)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            revoke_role(
                membership=held,
                actor=require_user(request.user),
                reason=form.cleaned_data["reason"],
            )
        except InvalidTransition as error:
            form.add_issues(error)
        else:
            text = _("{name} is no longer {role}.")
            role = role_label(held.role)
            messages.success(request, text.format(name=held.person.display_name, role=role))
            return redirect(_people_url(held))
    page = RevokeRolePage(
        membership=held, form=form, people_url=_people_url(held), is_last=_is_last(held)
    )
    status = 422 if form.errors else 200
    return render_page(request, "catalog/domains/revoke_role.html", page, status=status)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def person_invite(request: HttpRequest) -> HttpResponse:
    """Invite someone; the link is mailed, and shown only in this response."""
    slug = request.GET.get("domain", "")
    domain = get_object_or_404(Domain, slug=slug) if slug else None
    require_permission(request.user, Permission.MANAGE_MEMBERS, domain)
    teams = [team.pk for team in manageable_teams(access_for(request.user))]
    initial = {"team": domain.owner_team_id if domain else None}
    form = InviteForm(
        request.POST if request.method == "POST" else None, initial=initial, teams=teams
    )
    sent = None
    if request.method == "POST" and form.is_valid():
        sent = _invite(request, domain, form)
    status = 422 if form.errors else 200
    page = InvitePage(domain=domain, form=InviteForm(teams=teams) if sent else form, sent=sent)
    return render_page(request, "catalog/domains/invite.html", page, status=status)


def _give(request: HttpRequest, domain: Domain, form: RoleForm) -> bool:
    person, role = form.cleaned_data["person"], Role(form.cleaned_data["role"])
    try:
        ends_at = form.cleaned_data["ends_at"]
        grant_role(
            person=person,
            role=role,
            domain=domain,
            actor=require_user(request.user),
            ends_at=ends_at,
        )
    except ValidationFailed as error:
        form.add_issues(error)
        return False
    text = _("{name} is {role} of {domain}.")
    values = {"name": person.display_name, "role": role_label(role), "domain": domain.name}
    messages.success(request, text.format(**values))
    return True


def _invite(request: HttpRequest, domain: Domain | None, form: InviteForm) -> SentInvitation | None:
    email, team = form.cleaned_data["email"], form.cleaned_data["team"]
    try:
        invitation, secret = invite_person(
            email=email, actor=require_user(request.user), domain=domain, team=team
        )
    except ValidationFailed as error:
        form.add_issues(error)
        return None
    link = request.build_absolute_uri(reverse("invitation_accept", args=[secret]))
    return SentInvitation(
        email=invitation.email,
        link=link,
        is_mailed=send_invitation(invitation, link=link),
        expires_on=invitation.expires_at.date(),
    )


def _domain_people_page(request: HttpRequest, domain: Domain, form: RoleForm) -> DomainPeoplePage:
    can_manage = access_for(request.user).can(Permission.MANAGE_MEMBERS, domain.pk)
    owners, stewards = owners_and_stewards(domain)
    memberships = _current_memberships(domain)
    return DomainPeoplePage(
        domain=domain,
        form=form,
        roles=[row for row in memberships if row.domain_id == domain.pk],
        inherited_roles=[row for row in memberships if row.domain_id != domain.pk],
        owners=owners,
        has_steward=bool({person.pk for person in stewards} - {person.pk for person in owners}),
        can_manage=can_manage,
        people=active_people() if can_manage else [],
        api_url=reverse("api:domain_members", args=[domain.slug]),
    )


def active_people() -> list[Person]:
    return list(Person.objects.filter(is_active=True).order_by("username"))


def _current_memberships(domain: Domain) -> list[Membership]:
    """Return the memberships of a domain and of its parents, by role and name."""
    above = ancestors_in(Domain.objects.parents(), domain.pk)
    rows = Membership.objects.active().filter(domain_id__in=above)
    return sorted(
        rows.select_related("person", "domain"),
        key=lambda row: (ROLE_ORDER.index(row.role), row.person.display_name),
    )


def _is_last(held: Membership) -> bool:
    """Return True if nobody else has the role, and publishing stops without it."""
    if held.role not in (Role.OWNER.value, Role.STEWARD.value):
        return False
    others = Membership.objects.active().filter(domain=held.domain, role=held.role)
    return not others.exclude(pk=held.pk).exists()


def _people_url(held: Membership) -> str:
    if held.role in {role.value for role in MESH_ROLES}:
        return reverse("person_list")
    return reverse("domain_people", args=[held.domain.slug if held.domain else ""])
