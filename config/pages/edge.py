"""Limits and caching headers of every page; the API has its own middleware."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from catalog.api.rest.middleware import PREFIX
from catalog.api.rest.throttling import limit_of
from catalog.client_ip import client_network
from catalog.limits import Usage
from catalog.problems import problem_response
from catalog.web.pages import render_page
from config.pages.errors import wants_json

HEALTH_CHECKS = ("/livez", "/readyz")


@dataclass(frozen=True)
class TooManyRequestsPage:
    seconds: int


class PageEdgeMiddleware:
    """Limits requests by person, or by address if nobody is signed in; the rates are the API's.

    What a signed-in person reads is not stored by the browser: the next person at it would find
    it with the back button.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(PREFIX) or request.path in HEALTH_CHECKS:
            return self.get_response(request)
        usage = usage_of(request)
        response = too_many(request, usage) if usage.is_exceeded else self.get_response(request)
        if request.user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        return response


def usage_of(request: HttpRequest) -> Usage:
    """Count the request for its person or address."""
    if request.user.is_authenticated:
        return limit_of("signed_in", "pages").count(str(request.user.pk))
    return limit_of("signed_out", "pages").count(client_network(request))


def too_many(request: HttpRequest, usage: Usage) -> HttpResponse:
    if wants_json(request):
        response: HttpResponse = problem_response("throttled", path=request.path)
    else:
        page = TooManyRequestsPage(usage.resets_in)
        response = render_page(request, "errors/429.html", page, status=429).render()
    response["Retry-After"] = str(usage.resets_in)
    return response
