"""The HTTP probe: call a port's location as a consumer does, and check what it answers."""

import json
from functools import lru_cache

import orjson

from catalog.contracts.json_paths import MISSING, parse_path, value_at
from catalog.contracts.models import Server
from catalog.contracts.probe_settings import (
    MAX_BYTES,
    ProbeHeader,
    ProbeSettings,
    SchemaTest,
    compile_schema,
)
from catalog.ports.addresses import parse_url
from catalog.ports.http_types import (
    AddressBlocked,
    DeadlinePassed,
    Fetched,
    FetchFailed,
    InvalidUrl,
    Request,
    Response,
    TlsFailed,
    TooLarge,
    Unreachable,
)
from catalog.types import JSONObject, JSONValue
from governance.sandbox.database_servers import named_secret
from governance.sandbox.types import SourceUnreadable
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import ProbeTask

OUTCOMES: dict[type[FetchFailed], Outcome] = {
    AddressBlocked: Outcome.REFUSED,
    InvalidUrl: Outcome.REFUSED,
    DeadlinePassed: Outcome.TIMEOUT,
    TlsFailed: Outcome.TLS_ERROR,
    TooLarge: Outcome.TOO_LARGE,
    Unreachable: Outcome.UNREACHABLE,
}
USUAL = ProbeSettings()


def build_request(task: ProbeTask, server: Server | None = None) -> Request | Outcome:
    """Return the request of a probe, or why there is none; `server` is needed for secrets.

    Without a size limit or a condition on the body, reading ends at one MiB.
    """
    settings = ProbeSettings.from_json(task.probe) if task.probe else USUAL
    try:
        headers = {header.name: _value_of(header, task, server) for header in settings.headers}
    except SourceUnreadable:
        return Outcome.NOT_CONFIGURED
    return Request(
        url=task.location,
        method=settings.method,
        headers=headers,
        body=settings.body.encode() if settings.body else None,
        deadline=task.deadline,
        max_bytes=settings.max_bytes or MAX_BYTES,
        allow_truncation=settings.max_bytes is None and not settings.reads_body,
    )


def outcome_of(fetched: Fetched, probe: JSONObject | None = None) -> Outcome:
    """Return the outcome for a consumer. A redirect without a target is a bad answer."""
    if not isinstance(fetched, Response):
        return OUTCOMES.get(type(fetched), Outcome.BAD_ANSWER)
    settings = ProbeSettings.from_json(probe) if probe else USUAL
    if settings.expects(fetched.status):
        return _outcome_of_body(fetched.body, settings) if settings.reads_body else Outcome.GOOD
    if fetched.status >= 400:
        return Outcome.HTTP_ERROR
    return Outcome.WRONG_STATUS if settings.statuses else Outcome.BAD_ANSWER


def _value_of(header: ProbeHeader, task: ProbeTask, server: Server | None) -> str:
    """Return the value of a header with its secret. Raises SourceUnreadable."""
    if not header.secret_name:
        return header.value
    if server is None:
        raise SourceUnreadable("no-secret")
    place = parse_url(task.location).netloc
    return header.prefix + named_secret(header.secret_name, server=server, place=place)


def _outcome_of_body(body: bytes, settings: ProbeSettings) -> Outcome:
    try:
        document: JSONValue = orjson.loads(body)
    except orjson.JSONDecodeError:
        return Outcome.WRONG_BODY
    for assertion in settings.assertions:
        value = value_at(document, parse_path(assertion.path))
        if value is MISSING or any(not _is_equal(value, item) for item in assertion.expected):
            return Outcome.WRONG_BODY
    is_valid = settings.schema is None or _schema_test(json.dumps(settings.schema))(document)
    return Outcome.GOOD if is_valid else Outcome.WRONG_BODY


def _is_equal(value: JSONValue, expected: JSONValue) -> bool:
    """Compare as JSON does: true is not 1."""
    return isinstance(value, bool) == isinstance(expected, bool) and bool(value == expected)


@lru_cache(maxsize=256)
def _schema_test(schema: str) -> SchemaTest:
    return compile_schema(json.loads(schema))
