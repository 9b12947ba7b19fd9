"""Fetches responses without their volatile parts, and compares two runs of them.

Left out, each with its reason:
- request ids, CSRF tokens, the nonce of the page's policy: new in every response;
- what is left of a rate limit: counts requests, not products;
- cursors: encrypted differently each time; where they lead is compared;
- relative times, and the time of the status page: the two runs differ in time;
- the length of a response: it follows from the rest.
If a request sorts by relevance, its hits are sorted by id, because statistics of the whole index
may change their order.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.test import Client

from catalog.people.models import Person
from tests.isolation.requests import Request

_VOLATILE = (
    (re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"'), 'name="csrfmiddlewaretoken"'),
    (re.compile(r"([?&]|&amp;)cursor=[\w:.%-]+"), r"\1cursor="),
    (re.compile(r"(<time [^>]*>)[^<]*"), r"\1"),
    (re.compile(r'"request_id": ?"[^"]*"'), '"request_id": ""'),
    (re.compile(r'(data-request-id="|request )[0-9a-f-]{32,36}'), r"\1"),
    (re.compile(r'"at": ?"[^"]*"'), '"at": ""'),
    (re.compile(r"Checked at <time [^>]*>"), "Checked at <time>"),
    (re.compile(r"\d+ \w+ \d{4}, \d\d:\d\d UTC</p>"), "</p>"),
)
_HIT = re.compile(r'<li>\s*<article class="hit".*?</article>\s*</li>', re.DOTALL)
_HEADERS = ("Location", "Link", "ETag", "Content-Type", "Allow", "WWW-Authenticate", "Retry-After")
# Fewer than the rate limit allows in a minute.
_REQUESTS_PER_WINDOW = 200


@dataclass(frozen=True)
class Response:
    """Statuses, headers and bodies of all pages; `is_empty` if nothing was found."""

    pages: tuple[str, ...]
    is_empty: bool


def fetch_all(person: Person | None, requests: list[Request]) -> list[Response]:
    client = Client()
    if person:
        client.force_login(person)
    responses = []
    for index, request in enumerate(requests):
        if index % _REQUESTS_PER_WINDOW == 0:
            cache.clear()
        responses.append(_fetch(client, request))
    return responses


def find_differences(
    requests: list[Request], before: list[Response], after: list[Response]
) -> list[tuple[Request, str]]:
    """Return the requests whose responses differ, each with the first difference."""
    return [
        (request, _first_difference(first.pages, second.pages))
        for request, first, second in zip(requests, before, after, strict=True)
        if first.pages != second.pages
    ]


def _fetch(client: Client, request: Request) -> Response:
    pages: list[str] = []
    results: list[Any] = []
    address: str | None = request.address
    for _ in range(request.steps + 1):
        if address is None:
            break
        response = client.generic(
            request.method,
            address,
            request.body,
            "application/json",
            headers={"Accept": request.accept},
        )
        body = b"".join(response).decode()
        headers = [f"{name}: {_without_volatile(response.get(name, ''))}" for name in _HEADERS]
        content = _comparable(body, response.get("Content-Type", ""), request)
        if request.steps and request.shifts:
            results += content.pop("results", [])
        text = content if isinstance(content, str) else json.dumps(content, sort_keys=True)
        pages.append("\n".join([str(response.status_code), *headers, text]))
        address = _next_address(body) if request.steps else None
    # Sorted by relevance, the pages of a walk may differ; together they hold the same hits.
    pages += sorted(json.dumps(hit, sort_keys=True) for hit in results)
    return Response(tuple(pages), is_empty=_is_empty(pages))


def _comparable(body: str, content_type: str, request: Request) -> Any:
    text = _without_volatile(body)
    is_sorted = request.shifts and not request.steps
    if content_type.startswith("application/json"):
        content = json.loads(text)
        if is_sorted and isinstance(content, dict) and "results" in content:
            content["results"].sort(key=lambda hit: hit["id"])
        return content
    if request.shifts and content_type.startswith("text/csv"):
        return "\n".join(sorted(text.splitlines()))
    if request.shifts:
        hits = sorted(_HIT.findall(text))
        return "".join([_HIT.sub("", text), *hits])
    return text


def _without_volatile(text: str) -> str:
    for pattern, replacement in _VOLATILE:
        text = pattern.sub(replacement, text)
    return text


def _next_address(body: str) -> str | None:
    next_address: str | None = json.loads(body).get("next")
    return next_address.removeprefix("http://testserver") if next_address else None


def _is_empty(pages: list[str]) -> bool:
    """Return True if the first page is a 404 or an empty list."""
    text = pages[0]
    has_no_rows = '"results": []' in text or '"groups": []' in text
    return text.startswith("404") or has_no_rows or ("<feed" in text and "<entry" not in text)


def _first_difference(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    first, second = "\n".join(one), "\n".join(other)
    index = next(_positions(first, second), min(len(first), len(second)))
    context = slice(max(0, index - 60), index + 80)
    return f"{first[context]!r} is not {second[context]!r}"


def _positions(first: str, second: str) -> Iterator[int]:
    return (index for index, (a, b) in enumerate(zip(first, second, strict=False)) if a != b)
