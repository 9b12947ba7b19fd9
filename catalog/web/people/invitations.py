"""The page of an invitation's link, which creates an account once."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from catalog.domains.services import accept_invitation, open_invitation
from catalog.exceptions import NotFound
from catalog.web.components.roles import role_label
from catalog.web.pages import render_form, render_page, submitted
from catalog.web.people.forms import JoinForm


@dataclass(frozen=True)
class ExpiredInvitationPage:
    message: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class JoinPage:
    form: JoinForm
    invited_by: str
    team: str
    role: str
    domain: str
    email: str
    expires_on: date


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def invitation_accept(request: HttpRequest, secret: str) -> HttpResponse:
    """Create an account from an invitation. Open to anyone who has its link."""
    try:
        invitation = open_invitation(secret)
    except NotFound as error:
        expired = ExpiredInvitationPage(message=error.message, hint=error.hint)
        return render_page(request, "catalog/people/expired.html", expired, status=HTTPStatus.GONE)
    form = JoinForm(submitted(request))
    if not request.user.is_authenticated and form.is_valid():
        with form.catch_issues():
            person = accept_invitation(secret=secret, **form.person())
            login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
            welcome = _("Welcome, {name}. You are signed in.").format(name=person.display_name)
            messages.success(request, welcome)
            return redirect("/")
    page = JoinPage(
        form=form,
        invited_by=invitation.invited_by.display_name,
        team=invitation.team.name if invitation.team else "",
        role=role_label(invitation.role).lower() if invitation.role else "",
        domain=invitation.domain.name if invitation.domain else "",
        email=invitation.email,
        expires_on=invitation.expires_at.date(),
    )
    return render_form(request, "catalog/people/join.html", page)
