"""The JSON that an API answers, fetched once into a file that the sandbox reads."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from urllib.parse import urlsplit

from catalog.contracts.models import Server
from catalog.contracts.probe_settings import KEY, ProbeSettings, check_probe
from catalog.ports.addresses import parse_url
from catalog.ports.http_client import fetch
from catalog.ports.http_types import FetchFailed, Request, TooLarge
from catalog.products.projection import custom
from governance.sandbox.database_servers import declared_server, named_secret
from governance.sandbox.object_storage import failure_code
from governance.sandbox.types import SourceUnreadable

SECONDS = 20.0
MAX_BYTES = 64 * 1024 * 1024


@contextmanager
def fetched_answer(server: Server) -> Iterator[BinaryIO]:
    """Fetch what an API answers, asked as its probes ask it. Raises SourceUnreadable.

    It is JSON: an array of objects, one object with that list, or objects one after another.
    """
    settings = _settings_of(server)
    request = Request(
        url=server.location,
        method=settings.method,
        headers=_headers_of(server, settings) | {"Accept": "application/json"},
        body=settings.body.encode() if settings.body else None,
        deadline=SECONDS,
        max_bytes=MAX_BYTES,
    )
    try:
        response = fetch(request)
    except TooLarge as error:
        raise SourceUnreadable("too-costly", "It answers more than 64 MB.") from error
    except FetchFailed as error:
        raise SourceUnreadable(failure_code(error), f"{error.message}.") from error
    if not settings.expects(response.status):
        raise SourceUnreadable("unreachable", f"It answered {response.status}.")
    if response.body.lstrip()[:1] not in (b"[", b"{"):
        raise SourceUnreadable("wrong-format", "Its answer is no JSON of objects.")
    with tempfile.TemporaryFile() as file:
        file.write(response.body)
        file.flush()
        file.seek(0)
        yield file


def _settings_of(server: Server) -> ProbeSettings:
    stored = check_probe(
        custom(declared_server(server), KEY) or {}, "", server.type, lambda *_: None
    )
    return ProbeSettings.from_json(stored)


def _headers_of(server: Server, settings: ProbeSettings) -> dict[str, str]:
    place = parse_url(server.location).netloc
    return {
        header.name: header.prefix + named_secret(header.secret_name, server=server, place=place)
        if header.secret_name
        else header.value
        for header in settings.headers
    }


def answer_table(location: str) -> str:
    """Return the name of the table that an API answers: the last part of its path."""
    parts = [part for part in urlsplit(location).path.split("/") if part]
    return (parts[-1] if parts else urlsplit(location).hostname or "answer").split(".")[0]
