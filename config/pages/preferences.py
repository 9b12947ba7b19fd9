"""How a reader wants pages shown: remembered in cookies, so that it also holds signed out."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from catalog.web.components.layout import DISPLAY_CHOICES, cookie_name

A_YEAR = 365 * 24 * 3600


@require_POST
def display_settings(request: HttpRequest) -> HttpResponse:
    """Remember the choices that were sent, pass over what is no choice, and go back."""
    response = HttpResponseRedirect(_way_back(request))
    for name, values in DISPLAY_CHOICES.items():
        chosen = request.POST.get(name)
        if chosen in values:
            response.set_cookie(
                cookie_name(name),
                chosen,
                max_age=A_YEAR,
                secure=request.is_secure(),
                httponly=True,
                samesite="Lax",
            )
    return response


def _way_back(request: HttpRequest) -> str:
    asked = request.POST.get("next", "/")
    is_ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if is_ours else "/"
