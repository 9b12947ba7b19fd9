"""The one HTTP client: every fetch of Assay goes through here, and is checked here.

Addresses are checked twice: those of a resolved name, and again the very address at the moment its
socket opens, so neither a literal nor a name that changes its address slips past. The socket
itself counts what comes in, so headers, interim answers and bodies share one limit.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_address
from time import perf_counter
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings
from yarl import URL

from catalog.ports.addresses import Target, check_address, check_url, parse_ip, parse_url
from catalog.ports.http_transport import (
    CURRENT_TRACE,
    RequestTrace,
    Resolver,
    open_checked,
    resolve_host,
    tls_context,
)
from catalog.ports.http_types import (
    DeadlinePassed,
    Fetched,
    FetchFailed,
    InvalidResponse,
    InvalidUrl,
    LimitedBody,
    Request,
    Response,
    TlsFailed,
    TooLarge,
    TooManyRedirects,
    Unreachable,
)

HEAD_ALLOWANCE = 256 * 1024
READ_AHEAD = 512 * 1024
MAX_HEADERS = 100
MAX_ADDRESSES = 8
MAX_CONCURRENT = 400
# This number of calls may be starting at the same time: a start costs processor time, which would
# count into the times of the others, while a call that merely waits costs nothing.
MAX_STARTING = 64
STARTING_SECONDS = 0.1
REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEPT_ACROSS_ORIGINS = frozenset({"accept", "accept-language", "user-agent"})
OWN_HEADERS = {"User-Agent": "Assay/1 (data catalog)", "Accept-Encoding": "gzip"}

FAILURES: tuple[tuple[tuple[type[Exception], ...], type[FetchFailed], str], ...] = (
    ((aiohttp.ClientConnectorDNSError,), Unreachable, "no address is known for {target.host}"),
    ((aiohttp.ClientSSLError,), TlsFailed, "no trusted encrypted connection to {target.host}"),
    ((TimeoutError,), DeadlinePassed, "no complete answer in time"),
    ((aiohttp.InvalidURL,), InvalidUrl, "the URL is not well formed"),
    (
        (aiohttp.ClientResponseError, aiohttp.ClientPayloadError, ValueError),
        InvalidResponse,
        "the answer is not well-formed HTTP, or ended early",
    ),
)

logger = logging.getLogger(__name__)


class _CheckedResolver(AbstractResolver):
    """Looks names up, and refuses a name if one of its addresses is blocked."""

    def __init__(self, allowed: frozenset[str], resolve: Resolver) -> None:
        self._allowed, self._resolve = allowed, resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self._resolve(host, port)
        target = Target("", host.rstrip(".").lower(), port)
        for _, address in addresses:
            check_address(ip_address(address.partition("%")[0]), target, allowed=self._allowed)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=family,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for family, address in addresses[:MAX_ADDRESSES]
        ]

    async def close(self) -> None:
        pass


class Client:
    """Fetches within one event loop; made by `open_client`."""

    def __init__(self, session: aiohttp.ClientSession, allowed: frozenset[str]) -> None:
        self._session = session
        self._allowed = allowed

    async def fetch(self, call: Request) -> Response:
        """Return the answer to a call, or raise a FetchFailed that says why there is none."""
        trace = RequestTrace(
            self._allowed, call.max_bytes + HEAD_ALLOWANCE + READ_AHEAD, perf_counter()
        )
        token = CURRENT_TRACE.set(trace)
        try:
            async with asyncio.timeout(call.deadline):
                return await self._follow(call, trace)
        except FetchFailed as failure:
            failure.phases = trace.phases()
            raise
        except TimeoutError as error:
            message = f"no complete answer within {call.deadline:g} s"
            raise DeadlinePassed(message, phases=trace.phases()) from error
        finally:
            CURRENT_TRACE.reset(token)

    async def _follow(self, call: Request, trace: RequestTrace) -> Response:
        url, headers = call.url, dict(call.headers)
        for _ in range(call.max_redirects + 1):
            trace.begin(check_url(url, allowed=self._allowed))
            answer = await self._hop(call, url, headers, trace)
            if not is_redirect(call, answer.status, answer.headers):
                return answer
            url = urljoin(url, answer.headers["location"])
            if parse_url(url).origin != trace.target.origin:
                headers = {k: v for k, v in headers.items() if k.lower() in KEPT_ACROSS_ORIGINS}
        raise TooManyRedirects(f"more than {call.max_redirects} redirects")

    async def _hop(
        self, call: Request, url: str, headers: Mapping[str, str], trace: RequestTrace
    ) -> Response:
        try:
            async with self._session.request(
                call.method,
                checked_url(url, trace.target, keeps_url=call.keeps_url),
                headers=headers,
                data=call.body,
                allow_redirects=False,
            ) as response:
                trace.head_read = perf_counter()
                return await _read_response(response, call, url, trace)
        except (aiohttp.ClientError, OSError, ValueError, EOFError) as error:
            raise _to_failure(error, trace) from error


def checked_url(url: str, target: Target, *, keeps_url: bool = False) -> URL:
    """Return the URL as the client reads it; raises InvalidUrl if that is another target."""
    read = URL(url, encoded=keeps_url)
    host = (read.raw_host or "").lower().rstrip(".")
    address = parse_ip(host)
    if (address.compressed if address else host, read.port) != (target.host, target.port):
        raise InvalidUrl("the URL can be read in two ways")
    return read


def is_redirect(call: Request, status: int, headers: Mapping[str, str]) -> bool:
    return status in REDIRECTS and bool(headers.get("location")) and call.method in {"GET", "HEAD"}


async def _read_response(
    response: aiohttp.ClientResponse, call: Request, url: str, trace: RequestTrace
) -> Response:
    headers = {name.lower(): value for name, value in response.headers.items()}
    is_truncated, content = False, b""
    if not is_redirect(call, response.status, headers):
        body = LimitedBody(call.max_bytes, headers.get("content-encoding", ""))
        try:
            async for chunk in response.content.iter_any():
                if not body.add(chunk):
                    break
        except (aiohttp.ClientError, OSError):
            if not trace.is_overflowing:
                raise
            body.is_full = True
        if body.is_full and not call.allow_truncation:
            raise TooLarge(f"more than {call.max_bytes} bytes")
        is_truncated, content = body.is_full, body.content()
    return Response(
        status=response.status,
        headers=headers,
        body=content,
        url=url,
        phases=trace.phases(),
        is_truncated=is_truncated,
    )


def _to_failure(error: Exception, trace: RequestTrace) -> FetchFailed:
    """Return the failure that a client error means; its own text is never shown."""
    if trace.is_overflowing:
        return TooLarge("more bytes came than are taken")
    for types, failure, message in FAILURES:
        if isinstance(error, types):
            return failure(message.format(target=trace.target))
    return Unreachable(f"no connection to {trace.target.netloc}, or it was cut")


async def _record_connected(*_: object) -> None:
    CURRENT_TRACE.get().connected = perf_counter()


def allowed_targets() -> frozenset[str]:
    """Return the host:port texts at which the setting allows private addresses."""
    return frozenset(target.lower() for target in settings.ASSAY_ALLOWED_NETS)


@asynccontextmanager
async def open_client(
    *,
    allowed: Iterable[str] | None = None,
    tls: ssl.SSLContext | None = None,
    names: Resolver = resolve_host,
) -> AsyncIterator[Client]:
    """Open a client for the current event loop; `allowed` replaces those of the setting."""
    targets = allowed_targets() if allowed is None else frozenset(map(str.lower, allowed))
    timing = aiohttp.TraceConfig()
    timing.on_connection_create_end.append(_record_connected)
    connector = aiohttp.TCPConnector(
        ssl=tls or tls_context(),
        resolver=_CheckedResolver(targets, names),
        socket_factory=open_checked,
        limit=0,
        force_close=True,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=OWN_HEADERS,
        timeout=aiohttp.ClientTimeout(total=None),
        auto_decompress=False,
        trust_env=False,
        max_headers=MAX_HEADERS,
        trace_configs=[timing],
    ) as session:
        yield Client(session, targets)


def fetch(
    call: Request, *, allowed: Iterable[str] | None = None, tls: ssl.SSLContext | None = None
) -> Response:
    """Return the answer to one call, or raise a FetchFailed; for code outside an event loop."""
    [fetched] = fetch_many([call], allowed=allowed, tls=tls)
    if isinstance(fetched, FetchFailed):
        raise fetched
    return fetched


def fetch_many(
    calls: Sequence[Request],
    *,
    allowed: Iterable[str] | None = None,
    tls: ssl.SSLContext | None = None,
    on_result: Callable[[int, Fetched], None] | None = None,
) -> list[Fetched]:
    """Make many calls at once; returns answers and failures in the order of the calls.

    No call can spoil another: each has its own deadline and connection. `on_result` is called with
    each index and result as it comes.
    """
    return asyncio.run(_fetch_all(calls, allowed, tls, on_result))


async def _fetch_all(
    calls: Sequence[Request],
    allowed: Iterable[str] | None,
    tls: ssl.SSLContext | None,
    on_result: Callable[[int, Fetched], None] | None,
) -> list[Fetched]:
    loop = asyncio.get_running_loop()
    slots, starting = asyncio.Semaphore(MAX_CONCURRENT), asyncio.Semaphore(MAX_STARTING)

    async def run(index: int, call: Request, client: Client) -> Fetched:
        async with slots:
            await starting.acquire()
            has_started = loop.call_later(STARTING_SECONDS, starting.release)
            fetched = await _fetch_safely(client, call)
            if loop.time() < has_started.when():
                has_started.cancel()
                starting.release()
        if on_result is not None:
            on_result(index, fetched)
        return fetched

    async with open_client(allowed=allowed, tls=tls) as client:
        runs = (run(index, call, client) for index, call in enumerate(calls))
        return await asyncio.gather(*runs)


async def _fetch_safely(client: Client, call: Request) -> Fetched:
    try:
        return await client.fetch(call)
    except FetchFailed as failure:
        return failure
    except Exception:
        # An endpoint may send anything; whatever breaks, breaks its own call only.
        logger.exception("a call ended in a way that no failure describes")
        return InvalidResponse("the answer could not be read")
