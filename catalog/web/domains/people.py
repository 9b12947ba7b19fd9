"""Pages of the people of a domain: roles given, inherited and revoked, and invitations."""

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
from catalog.domains.models import Domain, TeamRequest
from catalog.domains.services import grant_role, invite_person, revoke_role
from catalog.people.mail import Delivery, send_invitation
from catalog.people.models import Person
from catalog.permissions import Permission, Role
from catalog.publication.services import owners_and_stewards
from catalog.web.components.roles import role_label
from catalog.web.domains.forms import InviteForm, ReasonForm, RoleForm
from catalog.web.domains.teams import manageable_teams
from catalog.web.pages import render_form, submitted

TEAMS = ("owner_team", "team_request__team")
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
    team_request: TeamRequest | None
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
    """An invitation just created, and what became of its mail."""

    email: str
    link: str
    delivery: Delivery
    expires_on: date
    has_role: bool


@dataclass(frozen=True, kw_only=True)
class InvitePage:
    domain: Domain | None
    form: InviteForm
    sent: SentInvitation | None


@login_required
@require_http_methods(["GET", "POST"])
def domain_people(request: HttpRequest, domain: str) -> HttpResponse:
    """Show the roles in a domain; give a role, with the right to manage its members."""
    row = get_object_or_404(Domain.objects.select_related(*TEAMS), slug=domain)
    form = RoleForm(submitted(request))
    if form.is_valid() and give_role(request, form, row):
        return redirect("domain_people", row.slug)
    can_manage = access_for(request.user).can(Permission.MANAGE_MEMBERS, row.pk)
    owners, stewards = owners_and_stewards(row)
    above = ancestors_in(Domain.objects.parents(), row.pk)
    memberships = sorted(
        Membership.objects.active().filter(domain_id__in=above).select_related("person", "domain"),
        key=lambda member: (ROLE_ORDER.index(member.role), member.person.display_name),
    )
    page = DomainPeoplePage(
        domain=row,
        form=form,
        roles=[member for member in memberships if member.domain_id == row.pk],
        inherited_roles=[member for member in memberships if member.domain_id != row.pk],
        owners=owners,
        has_steward=bool({person.pk for person in stewards} - {person.pk for person in owners}),
        can_manage=can_manage,
        people=active_people() if can_manage else [],
        team_request=getattr(row, "team_request", None),
        api_url=reverse("api:domain_members", args=[row.slug]),
    )
    return render_form(request, "catalog/domains/people.html", page)


@login_required
@require_http_methods(["GET", "POST"])
def role_end(request: HttpRequest, membership: int) -> HttpResponse:
    """Ask for confirmation, then revoke a role."""
    row = get_object_or_404(Membership.objects.select_related("domain", "person"), pk=membership)
    require_permission(request.user, Permission.MANAGE_MEMBERS, row.domain)
    people_url = (
        reverse("domain_people", args=[row.domain.slug]) if row.domain else reverse("person_list")
    )
    form = ReasonForm(submitted(request))
    if form.is_valid():
        with form.catch_issues():
            revoke_role(
                membership=row,
                actor=require_user(request.user),
                reason=form.cleaned_data["reason"],
            )
            text = _("{name} is no longer {role}.")
            role = role_label(row.role)
            messages.success(request, text.format(name=row.person.display_name, role=role))
            return redirect(people_url)
    others = Membership.objects.active().filter(domain=row.domain, role=row.role)
    is_last = row.role in (Role.OWNER, Role.STEWARD) and not others.exclude(pk=row.pk).exists()
    page = RevokeRolePage(membership=row, form=form, people_url=people_url, is_last=is_last)
    return render_form(request, "catalog/domains/revoke_role.html", page)


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
    form, sent = InviteForm(submitted(request), initial=initial, teams=teams, domain=domain), None
    if form.is_valid():
        with form.catch_issues():
            invitation, secret = invite_person(
                actor=require_user(request.user), **form.cleaned_data
            )
            link = request.build_absolute_uri(reverse("invitation_accept", args=[secret]))
            sent = SentInvitation(
                email=invitation.email,
                link=link,
                delivery=send_invitation(invitation, link=link),
                expires_on=invitation.expires_at.date(),
                has_role=bool(invitation.role),
            )
            form = InviteForm(initial=initial, teams=teams, domain=domain)
    page = InvitePage(domain=domain, form=form, sent=sent)
    return render_form(request, "catalog/domains/invite.html", page)


def give_role(request: HttpRequest, form: RoleForm, domain: Domain | None) -> bool:
    """Return True if the role is given, in a domain or in the mesh; issues go to the form."""
    person, role = form.cleaned_data["person"], Role(form.cleaned_data["role"])
    with form.catch_issues():
        grant_role(
            person=person,
            role=role,
            domain=domain,
            actor=require_user(request.user),
            ends_at=form.cleaned_data["ends_at"],
        )
        text = _("{name} is {role} of {domain}.") if domain else _("{name} is {role} of the mesh.")
        values = {"name": person.display_name, "role": role_label(role)}
        messages.success(request, text.format(**values, domain=domain.name if domain else ""))
    return not form.errors


def active_people() -> list[Person]:
    return list(Person.objects.filter(is_active=True).order_by("username"))
