"""Authenticates API requests by bearer token, and checks the token's scope.

Imports no view: the settings name the class by its dotted path.
"""

import re
from datetime import timedelta
from hmac import compare_digest

from django.core.cache import cache
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from structlog.contextvars import bind_contextvars

from catalog.api.rest.errors import InsufficientScope
from catalog.audit.services import record_denial
from catalog.client_ip import client_network
from catalog.limits import Limit
from catalog.people.models import ApiToken, Person
from catalog.people.services.sign_ins import record_rejected_token
from catalog.tasks import hint_token_use

WRONG_TOKENS = Limit("wrong-tokens", 30, 60)
USE_NOTED_EVERY = timedelta(minutes=1)
_TOKEN = re.compile(r"[A-Za-z0-9_]{20,100}\Z")


class BearerAuthentication(TokenAuthentication):
    """A person by an API token; its scopes apply to every view."""

    def authenticate(self, request: Request) -> tuple[Person, ApiToken] | None:
        """Return the caller and their token. Raises AuthenticationFailed, InsufficientScope."""
        words = get_authorization_header(request).split()
        if not words:
            return None
        if len(words) != 2 or words[0].lower() != b"bearer":
            raise AuthenticationFailed("Send the token as `Authorization: Bearer <token>`.")
        person, token = self._authenticate(words[1], request)
        bind_contextvars(token_id=str(token.uuid), token_name=token.name)
        needed = ApiToken.Scope.READ if request.method in SAFE_METHODS else ApiToken.Scope.WRITE
        if needed not in token.scopes:
            reason = f"This token lacks the scope {needed.value}."
            action = f"{request.method} {request.path}"
            record_denial(actor=person, action=action, reason=reason)
            raise InsufficientScope(reason)
        _record_use(token)
        return person, token

    def _authenticate(self, text: bytes, request: Request) -> tuple[Person, ApiToken]:
        """Return the person of a valid token; wrong ones are limited by address.

        A valid token is never refused for the wrong ones of others at the same address.
        """
        try:
            return self.authenticate_credentials(text)
        except AuthenticationFailed:
            usage = WRONG_TOKENS.count(client_network(request))
            if usage.is_exceeded:
                raise Throttled(wait=usage.resets_in) from None
            raise

    def authenticate_credentials(self, token: bytes) -> tuple[Person, ApiToken]:
        """Return the person of a valid token, in one statement."""
        text = token.decode("ascii", "replace")
        if _TOKEN.match(text):
            key, digest = text[: CONSTANTS.TOKEN_KEY_LENGTH], hash_token(text)
            for match in ApiToken.objects.filter(token_key=key).select_related("user"):
                is_expired = match.expiry is not None and match.expiry <= timezone.now()
                is_valid = match.user.is_active and not is_expired
                if not compare_digest(digest, match.digest):
                    continue
                if is_valid:
                    return match.user, match
                _record_failure(match)
        raise AuthenticationFailed("This token is unknown, has lapsed or was revoked.")


def _record_failure(token: ApiToken) -> None:
    """Audit the use of an expired token, or of a deactivated person's, at most once an hour."""
    if cache.add(f"token-rejected:{token.uuid}", 1, timeout=3600):
        record_rejected_token(token)


def _record_use(token: ApiToken) -> None:
    """Queue the recording of a token's use, at most once a minute."""
    now = timezone.now()
    is_noted = token.last_used_at is not None and now - token.last_used_at < USE_NOTED_EVERY
    seconds = int(USE_NOTED_EVERY.total_seconds())
    if not is_noted and cache.add(f"token-use:{token.uuid}", 1, timeout=seconds):
        hint_token_use(token.uuid, now)
