"""Servers that hang, flood and lie: each costs its own deadline and is distinguished.

Every hostile call must end by its deadline and one second; that is a promise of the product and
the only use of the clock here.
"""

import gzip
import time

import pytest

from catalog.ports.http_client import fetch_many
from catalog.ports.http_types import (
    DeadlinePassed,
    FetchFailed,
    InvalidResponse,
    LimitedBody,
    Request,
    Response,
    TooLarge,
    Unreachable,
)
from tests.catalog.endpoints import (
    DEADLINE,
    OK,
    Behaviour,
    bombing,
    call_of,
    dripping,
    failing,
    flooding,
    hanging,
    never_accepting,
    resetting,
    saying,
    sending,
    serving,
    unused_place,
)

pytestmark = pytest.mark.slow

CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
HOSTILE: dict[str, tuple[Behaviour, type[FetchFailed]]] = {
    "hangs without a word": (hanging, DeadlinePassed),
    "drips its status line": (dripping(b"HTTP/1.1 200 O"), DeadlinePassed),
    "drips its headers": (dripping(OK + b"X-Slow: "), DeadlinePassed),
    "drips its body": (dripping(OK + b"Content-Length: 100000\r\n\r\n"), DeadlinePassed),
    "drips chunks": (dripping(CHUNKED, b"1\r\nx\r\n"), DeadlinePassed),
    "sends ten gigabytes": (
        flooding(OK + b"Content-Length: 10737418240\r\n\r\n", bytes(65536)),
        TooLarge,
    ),
    "sends without an end": (flooding(OK + b"\r\n", bytes(65536)), TooLarge),
    "sends chunks for ever": (flooding(CHUNKED, b"1000\r\n" + bytes(4096) + b"\r\n"), TooLarge),
    "sends tiny chunks for ever": (flooding(CHUNKED, b"1\r\nx\r\n" * 1000), TooLarge),
    "sends one endless header": (flooding(OK + b"X-Long: ", b"x" * 65536), InvalidResponse),
    "sends headers for ever": (flooding(OK, b"X-More: yes\r\n" * 1000), InvalidResponse),
    "sends interim answers for ever": (
        flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        TooLarge,
    ),
    "drips interim answers": (
        dripping(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        DeadlinePassed,
    ),
    "sends a bomb": (bombing(300), TooLarge),
    "sends a broken body": (saying(200, b"not gzip", Content_Encoding="gzip"), InvalidResponse),
    "sends an odd encoding": (saying(200, b"x", Content_Encoding="br"), InvalidResponse),
    "stacks encodings": (saying(200, b"x", Content_Encoding="gzip, gzip"), InvalidResponse),
    "resets": (resetting, Unreachable),
    "closes at once": (sending(b""), Unreachable),
    "speaks HTTP 0.9": (sending(b"<html>hello</html>\r\n"), InvalidResponse),
    "speaks another protocol": (sending(b"220 mail.example ESMTP\r\n"), InvalidResponse),
    "sends noise": (sending(bytes(range(256)) * 40), InvalidResponse),
    "ends early": (sending(OK + b"Content-Length: 50\r\n\r\nfour"), InvalidResponse),
    "ends a chunk early": (sending(CHUNKED + b"ff\r\nfour"), InvalidResponse),
    "gives two lengths": (
        sending(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        InvalidResponse,
    ),
    "gives a negative length": (sending(OK + b"Content-Length: -1\r\n\r\nab"), InvalidResponse),
    "floods with cookies": (
        sending(OK + b"Set-Cookie: a=b\r\n" * 5000 + b"Content-Length: 0\r\n\r\n"),
        InvalidResponse,
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_endpoint_costs_only_its_deadline_and_is_told_apart(name):
    behaviour, expected = HOSTILE[name]
    # What ends by itself is given the time that a busy machine takes to send it.
    deadline = DEADLINE if expected is DeadlinePassed else 20.0
    with serving(behaviour) as endpoint:
        failure = failing(
            endpoint.url, allowed=[endpoint.place], max_bytes=200_000, deadline=deadline
        )

    assert type(failure) is expected, failure.message
    assert failure.phases.total <= deadline + 1


def test_a_connection_that_is_never_accepted_ends_by_the_deadline():
    with never_accepting() as place:
        assert isinstance(failing(f"http://{place}/", allowed=[place]), DeadlinePassed)


def test_a_closed_port_is_unreachable():
    place = unused_place()

    assert isinstance(failing(f"http://{place}/", allowed=[place]), Unreachable)


@pytest.mark.parametrize("behaviour", [flooding(OK + b"\r\n", bytes(65536)), bombing(50)])
def test_a_caller_that_needs_only_the_beginning_gets_a_body_cut_at_the_limit(behaviour):
    with serving(behaviour) as endpoint:
        answer = call_of(endpoint, max_bytes=1000, allow_truncation=True)

    assert (answer.status, len(answer.body), answer.is_truncated) == (200, 1000, True)


def test_a_body_of_exactly_the_limit_is_whole():
    with serving(saying(200, b"x" * 1000)) as endpoint:
        answer = call_of(endpoint, max_bytes=1000)

    assert (len(answer.body), answer.is_truncated) == (1000, False)


def test_many_calls_answer_in_their_order_and_none_spoils_another():
    with serving(saying()) as good, serving(hanging) as hung, serving(resetting) as cut:
        endpoints = [good, hung, cut] * 10
        calls = [Request(url=endpoint.url, deadline=DEADLINE) for endpoint in endpoints]
        heard: list[int] = []

        started = time.monotonic()
        results = fetch_many(
            calls,
            allowed=[good.place, hung.place, cut.place],
            on_result=lambda index, _: heard.append(index),
        )

    assert time.monotonic() - started < DEADLINE + 3
    assert [type(result) for result in results] == [Response, DeadlinePassed, Unreachable] * 10
    assert sorted(heard) == list(range(30))


def test_no_calls_give_no_answers():
    assert fetch_many([]) == []


def test_a_capped_body_says_when_it_is_full():
    body = LimitedBody(limit=5)

    assert body.add(b"123")
    assert body.add(b"45")
    assert not body.is_full
    assert not body.add(b"6")
    assert (body.content(), body.is_full) == (b"12345", True)


def test_a_capped_body_inflates_no_further_than_its_limit():
    body = LimitedBody(limit=10, encoding="GZIP")

    body.add(gzip.compress(bytes(10_000_000)))

    assert (body.content(), body.is_full) == (bytes(10), True)
