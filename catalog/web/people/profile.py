"""One's own settings: who the catalog thinks one is, and how its pages are shown."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.authorization.access import require_user
from catalog.authorization.models import Membership
from catalog.people.models import ApiToken, TeamMember, current
from catalog.web.components.layout import DISPLAY_CHOICES


@login_required
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """Show one's roles, teams and tokens, and the choices of display."""
    person = require_user(request.user)
    roles = Membership.objects.active().filter(person=person).select_related("domain")
    teams = TeamMember.objects.filter(current(), person=person).select_related("team")
    context = {
        "roles": roles.order_by("domain__name", "role"),
        "teams": teams.order_by("team__name"),
        "tokens": ApiToken.objects.filter(user=request.user).count(),
        "choices": DISPLAY_CHOICES,
        "languages": settings.LANGUAGES if len(settings.LANGUAGES) > 1 else (),
    }
    return render(request, "catalog/people/profile.html", context)
