"""What an answer says, without what is another each time, and how two answers are compared.

Left out, each with its reason:
- request ids, CSRF tokens, the nonce of the page's policy: made anew for every answer;
- what is left of a rate limit: counts requests, not products;
- cursors: signed with the second in which they were made; where they lead is compared;
- how long ago a moment was, and the moment of the status page: the two runs are not at once;
- the length of an answer: it follows from the rest.
Sorted, where a request asks for relevance: the hits, since statistics of the whole index may
shift their order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.test import Client

from catalog.people.models import Person
from tests.isolation.questions import Asked

_EACH_TIME = (
    (re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"'), 'name="csrfmiddlewaretoken"'),
    (re.compile(r"([?&]|&amp;)cursor=[\w:.%-]+"), r"\1cursor="),
    (re.compile(r"(<time [^>]*>)[^<]*"), r"\1"),
    (re.compile(r'"request_id": ?"[^"]*"'), '"request_id": ""'),
    (re.compile(r'(data-request-id="|request )[0-9a-f-]{32,36}'), r"\1"),
    (re.compile(r'"at": ?"[^"]*"'), '"at": ""'),
    (re.compile(r"Read at <time [^>]*>"), "Read at <time>"),
    (re.compile(r"\d+ \w+ \d{4}, \d\d:\d\d UTC</p>"), "</p>"),
)
_HIT = re.compile(r'<li>\s*<article class="hit".*?</article>\s*</li>', re.DOTALL)
_HEADERS = ("Location", "Link", "ETag", "Content-Type", "Allow", "WWW-Authenticate", "Retry-After")
# A window of the rate limit is a minute; a run must not run into it.
_OFTEN = 200


@dataclass(frozen=True)
class Answer:
    """What was seen: statuses, headers and bodies of all pages, and how much they held."""

    said: tuple[str, ...]
    is_empty: bool


def answers(person: Person | None, asked: list[Asked]) -> list[Answer]:
    """What somebody is answered, in order."""
    client = Client()
    if person:
        client.force_login(person)
    seen = []
    for at, one in enumerate(asked):
        if at % _OFTEN == 0:
            cache.clear()
        seen.append(_answer(client, one))
    return seen


def differing(
    asked: list[Asked], one: list[Answer], other: list[Answer]
) -> list[tuple[Asked, str]]:
    """The requests whose answers differ, each with the first difference."""
    return [
        (request, _first_difference(left.said, right.said))
        for request, left, right in zip(asked, one, other, strict=True)
        if left.said != right.said
    ]


def _answer(client: Client, asked: Asked) -> Answer:
    said: list[str] = []
    found: list[Any] = []
    address: str | None = asked.address
    for _ in range(asked.steps + 1):
        if address is None:
            break
        response = client.generic(
            asked.method, address, asked.body, "application/json", headers={"Accept": asked.accept}
        )
        body = b"".join(response).decode()
        headers = [f"{name}: {_plain(response.get(name, ''))}" for name in _HEADERS]
        kept = _kept(body, response.get("Content-Type", ""), asked)
        if asked.steps and asked.shifts:
            found += kept.pop("results", [])
        text = kept if isinstance(kept, str) else json.dumps(kept, sort_keys=True)
        said.append("\n".join([str(response.status_code), *headers, text]))
        address = _following(body) if asked.steps else None
    # Of a walk by relevance each page may hold others; together they hold the same.
    said += sorted(json.dumps(hit, sort_keys=True) for hit in found)
    return Answer(tuple(said), is_empty=_is_empty(said))


def _kept(body: str, kind: str, asked: Asked) -> Any:
    text = _plain(body)
    if kind.startswith("application/json"):
        kept = json.loads(text)
        if asked.shifts and isinstance(kept, dict) and "results" in kept and not asked.steps:
            kept["results"].sort(key=lambda hit: hit["id"])
        return kept
    if asked.shifts and kind.startswith("text/csv"):
        return "\n".join(sorted(text.splitlines()))
    if asked.shifts:
        hits = sorted(_HIT.findall(text))
        return "".join([_HIT.sub("", text), *hits])
    return text


def _plain(text: str) -> str:
    for pattern, left in _EACH_TIME:
        text = pattern.sub(left, text)
    return text


def _following(body: str) -> str | None:
    following: str | None = json.loads(body).get("next")
    return following.removeprefix("http://testserver") if following else None


def _is_empty(said: list[str]) -> bool:
    """Whether nothing is there, or a list holds nothing."""
    text = said[0]
    is_bare = '"results": []' in text or '"groups": []' in text
    return text.startswith("404") or is_bare or ("<feed" in text and "<entry" not in text)


def _first_difference(one: tuple[str, ...], other: tuple[str, ...]) -> str:
    left, right = "\n".join(one), "\n".join(other)
    at = next(_places(left, right), min(len(left), len(right)))
    return f"{left[max(0, at - 60) : at + 80]!r} is not {right[max(0, at - 60) : at + 80]!r}"


def _places(left: str, right: str) -> Iterator[int]:
    return (at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b)
