"""Who calls the API: what their token lets them do, and how often they may ask.

Imports no view: the settings name what stands here by its dotted path.
"""

from __future__ import annotations

import math
import re
import time
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from django.core.cache import cache
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from catalog.people.models import ApiToken, Person
from catalog.tasks import hint_token_use
from config.caching import counted
from config.problems import ScopeMissing

RATE = "assay.rate"
USE_NOTED_EVERY = timedelta(minutes=1)
_TOKEN = re.compile(r"[A-Za-z0-9_]{20,100}\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class BearerAuthentication(TokenAuthentication):
    """A person by the token of a program; the token's scopes bind every view alike."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        """Return who calls and by which token. Raises AuthenticationFailed, ScopeMissing."""
        words = get_authorization_header(request).split()
        if not words:
            return None
        if len(words) != 2 or words[0].lower() != b"bearer":
            raise AuthenticationFailed("Send the token as `Authorization: Bearer <token>`.")
        person, token = self.authenticate_credentials(words[1])
        needed = ApiToken.Scope.READ if request.method in SAFE_METHODS else ApiToken.Scope.WRITE
        if needed not in token.scopes:
            raise ScopeMissing(f"This token lacks the scope {needed.value}.")
        _tell_use(token)
        return person, token

    def authenticate_credentials(self, token: bytes) -> tuple[Person, ApiToken]:
        """Return the person of a token that holds now, in one statement."""
        text = token.decode("ascii", "replace")
        if _TOKEN.match(text):
            key, digest = text[: CONSTANTS.TOKEN_KEY_LENGTH], hash_token(text)
            for held in ApiToken.keyed(key):
                if compare_digest(digest, held.digest) and _holds(held):
                    return held.user, held
        raise AuthenticationFailed("This token is unknown, has lapsed or was revoked.")


def _holds(token: ApiToken) -> bool:
    lapsed = token.expiry is not None and token.expiry <= timezone.now()
    return not lapsed and token.user.is_active


def _tell_use(token: ApiToken) -> None:
    """Have it noted that a token is in use, at most once in a minute."""
    now = timezone.now()
    is_noted = token.last_used_at is not None and now - token.last_used_at < USE_NOTED_EVERY
    seconds = int(USE_NOTED_EVERY.total_seconds())
    if not is_noted and cache.add(f"token-use:{token.uuid}", 1, timeout=seconds):
        hint_token_use(token.uuid, now)


class CallerThrottle(BaseThrottle):
    """So many requests of one caller in each window of time; counts in the shared cache.

    The cache stands in for its server while that is away, so a limit never refuses everybody.
    """

    scope = ""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request; its answer will carry what is left."""
        caller = self.caller(request)
        if caller is None:
            return True
        most, seconds = rate_of(self.scope)
        now = time.time()
        window = int(now // seconds)
        self.resets_in = math.ceil((window + 1) * seconds - now)
        name = sha256(caller.encode()).hexdigest()[:32]
        count = counted(f"rate:{self.scope}:{name}:{window}", seconds=seconds + 1)
        request.META[RATE] = (most, max(most - count, 0), self.resets_in)
        return count <= most

    def wait(self) -> float:
        """Return the seconds until the window ends."""
        return self.resets_in

    def caller(self, request: Request) -> str | None:
        """Return who is counted; None where another limit counts them."""
        raise NotImplementedError


class SignedOutThrottle(CallerThrottle):
    """Requests of one address, signed out."""

    scope = "signed_out"

    def caller(self, request: Request) -> str | None:
        """Return the address."""
        return None if request.user.is_authenticated else str(self.get_ident(request))


class SignedInThrottle(CallerThrottle):
    """Requests of one token, or of one person in a browser."""

    scope = "signed_in"

    def caller(self, request: Request) -> str | None:
        """Return the token or the person."""
        if not request.user.is_authenticated:
            return None
        if isinstance(request.auth, ApiToken):
            return f"token {request.auth.uuid}"
        return f"person {request.user.pk}"


def rate_of(scope: str) -> tuple[int, int]:
    """Return how many requests in how many seconds; the setting says `300/min`."""
    most, period = str(api_settings.DEFAULT_THROTTLE_RATES[scope]).split("/")
    return int(most), _SECONDS[period[0]]
