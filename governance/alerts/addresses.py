"""The encrypted addresses of routes, and the secrets that sign their webhooks."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.utils.crypto import salted_hmac

from catalog.encryption import decrypt, encrypt
from governance.alerts.models import WEB_CHANNELS, Route
from governance.alerts.signing import format_secret

# After a new secret is made, messages are signed by the old one too for this long.
OLD_SECRET_LASTS = timedelta(days=1)


def encrypt_address(route: Route, address: str) -> str:
    return encrypt(address, scope=_scope(route))


def address_of(route: Route) -> str:
    """Return the address as it was typed; empty for none, or if the installation's key changed."""
    return str(decrypt(route.encrypted_address, scope=_scope(route)) or "")


def shown_address(route: Route) -> str:
    """Return an address without what may be a secret in it."""
    address = address_of(route)
    if route.channel not in WEB_CHANNELS or not address:
        return address
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}/•••"


def secret_of(route: Route, generation: int | None = None) -> str:
    """Return the secret of a route, made from the installation's key: none is stored."""
    number = route.secret_generation if generation is None else generation
    digest = salted_hmac("alert route", f"{route.uuid} {number}", algorithm="sha256").digest()
    return format_secret(digest)


def signing_secrets(route: Route, now: datetime) -> list[str]:
    """Return the secrets that sign a message now, the current one first."""
    secrets = [secret_of(route)]
    rotated_at = route.secret_rotated_at
    if rotated_at is not None and now - rotated_at < OLD_SECRET_LASTS:
        secrets.append(secret_of(route, route.secret_generation - 1))
    return secrets


def _scope(route: Route) -> str:
    return f"alert route {route.uuid}"
