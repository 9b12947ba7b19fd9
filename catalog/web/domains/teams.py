"""Pages of teams: who is in one, which domains it works for, and how one begins."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.authorization.access import AccessContext, access_for, require_permission
from catalog.domains.models import Domain
from catalog.domains.services import add_to_team, create_team, remove_member
from catalog.exceptions import NameConflict, ValidationFailed
from catalog.people.models import Person, Team, TeamMember, current
from catalog.permissions import Permission
from catalog.web.domains.forms import MemberForm, TeamForm


def manageable_teams(reader: AccessContext) -> list[Team]:
    """Return the teams whose members a reader manages: in every domain that the team works for."""
    if reader.can(Permission.MANAGE_MEMBERS, None):
        return list(Team.objects.all())
    managed = reader.domains_with(Permission.MANAGE_MEMBERS)
    teams = Team.objects.filter(domains__in=managed).distinct().prefetch_related("domains")
    return [team for team in teams if all(item.pk in managed for item in team.domains.all())]


@login_required
@require_safe
def team_list(request: HttpRequest) -> HttpResponse:
    """List the teams with how many are in each and what they work for."""
    reader = access_for(request.user)
    context = {"teams": _teams(), "may_add": can_create_team(reader, None)}
    return render(request, "catalog/domains/teams.html", context)


@login_required
@require_safe
def team_list_json(request: HttpRequest) -> JsonResponse:
    """List the teams for a program."""
    rows = [
        {
            "slug": team.slug,
            "name": team.name,
            "email": team.email,
            "people": getattr(team, "n_people", 0),
            "domains": [domain.slug for domain in team.domains.all()],
        }
        for team in _teams()
    ]
    return JsonResponse({"count": len(rows), "results": rows})


@login_required
@require_http_methods(["GET", "POST"])
def team_new(request: HttpRequest) -> HttpResponse:
    """Begin a team, for a domain where one is named."""
    slug = request.GET.get("domain", "")
    domain = get_object_or_404(Domain, slug=slug) if slug else None
    require_permission(request.user, Permission.MANAGE_MEMBERS, domain)
    sheet = TeamForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and sheet.is_valid():
        actor: Any = request.user
        names = ("slug", "name", "description", "email")
        try:
            fields = {name: sheet.cleaned_data[name] for name in names}
            team = create_team(actor=actor, domain=domain, **fields)
        except (ValidationFailed, NameConflict) as refusal:
            sheet.add_issues(refusal)
        else:
            messages.success(request, _("The team is there. Add its people."))
            return redirect("team_page", team.slug)
    context = {"form": sheet, "domain": domain}
    status = 422 if sheet.errors else 200
    return render(request, "catalog/domains/team_new.html", context, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def team_page(request: HttpRequest, team: str) -> HttpResponse:
    """Show who is in a team; add somebody, for those who may."""
    found = get_object_or_404(Team.objects.prefetch_related("domains"), slug=team)
    sheet = MemberForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and sheet.is_valid():
        actor: Any = request.user
        person, ends_at = sheet.cleaned_data["person"], sheet.cleaned_data["ends_at"]
        add_to_team(team=found, person=person, actor=actor, ends_at=ends_at)
        text = _("{name} is in the team.").format(name=person.display_name)
        messages.success(request, text)
        return redirect("team_page", found.slug)
    may_manage = found in manageable_teams(access_for(request.user))
    context = {
        "team": found,
        "members": _members(found),
        "form": sheet,
        "may_manage": may_manage,
        "people": Person.objects.filter(is_active=True).order_by("username") if may_manage else (),
    }
    status = 422 if sheet.errors else 200
    return render(request, "catalog/domains/team.html", context, status=status)


@login_required
@require_safe
def team_page_json(request: HttpRequest, team: str) -> JsonResponse:
    """Give a program who is in a team."""
    found = get_object_or_404(Team, slug=team)
    rows = [
        {
            "username": member.person.username,
            "name": member.person.display_name,
            "until": member.ends_at,
        }
        for member in _members(found)
    ]
    return JsonResponse({"team": found.slug, "count": len(rows), "results": rows})


@login_required
@require_POST
def team_leave(request: HttpRequest, team: str, person: int) -> HttpResponse:
    """End somebody's time in a team, or one's own."""
    found = get_object_or_404(Team, slug=team)
    member = get_object_or_404(found.members.select_related("person"), person_id=person)
    actor: Any = request.user
    remove_member(team=found, person=member.person, actor=actor)
    text = _("{name} is no longer in the team.").format(name=member.person.display_name)
    messages.success(request, text)
    return redirect("team_page", found.slug)


def _teams() -> QuerySet[Team]:
    teams = Team.objects.annotate(n_people=Count("members", distinct=True))
    return teams.prefetch_related("domains").order_by("name")


def _members(team: Team) -> QuerySet[TeamMember]:
    held = team.members.filter(current(), person__is_active=True)
    return held.select_related("person").order_by("person__first_name", "person__username")


def can_create_team(reader: AccessContext, domain: Domain | None) -> bool:
    return reader.can(Permission.MANAGE_MEMBERS, domain.pk if domain else None)
