"""Rate limits of the API: a number of requests per caller and time window.

Imports no view: the settings name the classes by their dotted path.
"""

import math
import time
from hashlib import sha256
from typing import Any

from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from catalog.cache import increment
from catalog.people.models import ApiToken

RATE = "assay.rate"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class PrincipalThrottle(BaseThrottle):
    """Limits the requests of one caller per time window; counts in the shared cache.

    The cache stands in for its server while that is away, so a limit never refuses everybody.
    """

    scope = ""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; the response headers show what is left."""
        caller = self.caller(request)
        if caller is None:
            return True
        most, seconds = rate_of(self.scope)
        now = time.time()
        window = int(now // seconds)
        self.resets_in = math.ceil((window + 1) * seconds - now)
        name = sha256(caller.encode()).hexdigest()[:32]
        count = increment(f"rate:{self.scope}:{name}:{window}", seconds=seconds + 1)
        request.META[RATE] = (most, max(most - count, 0), self.resets_in)
        return count <= most

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
        return None if request.user.is_authenticated else str(self.get_ident(request))


class UserRateThrottle(PrincipalThrottle):
    """Requests of one token, or of one person in a browser."""

    scope = "signed_in"

    def caller(self, request: Request) -> str | None:
        if not request.user.is_authenticated:
            return None
        if isinstance(request.auth, ApiToken):
            return f"token {request.auth.uuid}"
        return f"person {request.user.pk}"


def rate_of(scope: str) -> tuple[int, int]:
    """Return how many requests in how many seconds; the setting says `300/min`."""
    most, period = str(api_settings.DEFAULT_THROTTLE_RATES[scope]).split("/")
    return int(most), _SECONDS[period[0]]
