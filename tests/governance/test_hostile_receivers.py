"""Receivers of webhooks that behave as none should: bounded time, and each result says why."""

import ssl
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from governance.alerts.channels.web import DEADLINE
from governance.alerts.models import Delivery
from governance.alerts.services import RouteFields, create_route, deliver, open_alert
from tests.catalog.endpoints import (
    Endpoint,
    bombing,
    dripping,
    flooding,
    hanging,
    redirecting,
    resetting,
    saying,
    sending,
    serving,
)
from tests.factories import make_published_product, make_users

pytestmark = pytest.mark.django_db
IN_TIME = f"no complete answer within {DEADLINE:g} s"


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """Serve a certificate that nobody vouches for."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout"
    subprocess.run([*command.split(), key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def test_hostile_receivers_end_with_a_reason_and_hold_up_nobody(
    tls: ssl.SSLContext, settings: Any
) -> None:
    users = make_users()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    with ExitStack() as stack:
        victim = stack.enter_context(serving(saying()))
        behaviours = {
            "answers 500": saying(500),
            "redirects to a private address": redirecting(victim.url, 307),
            "answers nothing": hanging,
            "drips": dripping(head),
            "drips headers": dripping(b"HTTP/1.1 200 OK\r\nX-Slow: "),
            "answers a lot": flooding(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
            "answers a lot of headers": flooding(b"HTTP/1.1 200 OK\r\n", b"X-More: more\r\n" * 99),
            "answers a bomb": bombing(64),
            "cuts": resetting,
            "speaks no HTTP": sending(b"220 mail.example.org ESMTP\r\n"),
            "answers well": saying(204, b""),
        }
        endpoints: dict[str, Endpoint] = {
            name: stack.enter_context(serving(behave)) for name, behave in behaviours.items()
        }
        untrusted = stack.enter_context(serving(saying(), tls=tls))
        urls = {name: endpoint.url for name, endpoint in endpoints.items()}
        urls |= {"is not trusted": f"https://{untrusted.place}/"}
        places = {endpoint.place for endpoint in (*endpoints.values(), untrusted)}
        settings.ASSAY_ALLOWED_NETS = tuple(places | {"10.255.255.1:80"})
        urls |= {"becomes private": "http://10.255.255.1/"}
        for name, url in urls.items():
            fields = RouteFields(name=name, channel="webhook", address=url)
            create_route(domain=users.domain, fields=fields, actor=users.owner)
        settings.ASSAY_ALLOWED_NETS = tuple(places)
        product = make_published_product(domain=users.domain)
        open_alert(
            key="a", kind="breach", subject=product, summary="It is missed.", now=timezone.now()
        )
        begin = time.monotonic()
        deliver(now=timezone.now())
        seconds = time.monotonic() - begin

    rows = Delivery.objects.filter(route__isnull=False)
    results = {row.route.name: (row.state, row.last_error) for row in rows.select_related("route")}
    assert seconds < DEADLINE + 5
    assert results == {
        "answers 500": ("pending", "the receiver answered 500"),
        "redirects to a private address": (
            "pending",
            "the receiver answered 307, and a message is not sent on to another address",
        ),
        "answers nothing": ("pending", IN_TIME),
        "drips": ("pending", IN_TIME),
        "drips headers": ("pending", IN_TIME),
        "answers a lot": ("delivered", ""),
        "answers a lot of headers": (
            "pending",
            "the answer is not well-formed HTTP, or ended early",
        ),
        "answers a bomb": ("delivered", ""),
        "cuts": ("pending", f"no connection to {endpoints['cuts'].place}, or it was cut"),
        "speaks no HTTP": ("pending", "the answer is not well-formed HTTP, or ended early"),
        "answers well": ("delivered", ""),
        "is not trusted": ("pending", "no trusted encrypted connection to 127.0.0.1"),
        "becomes private": ("dead", "10.255.255.1 does not lead to a public address"),
    }
    assert victim.connections == 0
    assert all(row.claimed_until is None for row in rows)
