"""The door to the network: answers, names, redirects and certificates, on real servers."""

import asyncio
import gzip
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.ports.http_client import fetch, open_client
from catalog.ports.http_transport import ResolvedAddress, tls_context
from catalog.ports.http_types import (
    AddressBlocked,
    DeadlinePassed,
    InvalidUrl,
    Request,
    Response,
    TlsFailed,
    TooManyRedirects,
    Unreachable,
)
from tests.catalog.endpoints import (
    DEADLINE,
    call_of,
    failing,
    hanging,
    redirecting,
    saying,
    sending,
    serving,
    unused_place,
)


def test_an_answer_tells_its_status_headers_body_and_phases():
    with serving(saying(200, b"hello", X_Rows="7")) as endpoint:
        answer = call_of(endpoint, "items?page=2")

    assert (answer.status, answer.body, answer.headers["x-rows"]) == (200, b"hello", "7")
    assert answer.url == endpoint.url + "items?page=2"
    assert not answer.is_truncated
    assert answer.phases.tls is None
    parts = (answer.phases.dns, answer.phases.connect, answer.phases.first_byte)
    assert all(part is not None and part >= 0 for part in parts)
    assert sum(part or 0 for part in parts) <= answer.phases.total


def test_an_error_status_is_an_answer_too():
    with serving(saying(503, b"later")) as endpoint:
        assert call_of(endpoint).status == 503


def test_a_body_compressed_as_asked_for_arrives_plain():
    body = gzip.compress(b"hello " * 1000)
    with serving(saying(200, body, Content_Encoding="gzip")) as endpoint:
        assert call_of(endpoint).body == b"hello " * 1000


def test_a_posted_body_and_headers_arrive():
    with serving(saying()) as endpoint:
        call_of(endpoint, method="POST", body=b"{}", headers={"X-Id": "7"})

    [request] = endpoint.requests
    assert request.startswith(b"POST / HTTP/1.1\r\n")
    assert b"X-Id: 7\r\n" in request
    assert request.endswith(b"{}")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1."]
)
def test_a_private_address_is_refused_however_it_is_named(host):
    with serving(saying()) as endpoint:
        failure = failing(f"http://{host}:{endpoint.port}/", allowed=[])

    assert isinstance(failure, (AddressBlocked, InvalidUrl))
    assert endpoint.connections == 0


@pytest.mark.parametrize("host", ["0x7f000001", "2130706433", "127.1", "0177.0.0.1", "0"])
def test_an_odd_spelling_of_an_address_never_reaches_a_socket(host):
    with serving(saying()) as endpoint:
        failure = failing(f"http://{host}:{endpoint.port}/", allowed=[endpoint.place])

    assert isinstance(failure, InvalidUrl)
    assert endpoint.connections == 0


def names_leading_to(*addresses: str) -> tuple[Callable[..., object], list[str]]:
    """Return a look-up that answers with one list of addresses after another, and who asked."""
    requested: list[str] = []

    async def look_up(host: str, port: int) -> list[ResolvedAddress]:
        answer = addresses[min(len(requested), len(addresses) - 1)].split()
        requested.append(host)
        return [(socket.AF_INET6 if ":" in place else socket.AF_INET, place) for place in answer]

    return look_up, requested


def fetch_by(names: object, url: str, *, allowed: list[str]) -> Response:
    async def run() -> Response:
        async with open_client(allowed=allowed, names=names) as client:  # type: ignore[arg-type]
            return await client.fetch(Request(url=url, deadline=DEADLINE))

    return asyncio.run(run())


@pytest.mark.parametrize(
    "addresses",
    [
        "127.0.0.1",
        "8.8.8.8 127.0.0.1",
        "2001:4860:4860::8888 ::1",
        "64:ff9b::7f00:1",
        "fe80::1%eth0",
    ],
)
def test_a_name_is_refused_if_one_of_its_addresses_is_private(addresses):
    look_up, _ = names_leading_to(addresses)

    with pytest.raises(AddressBlocked):
        fetch_by(look_up, "http://inner.example/", allowed=[])


def test_a_name_is_looked_up_once_and_the_checked_address_is_the_one_that_is_called():
    with serving(saying()) as endpoint:
        look_up, requested = names_leading_to("127.0.0.1", "169.254.169.254")
        place = f"inner.example:{endpoint.port}"

        answer = fetch_by(look_up, f"http://{place}/", allowed=[place])

    assert answer.status == 200
    assert requested == ["inner.example"]
    assert f"Host: {place}".encode() in endpoint.requests[0]


def test_a_listed_name_that_turns_to_metadata_is_refused():
    look_up, _ = names_leading_to("169.254.169.254")

    with pytest.raises(AddressBlocked):
        fetch_by(look_up, "http://inner.example/", allowed=["inner.example:80"])


def test_a_name_with_a_thousand_addresses_is_called_at_few_of_them():
    with serving(saying()) as endpoint:
        look_up, _ = names_leading_to(" ".join(["127.0.0.1"] * 1000))
        place = f"inner.example:{endpoint.port}"

        assert fetch_by(look_up, f"http://{place}/", allowed=[place]).status == 200


def test_an_unknown_name_is_unreachable():
    assert isinstance(failing("http://nowhere.example/", allowed=[]), Unreachable)


