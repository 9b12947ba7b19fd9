"""The mesh, index, reader and queries of the search benchmarks.

Mesh and index are created in a data folder if they are missing, and reused.
"""

import argparse
import hashlib
import json
import os
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.cli import command_line
from benchmarks.mesh import build, set_up

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "corpora"
READER, AUDITOR = "bench-reader", "bench-auditor"
ENGINES = ("embedded", "elasticsearch")
# A benchmark asks faster than people may.
NO_LIMIT = "1000000000/min"


def arguments(text: str) -> argparse.ArgumentParser:
    """Return a parser with the options of every search benchmark."""
    parser = command_line(text)
    parser.add_argument(
        "--data", type=Path, required=True, help="the mesh's folder; created if new"
    )
    parser.add_argument("--products", type=int, default=100_000, help="products of a new mesh")
    parser.add_argument("--engine", choices=ENGINES, default="embedded")
    parser.add_argument("--rounds", type=int, default=7)
    return parser


def configure(options: Any) -> None:
    """Select the engine, with a prefix of its own for its indexes."""
    folder = hashlib.sha256(bytes(options.data.resolve())).hexdigest()[:8]
    os.environ["ASSAY_SEARCH_ENGINES"] = options.engine
    os.environ["ASSAY_SEARCH_PREFIX"] = f"assay-bench-{folder}"
    os.environ.setdefault("ASSAY_LOG_LEVEL", "WARNING")


def open_mesh(options: Any, *, is_indexed: bool = True) -> Any:
    """Open the mesh of a folder, create what is missing, and return the engine."""
    configure(options)
    set_up(options.data)
    from rest_framework.settings import api_settings

    from catalog.products.models import DataProduct
    from catalog.search import backends
    from catalog.search.services.rebuild import rebuild

    api_settings.DEFAULT_THROTTLE_RATES.update(signed_out=NO_LIMIT, signed_in=NO_LIMIT)
    if not DataProduct.objects.exists():
        build(options.products)
    engine = backends.active_backend()
    if is_indexed and not engine.is_ready():
        rebuild(engine)
    return engine


def reader(*, reads_all: bool = False) -> Any:
    """Return a person who may read three domains and their subdomains, or as an auditor all."""
    from catalog.audit.actors import SystemActor
    from catalog.domains.models import Domain
    from catalog.domains.services import grant_role
    from catalog.people.models import Person
    from catalog.people.services import create_person
    from catalog.permissions import Role

    name = AUDITOR if reads_all else READER
    person = Person.objects.filter(username=name).first()
    if person is None:
        actor = SystemActor("benchmark")
        person = create_person(
            username=name,
            email=f"{name}@example.org",
            password=None,
            actor=actor,
            check_password=False,
        )
        if reads_all:
            grant_role(person=person, role=Role.AUDITOR, domain=None, actor=actor)
            return person
        for domain in Domain.objects.order_by("pk")[1:4]:
            grant_role(person=person, role=Role.CONSUMER, domain=domain, actor=actor)
    return person


@dataclass(frozen=True)
class Query:
    """A typed query, and its kind."""

    kind: str
    text: str


def queries(*, per_kind: int = 8, seed: int = 11) -> list[Query]:
    """Return `each` queries of each kind: one word, two words, and a long title."""
    generator = random.Random(seed)
    entries = _entries()
    names = [entry["name"].split() for entry in entries]
    pairs = [" ".join(words[:2]) for words in names if len(words) > 1 and _plain(words[:2])]
    words = [entry["tags"][0] for entry in entries if entry["tags"] and _plain(entry["tags"][:1])]
    kinds = {"one word": words, "two words": pairs, "a title": _titles(entries)}
    return [
        Query(kind, text)
        for kind, texts_of in kinds.items()
        for text in generator.sample(sorted(set(texts_of)), min(per_kind, len(set(texts_of))))
    ]


def _entries() -> list[dict[str, Any]]:
    """Return the entries that the mesh was built from, or its products without the corpora."""
    path = CORPORA / "aws_open_data.jsonl"
    if path.exists():
        return [json.loads(line) for line in path.open(encoding="utf-8")]
    from catalog.products.models import DataProduct

    rows = DataProduct.objects.order_by("pk").values("name", "tags", "purpose")[:500]
    return [{**row, "description": row["purpose"]} for row in rows]


def _plain(words: Iterable[str]) -> bool:
    return all(word.isalpha() and len(word) > 3 for word in words)


def _titles(entries: list[dict[str, Any]]) -> list[str]:
    path = CORPORA / "aws_queries.jsonl"
    if not path.exists():
        return [" ".join(entry["description"].split()[:8]) for entry in entries]
    lines = [json.loads(line)["query"] for line in path.open(encoding="utf-8")]
    return [line for line in lines if 6 <= len(line.split()) <= 10 and line.isascii()]


class Site:
    """The product in this process, called as a web server calls it, by a signed-in person."""

    def __init__(self, person: Any) -> None:
        from django.conf import settings

        from config.wsgi import application

        self._application: Callable[..., Iterable[bytes]] = application
        self._cookie = f"{settings.SESSION_COOKIE_NAME}={session_of(person)}"

    def get(self, path: str, **params: str) -> bytes:
        """Return the body of a response. Raises RuntimeError unless its status is 200."""
        statuses: list[str] = []
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": urlencode(params),
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1", "HTTP_COOKIE": self._cookie,
            "wsgi.input": BytesIO(), "wsgi.errors": BytesIO(), "wsgi.url_scheme": "http",
        }  # fmt: skip
        answer = self._application(
            environ, lambda status, headers, info=None: statuses.append(status)
        )
        body = b"".join(answer)
        if close := getattr(answer, "close", None):
            close()
        if not statuses[0].startswith("200"):
            raise RuntimeError(f"{path}: {statuses[0]} {body[:300]!r}")
        return body

    def json(self, path: str, **params: str) -> Mapping[str, Any]:
        body: Mapping[str, Any] = json.loads(self.get(path, **params))
        return body


def session_of(person: Any) -> str:
    """Return the key of a new session of a person."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = person.get_session_auth_hash()
    store.create()
    return str(store.session_key)
