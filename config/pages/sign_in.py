"""The sign-in page: allauth's checks and limits, and the demo's users if the demo is loaded."""

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from catalog.exceptions import PermissionDenied
from catalog.types import JSONObject
from config.pages.errors import forbidden

DEMO_PEOPLE = "config.demo.users.sign_ins"


class SignIn(LoginView):  # type: ignore[misc]
    """Signs in and redirects to `next`; the page also shows the demo's users."""

    def get_context_data(self, **kwargs: Any) -> JSONObject:
        context: JSONObject = super().get_context_data(**kwargs)
        return context | {"demo_people": demo_people() if settings.ASSAY_DEMO else ()}


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the sign-in page; someone signed in already lacks the permission: 403."""
    if request.user.is_authenticated:
        return forbidden(
            request, PermissionDenied(_("The admin pages are only for staff of this installation."))
        )
    page: HttpResponse = redirect_to_login(request.GET.get("next", reverse("admin:index")))
    return page


def demo_people() -> list[tuple[str, str, str]]:
    """Return role, username and password of each demo user."""
    try:
        return list(import_string(DEMO_PEOPLE)())
    except ImportError:
        return []
