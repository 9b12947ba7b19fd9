"""The page behind an invitation's link: it makes a person, once."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from catalog.domains.services import accept_invitation, open_invitation
from catalog.exceptions import InvalidTransition, NameConflict, NotFound, ValidationFailed
from catalog.people.models import Invitation
from catalog.web.people.forms import JoinForm

GONE = 410


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def invitation_accept(request: HttpRequest, secret: str) -> HttpResponse:
    """Show an invitation and turn it into a person. Open to whoever holds its link."""
    try:
        invitation = open_invitation(secret)
    except NotFound as refusal:
        return render(request, "catalog/people/lapsed.html", {"refusal": refusal}, status=GONE)
    sheet = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not request.user.is_authenticated and sheet.is_valid():
        return _join(request, secret, invitation, sheet)
    return _show(request, invitation, sheet)


def _join(
    request: HttpRequest, secret: str, invitation: Invitation, sheet: JoinForm
) -> HttpResponse:
    try:
        person = accept_invitation(secret=secret, **sheet.person())
    except (ValidationFailed, NameConflict, InvalidTransition) as refusal:
        sheet.add_issues(refusal)
        return _show(request, invitation, sheet)
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    welcome = _("Welcome, {name}. You are signed in.").format(name=person.display_name)
    messages.success(request, welcome)
    return redirect("/")


def _show(request: HttpRequest, invitation: Invitation, sheet: JoinForm) -> HttpResponse:
    status = 422 if sheet.errors else 200
    context = {"invitation": invitation, "form": sheet}
    return render(request, "catalog/people/join.html", context, status=status)
