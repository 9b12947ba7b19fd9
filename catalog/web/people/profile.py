"""The settings of the signed-in person: account, roles, teams and display."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.views.decorators.http import require_safe

from catalog.authorization.access import require_user
from catalog.authorization.models import Membership
from catalog.people.models import ApiToken, TeamMember, current
from catalog.web.pages import render_page


@dataclass(frozen=True, kw_only=True)
class ProfilePage:
    """`languages` are pairs of a code and a name, empty if there is no choice."""

    roles: Sequence[Membership]
    teams: Sequence[TeamMember]
    token_count: int
    languages: Sequence[tuple[str, str | Promise]]


@login_required
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    person = require_user(request.user)
    roles = Membership.objects.active().filter(person=person).select_related("domain")
    teams = TeamMember.objects.filter(current(), person=person).select_related("team")
    page = ProfilePage(
        roles=list(roles.order_by("domain__name", "role")),
        teams=list(teams.order_by("team__name")),
        token_count=ApiToken.objects.filter(user=person).count(),
        languages=settings.LANGUAGES if len(settings.LANGUAGES) > 1 else (),
    )
    return render_page(request, "catalog/people/profile.html", page)
