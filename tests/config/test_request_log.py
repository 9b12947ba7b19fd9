"""The log line of a request: what it says, and what it must not."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from catalog.client_ip import client_ip
from config.request_log import RequestLogMiddleware, request_id_of
from tests.factories import make_person


@pytest.fixture
def log_lines() -> Iterator[list[Any]]:
    """The lines that are logged meanwhile."""
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        yield lines


def ask(answer: Any, path: str = "/", **headers: str) -> Any:
    middleware = RequestLogMiddleware(lambda request: answer)
    return middleware(RequestFactory().get(path, **headers))


def test_a_request_is_one_line_with_its_id_its_time_and_its_code(log_lines):
    ask(HttpResponse(status=404), "/p/sales?x=1", HTTP_X_REQUEST_ID="from-the-proxy-1")

    (line,) = log_lines
    assert line["event"] == "request_finished"
    assert (line["request"], line["code"]) == ("GET /p/sales?x=1", 404)
    assert (line["request_id"], line["ip"]) == ("from-the-proxy-1", "127.0.0.1")
    assert line["ms"] >= 0
    assert get_contextvars() == {}


def test_a_secret_of_a_link_is_not_logged(log_lines):
    ask(HttpResponse(), "/join/abc")

    assert log_lines[0]["request"] == "GET /join/…"


@pytest.mark.parametrize("request_id", ["", "a b", "x" * 65, "one\ntwo", "é"])
def test_an_id_that_would_spoil_the_log_is_replaced(request_id):
    request = RequestFactory().get("/", HTTP_X_REQUEST_ID=request_id)

    assert re.fullmatch(r"[0-9a-f-]{36}", request_id_of(request))


@pytest.mark.parametrize(
    ("proxies", "passed", "expected"),
    [
        (0, "6.6.6.6", "127.0.0.1"),
        (1, "6.6.6.6, 10.0.0.1", "10.0.0.1"),
        (2, "6.6.6.6, 10.0.0.1, 10.0.0.2", "10.0.0.1"),
        (2, "10.0.0.1", "10.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_an_address_is_believed_only_from_our_own_proxies(settings, proxies, passed, expected):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies

    assert client_ip(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=passed)) == expected


def test_lines_of_a_long_answer_carry_the_id_of_its_request(log_lines):
    log = structlog.get_logger("a long answer")

    def pieces() -> Iterator[bytes]:
        log.info("a piece")
        yield b"one"

    answer = ask(StreamingHttpResponse(pieces()), HTTP_X_REQUEST_ID="long-1")

    assert b"".join(answer.streaming_content) == b"one"
    assert "a piece" in [line["event"] for line in log_lines]
    assert {line["request_id"] for line in log_lines} == {"long-1"}
    assert get_contextvars() == {}


def test_a_long_answer_that_breaks_off_is_logged(log_lines):
    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise OSError("gone")

    answer = ask(StreamingHttpResponse(pieces()))

    with pytest.raises(OSError, match="gone"):
        list(answer.streaming_content)
    assert log_lines[-1]["event"] == "streaming_failed"


@pytest.mark.django_db
@pytest.mark.parametrize("is_signed_in", [True, False])
def test_a_signed_in_person_is_logged_by_key(log_lines, is_signed_in):
    person, client = make_person(), Client()
    if is_signed_in:
        client.force_login(person)

    client.get("/api/v1/me")

    lines = [line for line in log_lines if line["event"] == "request_finished"]
    assert [line["user_id"] for line in lines] == [person.pk if is_signed_in else None]
