"""Pages of teams: their people, the domains they work for, and new ones."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.authorization.access import AccessContext, access_for, require_permission, require_user
from catalog.domains.models import Domain, TeamRequest
from catalog.domains.services import (
    add_to_team,
    answer_team_request,
    create_team,
    remove_member,
    request_team,
    withdraw_team_request,
)
from catalog.people.models import Person, Team, TeamMember, current
from catalog.permissions import Permission
from catalog.web.domains.forms import MemberForm, TeamForm
from catalog.web.pages import render_form, render_page, submitted


def manageable_teams(reader: AccessContext) -> list[Team]:
    """Return the teams whose members a reader manages."""
    if reader.can(Permission.MANAGE_MEMBERS, None):
        return list(Team.objects.all())
    return list(Team.objects.filter(pk__in=reader.managed_team_ids))


def ask_team(request: HttpRequest, domain: Domain, team: Team) -> None:
    """Ask the managers of a team that it work for a domain, and tell the person so."""
    request_team(domain=domain, team=team, actor=require_user(request.user))
    text = _("{team} has been asked to work for {domain}. One of its managers has to agree.")
    messages.info(request, text.format(team=team.name, domain=domain.name))


@dataclass(frozen=True, kw_only=True)
class TeamRow:
    team: Team
    domains: list[Domain]
    people_count: int


@dataclass(frozen=True, kw_only=True)
class TeamListPage:
    teams: list[TeamRow]
    can_create: bool
    api_url: str


@dataclass(frozen=True, kw_only=True)
class NewTeamPage:
    """`domain` is the one that the team will work for, if any."""

    form: TeamForm
    domain: Domain | None


@dataclass(frozen=True, kw_only=True)
class TeamPage:
    """`people` can be added; they and `requests` are empty for who does not manage the team."""

    team: Team
    domains: list[Domain]
    members: list[TeamMember]
    form: MemberForm
    can_manage: bool
    people: list[Person]
    requests: list[TeamRequest]
    api_url: str


@login_required
@require_safe
def team_list(request: HttpRequest) -> HttpResponse:
    members = Prefetch("members", TeamMember.objects.filter(current(), person__is_active=True))
    teams = Team.objects.prefetch_related(members, "domains").order_by("name")
    page = TeamListPage(
        teams=[
            TeamRow(
                team=team,
                domains=list(team.domains.all()),
                people_count=len(team.members.all()),
            )
            for team in teams
        ],
        can_create=can_create_team(access_for(request.user), None),
        api_url=reverse("api:teams"),
    )
    return render_page(request, "catalog/domains/teams.html", page)


@login_required
@require_http_methods(["GET", "POST"])
def team_new(request: HttpRequest) -> HttpResponse:
    """Create a team, for a domain if one is named."""
    slug = request.GET.get("domain", "")
    domain = get_object_or_404(Domain, slug=slug) if slug else None
    require_permission(request.user, Permission.MANAGE_MEMBERS, domain)
    form = TeamForm(submitted(request))
    if form.is_valid():
        with form.catch_issues():
            actor = require_user(request.user)
            team = create_team(actor=actor, domain=domain, **form.cleaned_data)
            messages.success(request, _("Team created. Add its people."))
            return redirect("team_page", team.slug)
    page = NewTeamPage(form=form, domain=domain)
    return render_form(request, "catalog/domains/team_new.html", page)


@login_required
@require_http_methods(["GET", "POST"])
def team_page(request: HttpRequest, team: str) -> HttpResponse:
    """Show the people of a team; add one, with the right to manage them."""
    row = get_object_or_404(Team.objects.prefetch_related("domains"), slug=team)
    form = MemberForm(submitted(request))
    if form.is_valid():
        add_to_team(team=row, actor=require_user(request.user), **form.cleaned_data)
        name = form.cleaned_data["person"].display_name
        messages.success(request, _("{name} is in the team.").format(name=name))
        return redirect("team_page", row.slug)
    can_manage = access_for(request.user).manages_team(row.pk)
    requests = row.requests.select_related("domain", "requested_by").order_by("pk")
    people = Person.objects.filter(is_active=True).order_by("username")
    members = row.members.filter(current(), person__is_active=True).select_related("person")
    page = TeamPage(
        team=row,
        domains=list(row.domains.all()),
        members=list(members.order_by("person__first_name", "person__username")),
        form=form,
        can_manage=can_manage,
        people=list(people) if can_manage else [],
        requests=list(requests) if can_manage else [],
        api_url=reverse("api:team", args=[row.slug]),
    )
    return render_form(request, "catalog/domains/team.html", page)


@login_required
@require_POST
def team_leave(request: HttpRequest, team: str, person: int) -> HttpResponse:
    """Remove someone, or oneself, from a team."""
    row = get_object_or_404(Team, slug=team)
    member = get_object_or_404(row.members.select_related("person"), person_id=person)
    remove_member(team=row, person=member.person, actor=require_user(request.user))
    text = _("{name} is no longer in the team.").format(name=member.person.display_name)
    messages.success(request, text)
    return redirect("team_page", row.slug)


@login_required
@require_POST
def team_request_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree that a team works for a domain, or decline."""
    row = get_object_or_404(TeamRequest.objects.select_related("team"), pk=pk)
    is_accepted = request.POST.get("answer") == "accept"
    actor = require_user(request.user)
    domain = answer_team_request(request=row, is_accepted=is_accepted, actor=actor)
    text = _("{team} works for {domain} now.") if is_accepted else _("Declined.")
    messages.success(request, text.format(team=row.team.name, domain=domain.name))
    return redirect("team_page", row.team.slug)


@login_required
@require_POST
def team_request_withdraw(request: HttpRequest, domain: str) -> HttpResponse:
    row = get_object_or_404(Domain, slug=domain)
    withdraw_team_request(domain=row, actor=require_user(request.user))
    messages.success(request, _("Request withdrawn."))
    return redirect("domain_people", row.slug)


def can_create_team(reader: AccessContext, domain: Domain | None) -> bool:
    return reader.can(Permission.MANAGE_MEMBERS, domain.pk if domain else None)
