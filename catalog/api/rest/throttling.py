"""Rate limits of the API: a number of requests per caller and time window.

Imports no view: the settings name the classes by their dotted path.
"""

from typing import Any

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from catalog.client_ip import client_network
from catalog.limits import Limit

RATE = "assay.rate"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class PrincipalThrottle(BaseThrottle):
    """Limits the requests of one caller per time window."""

    scope = ""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; the response headers show what is left."""
        caller = self.caller(request)
        if caller is None:
            return True
        usage = limit_of(self.scope, "api").count(caller)
        self.resets_in = usage.resets_in
        request.META[RATE] = (usage.limit, usage.remaining, usage.resets_in)
        return not usage.is_exceeded

    def wait(self) -> float:
        """Return the seconds until the window ends."""
        return self.resets_in

    def caller(self, request: Request) -> str | None:
        """Return who is counted; None if another limit counts them."""
        raise NotImplementedError


class AnonRateThrottle(PrincipalThrottle):
    """Requests of one address without authentication."""

    scope = "signed_out"

    def caller(self, request: Request) -> str | None:
        return None if request.user.is_authenticated else client_network(request)


class UserRateThrottle(PrincipalThrottle):
    """Requests of one person: with all their tokens and in browsers together."""

    scope = "signed_in"

    def caller(self, request: Request) -> str | None:
        return str(request.user.pk) if request.user.is_authenticated else None


def limit_of(scope: str, surface: str) -> Limit:
    """Return the limit of a scope on a surface; the setting says `300/min`."""
    amount, period = str(api_settings.DEFAULT_THROTTLE_RATES[scope]).split("/")
    return Limit(f"{surface}:{scope}", int(amount), _SECONDS[period[0]])
