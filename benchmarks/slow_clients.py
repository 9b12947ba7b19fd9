"""Latency of honest requests while slow clients hold hundreds of connections.

Runs the product on a mesh, or attacks a server that already runs (`--url`). The attack comes from
a process of its own: idle connections, headers and bodies of a byte a second, and readers that
take a few bytes a second of answers that they asked for many times. The honest client opens a new
connection for each of 20 requests a second, in turn to a page, the API and a static file.

    python -m benchmarks.slow_clients --products 1000
    python -m benchmarks.slow_clients --url http://127.0.0.1:8000 --seconds 30 --json
"""

import argparse
import asyncio
import http.client
import multiprocessing
import socket
import time
from contextlib import closing, suppress
from multiprocessing.synchronize import Event
from typing import Any
from urllib.parse import urlsplit

from benchmarks.cli import command_line, mesh, milliseconds, report, with_mesh
from benchmarks.processes import product

ATTACK = {"idle": 500, "slow header": 100, "slow body": 50, "slow reader": 50}
HONEST_PATHS = ("/", "/api/v1/products?limit=5", "/search?q=orders", "/livez")
LARGE_PATH = "/api/docs"
REQUESTS_PER_SECOND = 20
GIVEN_UP_AFTER = 10.0
# Meanwhile the server makes the large answers; afterwards only slowness can hold it up.
CONNECT_SECONDS = 15


async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def slow_header(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
    await drip(reader, writer)


async def slow_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # With the cookie, the check against cross-site requests reads the body.
    writer.write(
        b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n"
        b"Cookie: assay_csrf=" + 32 * b"a" + b"\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\nlogin="
    )
    await drip(reader, writer)


async def slow_reader(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for _ in range(20):
        writer.write(f"GET {LARGE_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    while await reader.read(16):  # noqa: ASYNC110  slow on purpose
        await asyncio.sleep(1)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a byte a second until the server has closed the connection."""

    async def write() -> None:
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(1)

    writing = asyncio.create_task(write())
    try:
        await reader.read()
    finally:
        writing.cancel()


CLIENTS = {
    "idle": idle,
    "slow header": slow_header,
    "slow body": slow_body,
    "slow reader": slow_reader,
}


async def keep_connected(name: str, host: str, port: int) -> None:
    """Attack on one connection, and on a new one whenever the server has closed it."""
    while True:
        with suppress(OSError):
            client = socket.socket()
            client.setblocking(False)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await asyncio.get_running_loop().sock_connect(client, (host, port))
            reader, writer = await asyncio.open_connection(sock=client, limit=4096)
            try:
                await CLIENTS[name](reader, writer)
            finally:
                writer.close()
        await asyncio.sleep(0.5)


def attack(host: str, port: int, counts: dict[str, int], is_connected: Event) -> None:
    """Hold the connections until this process is ended."""

    async def run() -> None:
        names = [name for name, count in counts.items() for _ in range(count)]
        clients = [asyncio.create_task(keep_connected(name, host, port)) for name in names]
        await asyncio.sleep(CONNECT_SECONDS)
        is_connected.set()
        await asyncio.gather(*clients)

    asyncio.run(run())


def honest_seconds(host: str, port: int, *, seconds: float) -> tuple[list[float], int]:
    """Return the duration of each honest request, and how many failed; in turn over the paths."""
    durations, failures, started = [], 0, time.monotonic()
    while (now := time.monotonic()) - started < seconds:
        path = HONEST_PATHS[len(durations) % len(HONEST_PATHS)]
        try:
            connection = http.client.HTTPConnection(host, port, timeout=GIVEN_UP_AFTER)
            with closing(connection):
                connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
                response = connection.getresponse()
                response.read()
                failures += response.status >= 500
        except (OSError, http.client.HTTPException):
            failures += 1
        durations.append(time.monotonic() - now)
        time.sleep(max(0, 1 / REQUESTS_PER_SECOND - durations[-1]))
    return durations, failures


def measure(host: str, port: int, counts: dict[str, int], *, seconds: float) -> dict[str, Any]:
    """Return the latency of honest requests alone, and during the attack."""
    honest_seconds(host, port, seconds=2)
    calm, calm_failures = honest_seconds(host, port, seconds=seconds / 3)
    context = multiprocessing.get_context("spawn")
    is_connected = context.Event()
    attacker = context.Process(target=attack, args=(host, port, counts, is_connected), daemon=True)
    attacker.start()
    try:
        is_connected.wait(60)
        attacked, failures = honest_seconds(host, port, seconds=seconds)
    finally:
        attacker.kill()
        attacker.join()
    return {
        "alone": milliseconds(calm) | {"requests": len(calm), "failed": calm_failures},
        "attacked": milliseconds(attacked)
        | {
            "max_ms": round(max(attacked) * 1000, 1),
            "requests": len(attacked),
            "failed": failures,
        },
        "connections": counts,
    }


def options() -> argparse.Namespace:
    parser = command_line(__doc__)
    with_mesh(parser, products=1000)
    parser.add_argument("--url", help="address of a server that already runs")
    parser.add_argument("--seconds", type=float, default=30, help="length of the attack")
    for name, count in ATTACK.items():
        parser.add_argument(f"--{name.replace(' ', '-')}", type=int, default=count)
    return parser.parse_args()


def main() -> None:
    chosen = options()
    counts = {name: getattr(chosen, name.replace(" ", "_")) for name in ATTACK}
    if chosen.url:
        address = urlsplit(chosen.url)
        host, port = str(address.hostname), address.port or 80
        result = measure(host, port, counts, seconds=chosen.seconds)
    else:
        with mesh(chosen) as data, product(data) as running:
            result = measure("127.0.0.1", running.port, counts, seconds=chosen.seconds)
            result["memory_mb"] = running.memory()
    lines = [f"{name}: {value}" for name, value in result.items()]
    report(result, lines, chosen)


if __name__ == "__main__":
    main()
