"""How a server is probed: the custom property `assayProbe` of its entry in a contract; pure.

    - property: assayProbe
      value:
        method: POST
        headers: [{name: Authorization, secretName: ORDERS_API, prefix: "Bearer "}]
        body: '{"limit": 1}'
        expectedStatus: [200, 2xx]
        maxBytes: 65536
        assertions: [{path: "$.items[0].status", equals: ok}]
        schema: {type: object, required: [items]}

A database has a `query` instead; what Assay cannot reach has `heartbeat: true`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from jsonschema_rs import RegexOptions, validator_for

from catalog.contracts.json_paths import InvalidPath, parse_path
from catalog.contracts.queries import query_issue
from catalog.issues import did_you_mean
from catalog.types import JSONObject, JSONValue

KEY = "assayProbe"
HTTP_MEMBERS = ("method", "headers", "body", "expectedStatus", "maxBytes", "assertions", "schema")
MEMBERS = (*HTTP_MEMBERS, "query", "heartbeat", "graceSeconds", "signingSecretName")
METHODS = ("GET", "HEAD", "POST")
MAX_BYTES, MAX_BODY, MAX_QUERY = 1024 * 1024, 16 * 1024, 10_000
MAX_HEADERS, MAX_HEADER, MAX_ASSERTIONS = 20, 4_000, 20
MAX_GRACE = 24 * 3600
# The types of server that Assay probes without an assayProbe.
PROBED_TYPES = frozenset({"api", "local", "s3"})
UNQUERIED_TYPES = PROBED_TYPES | {"kafka", "sftp", "custom"}
SECRET_NAME = re.compile(r"[A-Za-z0-9_]{1,60}\Z")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}\Z")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z")
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx)\Z")
# Who sends these is the client itself.
_OWN_HEADERS = frozenset(
    "host content-length transfer-encoding connection te trailer upgrade expect "
    "accept-encoding keep-alive proxy-authorization proxy-connection".split()
)
# A document is read by many; what signs in comes from the environment.
_CREDENTIALS = re.compile(
    r"auth(?!or\b)|cookie|token|secret|passw|credential|(api|access|account|subscription)-?key",
    re.IGNORECASE,
)

AddIssue = Callable[[str, str, str], None]
SchemaTest = Callable[[JSONValue], bool]


@dataclass(frozen=True, kw_only=True)
class ProbeHeader:
    """A header of the request; of one with a secret the value is `prefix` and the secret."""

    name: str
    value: str = ""
    secret_name: str = ""
    prefix: str = ""


@dataclass(frozen=True, kw_only=True)
class Assertion:
    """What a JSON body must have at a path: a value, or anything if nothing is `expected`."""

    path: str
    expected: tuple[JSONValue, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProbeSettings:
    """How a server is probed, in addition to its location."""

    method: str = "GET"
    headers: tuple[ProbeHeader, ...] = ()
    body: str = ""
    statuses: tuple[str, ...] = ()
    max_bytes: int | None = None
    assertions: tuple[Assertion, ...] = ()
    schema: JSONObject | None = None
    query: str = ""
    is_heartbeat: bool = False
    grace: int | None = None
    signing_secret_name: str = ""

    @property
    def reads_body(self) -> bool:
        return bool(self.assertions) or self.schema is not None

    def expects(self, status: int) -> bool:
        statuses = self.statuses or ("2xx",)
        return str(status) in statuses or f"{status // 100}xx" in statuses

    def grace_seconds(self, interval: int) -> int:
        """Return how late a heartbeat may be: a tenth of the interval, unless it is declared."""
        usual = min(3600, max(10, interval // 10))
        return usual if self.grace is None else self.grace

    @classmethod
    def from_json(cls, stored: Mapping[str, JSONValue]) -> "ProbeSettings":
        """Return the settings of a value that `check_probe` found nothing wrong with."""
        return cls(
            method=stored.get("method") or "GET",
            headers=tuple(
                ProbeHeader(
                    name=header["name"],
                    value=header.get("value") or "",
                    secret_name=header.get("secretName") or "",
                    prefix=header.get("prefix") or "",
                )
                for header in stored.get("headers") or ()
            ),
            body=stored.get("body") or "",
            statuses=tuple(map(str, stored.get("expectedStatus") or ())),
            max_bytes=stored.get("maxBytes"),
            assertions=tuple(
                Assertion(
                    path=entry["path"], expected=(entry["equals"],) if "equals" in entry else ()
                )
                for entry in stored.get("assertions") or ()
            ),
            schema=stored.get("schema"),
            query=stored.get("query") or "",
            is_heartbeat=stored.get("heartbeat") is True,
            grace=stored.get("graceSeconds"),
            signing_secret_name=stored.get("signingSecretName") or "",
        )


def is_probed(server_type: str, probe: Mapping[str, JSONValue]) -> bool:
    """Return True if availability of a server is checked on a schedule."""
    return server_type in PROBED_TYPES or bool(probe.get("query") or probe.get("heartbeat"))


def probe_digest(probe: Mapping[str, JSONValue]) -> str:
    """Return what distinguishes two ways to probe one server; empty for the usual one."""
    if not probe:
        return ""
    return blake2b(json.dumps(probe, sort_keys=True).encode(), digest_size=6).hexdigest()


def check_probe(value: JSONValue, at: str, server_type: str, add_issue: AddIssue) -> JSONObject:
    """Return the settings as they are stored; what is wrong is added at its member."""
    if not isinstance(value, Mapping):
        add_issue(at, "Must be an object.", f"Its members are {', '.join(MEMBERS)}.")
        return {}
    for name in value:
        if name not in MEMBERS:
            hint = did_you_mean(str(name), MEMBERS) or f"Known members: {', '.join(MEMBERS)}."
            add_issue(f"{at}/{name}", "Unknown member of a probe.", hint)
    for name, message, hint in _issues(value, server_type):
        add_issue(f"{at}/{name}", message, hint)
    return {name: value[name] for name in MEMBERS if value.get(name) is not None}


Problem = tuple[str, str, str]


def _issues(value: Mapping[str, JSONValue], server_type: str) -> Iterator[Problem]:
    """Yield what is wrong as the member, a message and a hint."""
    yield from _heartbeat_issues(value)
    yield from _conflict_issues(value, server_type)
    yield from _request_issues(value)
    yield from _header_issues(value.get("headers"))
    yield from _status_issues(value.get("expectedStatus"))
    yield from _assertion_issues(value.get("assertions"))
    yield from _schema_issues(value.get("schema"))
    query = value.get("query")
    if query is not None and not (isinstance(query, str) and query.strip()):
        yield "query", "Must be one SELECT statement.", "Such as SELECT 1 FROM orders LIMIT 1."
    elif isinstance(query, str) and len(query) > MAX_QUERY:
        yield "query", f"At most {MAX_QUERY:,} characters.", ""
    elif isinstance(query, str) and (reason := query_issue(query)):
        yield "query", reason, "Such as SELECT 1 FROM orders LIMIT 1."
    name = value.get("signingSecretName")
    if name is not None and not (isinstance(name, str) and SECRET_NAME.match(name)):
        yield "signingSecretName", *_NO_SECRET_NAME


_NO_SECRET_NAME = (
    "Must be the name of a secret: letters, digits and underscores.",
    "Give the name after ASSAY_SECRET_, never the secret itself.",
)


def _heartbeat_issues(value: Mapping[str, JSONValue]) -> Iterator[Problem]:
    heartbeat = value.get("heartbeat")
    if heartbeat is not None and not isinstance(heartbeat, bool):
        yield "heartbeat", "Must be true or false.", ""
    if not _is_whole(value.get("graceSeconds"), 0, MAX_GRACE):
        yield "graceSeconds", f"Must be a whole number from 0 to {MAX_GRACE}.", "Seconds."
    if heartbeat is not True and value.get("graceSeconds") is not None:
        yield "graceSeconds", "Only a heartbeat can be late.", "Set heartbeat, or remove this."


def _conflict_issues(value: Mapping[str, JSONValue], server_type: str) -> Iterator[Problem]:
    """Yield members that are of another way to check a server, or of another type of server."""
    is_heartbeat = value.get("heartbeat") is True
    for name in (*HTTP_MEMBERS, "query"):
        if value.get(name) is None:
            continue
        if is_heartbeat:
            message = "A server that sends heartbeats is neither called nor queried."
            yield name, message, "Remove this member, or heartbeat."
        elif name == "query" and server_type in UNQUERIED_TYPES:
            hint = "It is for servers of type postgres, mysql, mariadb or another database."
            yield name, f"A server of type {server_type} takes no query.", hint
        elif name != "query" and server_type != "api":
            message = f"A server of type {server_type} is not called by HTTP."
            yield name, message, "It is for servers of type api."


def _request_issues(value: Mapping[str, JSONValue]) -> Iterator[Problem]:
    method, body = value.get("method"), value.get("body")
    if method is not None and method not in METHODS:
        yield "method", f"Must be one of {', '.join(METHODS)}.", "In capital letters."
    if body is not None and not isinstance(body, str):
        yield "body", "Must be a string.", "Write the body as it is sent."
    elif isinstance(body, str) and len(body.encode()) > MAX_BODY:
        yield "body", f"At most {MAX_BODY:,} bytes.", ""
    elif body and method != "POST":
        yield "body", "Only a POST has a body.", "Set the method to POST."
    if not _is_whole(value.get("maxBytes"), 1, MAX_BYTES):
        yield "maxBytes", f"Must be a whole number from 1 to {MAX_BYTES}.", "Bytes that are read."
    if method == "HEAD" and (value.get("assertions") or value.get("schema") is not None):
        yield "method", "The answer to a HEAD has no body to check.", "Use GET."


def _header_issues(headers: JSONValue) -> Iterator[Problem]:
    entries = headers if isinstance(headers, list) else []
    if headers is not None and not isinstance(headers, list):
        yield "headers", "Must be a list.", "Each entry has name, and value or secretName."
    if len(entries) > MAX_HEADERS:
        yield "headers", f"At most {MAX_HEADERS} headers.", ""
    names: set[str] = set()
    for index, entry in enumerate(entries[:MAX_HEADERS]):
        at = f"headers/{index}"
        if not isinstance(entry, Mapping):
            yield at, "Must be an object.", "With name, and value or secretName."
            continue
        name = entry.get("name")
        if not isinstance(name, str) or not _HEADER_NAME.match(name):
            yield f"{at}/name", "Must be the name of a header.", "Such as Accept."
            continue
        if name.lower() in _OWN_HEADERS or name.lower() in names:
            reason = "is given twice" if name.lower() in names else "is set by Assay itself"
            yield f"{at}/name", f"{name} {reason}.", "Remove it."
        names.add(name.lower())
        for member, message, hint in _header_value_issues(name, entry):
            yield f"{at}/{member}", message, hint


def _header_value_issues(name: str, entry: Mapping[str, JSONValue]) -> Iterator[Problem]:
    known = {"name", "value", "secretName"} | ({"prefix"} if "secretName" in entry else set())
    for key in entry:
        if key not in known:
            hint = "Known: name and value; or name, secretName and prefix."
            yield str(key), "Unknown member of a header.", hint
    for key in ("value", "prefix"):
        text = entry.get(key)
        is_text = isinstance(text, str) and len(text) <= MAX_HEADER and _HEADER_VALUE.match(text)
        if text is not None and not is_text:
            yield key, f"Must be a string of one line, up to {MAX_HEADER:,} characters.", ""
    secret = entry.get("secretName")
    if secret is not None and not (isinstance(secret, str) and SECRET_NAME.match(secret)):
        yield "secretName", *_NO_SECRET_NAME
    if (entry.get("value") is None) == (secret is None):
        yield "value", "A header has either a value or a secretName.", "Give one of them."
    elif secret is None and _CREDENTIALS.search(name):
        hint = "Give secretName, and prefix for what comes before it, such as 'Bearer '."
        yield "value", "A credential is not written into a document.", hint


def _status_issues(statuses: JSONValue) -> Iterator[Problem]:
    if statuses is None:
        return
    if not isinstance(statuses, list) or not statuses or len(statuses) > 50:
        yield "expectedStatus", "Must be a list of status codes.", "Such as [200, 204] or [2xx]."
        return
    for index, status in enumerate(statuses):
        is_known = isinstance(status, str | int) and not isinstance(status, bool)
        if not (is_known and _STATUS.match(str(status))):
            yield f"expectedStatus/{index}", "Must be a status code.", "Such as 200, or 2xx."


def _assertion_issues(assertions: JSONValue) -> Iterator[Problem]:
    entries = assertions if isinstance(assertions, list) else []
    if assertions is not None and not isinstance(assertions, list):
        yield "assertions", "Must be a list.", "Each entry has path, and equals if it has a value."
    if len(entries) > MAX_ASSERTIONS:
        yield "assertions", f"At most {MAX_ASSERTIONS} assertions.", ""
    for index, entry in enumerate(entries[:MAX_ASSERTIONS]):
        at = f"assertions/{index}"
        if not isinstance(entry, Mapping) or not isinstance(entry.get("path"), str):
            yield f"{at}/path", "Must be a JSONPath.", "Such as $.items[0].status."
            continue
        for key in set(entry) - {"path", "equals"}:
            yield f"{at}/{key}", "Unknown member of an assertion.", "Known: path, equals."
        try:
            parse_path(entry["path"])
        except InvalidPath as error:
            yield f"{at}/path", str(error), "Such as $.items[0].status."


def _schema_issues(schema: JSONValue) -> Iterator[Problem]:
    if schema is None:
        return
    if not isinstance(schema, dict):
        yield "schema", "Must be a JSON Schema.", "An object such as {type: object}."
        return
    try:
        compile_schema(schema)
    except ValueError as error:
        yield "schema", f"Not a JSON Schema: {str(error).splitlines()[0][:200]}", ""


def compile_schema(schema: JSONObject) -> SchemaTest:
    """Return the test of a schema, which fetches nothing. Raises ValueError."""

    def refuse(uri: str) -> JSONValue:
        raise ValueError(f"{uri} is not read; write the schema here as a whole")

    # Patterns of this engine take linear time, whatever they and the text are.
    return validator_for(schema, retriever=refuse, pattern_options=RegexOptions()).is_valid


def _is_whole(value: JSONValue, low: int, high: int) -> bool:
    """Return True for a whole number within bounds, and for none."""
    return value is None or (type(value) is int and low <= value <= high)