def test_a_name_server_that_never_answers_costs_only_the_deadline():
    async def look_up(host: str, port: int) -> list[ResolvedAddress]:
        await asyncio.sleep(30)
        return []

    with pytest.raises(DeadlinePassed):
        fetch_by(look_up, "http://slow.example/", allowed=[])


def test_the_setting_lists_what_may_be_called(settings):
    with serving(saying()) as endpoint:
        settings.ASSAY_ALLOWED_NETS = (endpoint.place,)
        assert fetch(Request(url=endpoint.url)).status == 200

        settings.ASSAY_ALLOWED_NETS = ()
        with pytest.raises(AddressBlocked):
            fetch(Request(url=endpoint.url))


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://{unused_place()}")
    with serving(saying()) as endpoint:
        assert call_of(endpoint).status == 200


def test_a_redirect_is_followed_and_its_end_is_told():
    with serving(saying(200, b"here")) as there, serving(redirecting(there.url + "end")) as here:
        answer = fetch(Request(url=here.url), allowed=[here.place, there.place])

    assert (answer.url, answer.body) == (there.url + "end", b"here")


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:9/",
        "http://[::1]/",
        "http://2130706433/",
        "file:///etc/passwd",
        "//localhost/",
        "http://user@example.org/",
        "http:\\\\127.0.0.1\\",
    ],
)
def test_a_redirect_to_a_forbidden_place_is_refused(location):
    with serving(redirecting(location)) as endpoint:
        failure = failing(endpoint.url, allowed=[endpoint.place])

    assert isinstance(failure, (AddressBlocked, InvalidUrl))


def test_a_redirect_loop_ends_after_three_redirects():
    with serving(redirecting("/again")) as endpoint:
        failure = failing(endpoint.url, allowed=[endpoint.place])

    assert isinstance(failure, TooManyRedirects)
    assert endpoint.connections == 4


def test_a_redirect_without_a_place_is_an_answer():
    with serving(saying(302, b"")) as endpoint:
        assert call_of(endpoint).status == 302


def test_a_posted_call_is_not_redirected():
    with serving(redirecting("/elsewhere", 307)) as endpoint:
        assert call_of(endpoint, method="POST", body=b"{}").status == 307


def test_callers_headers_stay_behind_when_a_redirect_leads_to_another_origin():
    secrets = {"Authorization": "Bearer s", "Cookie": "c=1", "X-Api-Key": "k", "Accept": "text/csv"}
    with serving(saying()) as there, serving(redirecting(there.url)) as here:
        fetch(Request(url=here.url, headers=secrets), allowed=[here.place, there.place])

    assert b"Bearer s" in here.requests[0]
    for word in (b"Bearer", b"Cookie", b"X-Api-Key"):
        assert word not in there.requests[0]
    assert b"text/csv" in there.requests[0]


def test_cookies_are_never_kept():
    flood = "\r\n".join(f"Set-Cookie: c{n}=1" for n in range(50))
    head = f"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n{flood}\r\n\r\n"
    with serving(sending(head.encode())) as endpoint:
        failing(endpoint.url, allowed=[endpoint.place])

    assert all(b"Cookie" not in request for request in endpoint.requests)


def test_the_message_of_a_failure_names_no_inner_address():
    look_up, _ = names_leading_to("10.11.12.13")

    with pytest.raises(AddressBlocked) as caught:
        fetch_by(look_up, "http://inner.example/", allowed=[])

    assert "10.11.12.13" not in caught.value.message


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost and 127.0.0.1, with its key, in one file."""
    folder = tmp_path_factory.mktemp("tls")
    path = folder / "both.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(
        [*command.split(), folder / "key.pem", "-out", folder / "cert.pem", *names],
        check=True,
        capture_output=True,
    )
    path.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return path


def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_trusted_certificate_gives_an_answer_with_the_seconds_of_its_handshake(certificate):
    with serving(saying(), tls=server_tls(certificate)) as endpoint:
        answer = fetch(
            Request(url=f"https://{endpoint.place}/"),
            allowed=[endpoint.place],
            tls=tls_context(str(certificate)),
        )

    assert answer.status == 200
    assert answer.phases.tls is not None
    assert answer.phases.tls > 0


def test_a_certificate_that_nobody_vouches_for_is_told_apart(certificate):
    with serving(saying(), tls=server_tls(certificate)) as endpoint:
        failure = failing(f"https://{endpoint.place}/", allowed=[endpoint.place])

    assert isinstance(failure, TlsFailed)


def test_a_certificate_for_another_name_is_refused(certificate):
    with serving(saying(), tls=server_tls(certificate)) as endpoint:
        place = f"other.example:{endpoint.port}"
        look_up, _ = names_leading_to("127.0.0.1")

        async def run() -> None:
            tls = tls_context(str(certificate))
            async with open_client(allowed=[place], names=look_up, tls=tls) as client:  # type: ignore[arg-type]
                await client.fetch(Request(url=f"https://{place}/"))

        with pytest.raises(TlsFailed):
            asyncio.run(run())


def test_a_server_that_speaks_no_tls_is_told_apart():
    with serving(sending(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as endpoint:
        failure = failing(f"https://{endpoint.place}/", allowed=[endpoint.place])

    assert isinstance(failure, TlsFailed)


def test_a_handshake_that_hangs_ends_by_the_deadline():
    with serving(hanging) as endpoint:
        failure = failing(f"https://{endpoint.place}/", allowed=[endpoint.place])

    assert isinstance(failure, DeadlinePassed)
