"""Display preferences, in cookies so that they also apply when signed out."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from catalog.web.components.layout import DISPLAY_CHOICES, cookie_name

YEAR_SECONDS = 365 * 24 * 3600


@require_POST
def display_settings(request: HttpRequest) -> HttpResponse:
    """Save the valid choices that were sent, and redirect to `next`."""
    url = request.POST.get("next", "/")
    is_safe = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(url if is_safe else "/")
    for name, values in DISPLAY_CHOICES.items():
        chosen = request.POST.get(name)
        if chosen in values:
            response.set_cookie(
                cookie_name(name),
                chosen,
                max_age=YEAR_SECONDS,
                secure=request.is_secure(),
                httponly=True,
                samesite="Lax",
            )
    return response
