"""Webhooks are verified by the official client of Standard Webhooks."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from governance.alerts.addresses import secret_of
from governance.alerts.services import RouteFields, create_route, rotate_secret, send_test
from tests.factories import make_users
from tests.governance.receivers import webhook_receiver

pytestmark = [pytest.mark.django_db, pytest.mark.standardwebhooks]
SCRIPT = Path(__file__).with_name("standard_webhooks.py")


def verify(python: Path, messages: list[dict[str, Any]]) -> list[str]:
    """Return what the official client says of each message."""
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    command = [str(python), str(SCRIPT)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_official_client_verifies_our_webhooks(
    standardwebhooks_python: Path, settings: Any
) -> None:
    users = make_users()
    with webhook_receiver() as receiver:
        settings.ASSAY_ALLOWED_NETS = (receiver.netloc,)
        fields = RouteFields(name="Ops — ö", channel="webhook", address=receiver.url)
        route, secret = create_route(domain=users.domain, fields=fields, actor=users.owner)
        send_test(route=route, actor=users.owner, now=timezone.now())
        route, new = rotate_secret(route=route, edition=1, actor=users.owner, now=timezone.now())
        send_test(route=route, actor=users.owner, now=timezone.now())
    assert new == secret_of(route) != secret
    pairs = list(zip(receiver.headers, map(bytes.decode, receiver.bodies), strict=True))
    [first, second] = [{"headers": headers, "body": body} for headers, body in pairs]
    late = first["headers"] | {"webhook-timestamp": "1"}
    answers = verify(
        standardwebhooks_python,
        [
            first | {"secret": secret},
            second | {"secret": secret},
            second | {"secret": new},
            first | {"secret": new},
            first | {"secret": secret, "body": first["body"] + " "},
            first | {"secret": secret, "headers": late},
        ],
    )
    error = "WebhookVerificationError"
    assert answers == ["alert.opened"] * 3 + [error] * 3
