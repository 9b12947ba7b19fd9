"""Ten thousand ports every minute by the whole product, a fifth of them hostile: how late, how big.

The product runs as `make run` starts it, on a data folder of its own. Its ports are on one server
in another process: most answer, the others hang, send a byte a second, send for ever, redirect in
a circle, speak no TLS, or have a name that leads to a private address. For that name the run has a
mount namespace of its own (`unshare`, as root); without, those ports have a name that is unknown.

    python -m benchmarks.probe_scale
    python -m benchmarks.probe_scale --ports 500 --minutes 1 --json
    DATABASE_URL=postgres://... python -m benchmarks.probe_scale
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.cli import command_line, report
from benchmarks.processes import Running, product
from benchmarks.timing import quantile

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
# A server without TLS answers the first message of a handshake in plain HTTP, and closes.
TLS_HANDSHAKE = b"\x16"
NOT_TLS = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
HOSTILE = ("hang", "drip", "huge", "redirect", "tls", "rebind")
REBINDING = "rebinding.example.com"
INTERVAL, PORTS_OF_A_PRODUCT, DOMAINS = 60, 100, 10
WARM_UP_SECONDS = 75
SAMPLE_SECONDS = 10


def serve(numbers: Any) -> None:
    """Answer each path in its way, in a process of its own."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            first = await reader.readexactly(1)
            if first == TLS_HANDSHAKE:
                writer.write(NOT_TLS)
                writer.close()
                return
            head = first + await reader.readuntil(b"\r\n\r\n")
            kind = head.split(b"/", 2)[1].split(b"/")[0].split(b" ")[0].decode()
            await BEHAVIOURS.get(kind, fine)(writer)
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=4096)
        numbers.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def fine(writer: asyncio.StreamWriter) -> None:
    writer.write(ANSWER)


async def hang(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def drip(writer: asyncio.StreamWriter) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 60:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(1)


async def huge(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    while True:
        writer.write(bytes(65536))
        await writer.drain()


async def redirect(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: /redirect/\r\nContent-Length: 0\r\n\r\n")


BEHAVIOURS = {"hang": hang, "drip": drip, "huge": huge, "redirect": redirect}


def url_of(kind: str, number: int, port: int) -> str:
    if kind == "tls":
        return f"https://127.0.0.1:{port}/{number}"
    host = REBINDING if kind == "rebind" else "127.0.0.1"
    return f"http://{host}:{port}/{kind}/{number}"


def kind_of(number: int, hostile_share: float) -> str:
    """Return what a port does; the hostile ones are spread evenly."""
    every = round(1 / hostile_share) if hostile_share else 0
    if not every or number % every:
        return "ok"
    return HOSTILE[number // every % len(HOSTILE)]


def register(
    ports: int, port_number: int, hostile_share: float, *, interval: int = INTERVAL
) -> None:
    """Write products, ports, contracts, schedules and objectives in bulk; slots are spread."""
    from catalog.audit.actors import SystemActor
    from catalog.contracts.models import DataContract, PortContract, Server
    from catalog.domains.services import create_domain
    from catalog.ports.models import OutputPort
    from catalog.products.projection import new_tree
    from catalog.products.services import register_product
    from governance.slo.models import Objective, ProbeSchedule

    actor = SystemActor("bench")
    domains = [
        create_domain(slug=f"d{number}", name=f"Domain {number}", actor=actor)
        for number in range(DOMAINS)
    ]
    products = [
        register_product(
            domain=domains[number % DOMAINS],
            tree=new_tree(identifier=f"p{number}", name=f"P{number}", domain=f"d{number}"),
            actor=actor,
        )
        for number in range(-(-ports // PORTS_OF_A_PRODUCT))
    ]
    owners = [products[number // PORTS_OF_A_PRODUCT] for number in range(ports)]
    rows = OutputPort.objects.bulk_create(
        OutputPort(product=owner, name=f"port-{number}", version="1.0.0")
        for number, owner in enumerate(owners)
    )
    contracts = DataContract.objects.bulk_create(
        DataContract(product=owner, identifier=f"c{number}", version="1", digest=str(number))
        for number, owner in enumerate(owners)
    )
    PortContract.objects.bulk_create(
        PortContract(port=row, contract=contract)
        for row, contract in zip(rows, contracts, strict=True)
    )
    Server.objects.bulk_create(
        Server(
            contract=contract,
            name="api",
            type="api",
            location=url_of(kind_of(number, hostile_share), number, port_number),
            is_probed=True,
        )
        for number, contract in enumerate(contracts)
    )
    Objective.objects.bulk_create(
        Objective(port=row, indicator=indicator, target=0.99, threshold=threshold)
        for row in rows
        for indicator, threshold in (("availability", None), ("latency", 1.0))
    )
    start = datetime.now(UTC) + timedelta(seconds=20)
    ProbeSchedule.objects.bulk_create(
        ProbeSchedule(
            port=row,
            interval=interval,
            next_due_at=start + timedelta(seconds=interval * number / ports),
        )
        for number, row in enumerate(rows)
    )


def watch(running: Running, minutes: float) -> tuple[list[dict[str, int]], dict[str, float]]:
    """Return the memory of each process over time, and the CPU seconds of a minute at the end."""
    sizes: list[dict[str, int]] = []
    time.sleep(WARM_UP_SECONDS)
    before, started = running.cpu_seconds(), time.monotonic()
    while time.monotonic() - started < minutes * 60:
        sizes.append(running.memory())
        time.sleep(SAMPLE_SECONDS)
    used, elapsed = running.cpu_seconds(), time.monotonic() - started
    return sizes, {
        name: round((used[name] - before.get(name, 0)) * 60 / elapsed, 1) for name in used
    }


def lateness(since: datetime, until: datetime, ports: int, hostile_share: float) -> dict[str, Any]:
    """Return how late measurements of each kind began, and how many of the expected there are."""
    from governance.slo.models import Measurement

    numbers = {f"port-{number}": number for number in range(ports)}
    rows = Measurement.objects.filter(slot__gte=since, slot__lt=until)
    late: dict[str, list[float]] = {"healthy": [], "hostile": []}
    outcomes: dict[str, Counter[str]] = {}
    for name, slot, measured_at, outcome in rows.values_list(
        "port__name", "slot", "measured_at", "outcome"
    ).iterator():
        kind = kind_of(numbers[name], hostile_share)
        late["healthy" if kind == "ok" else "hostile"].append((measured_at - slot).total_seconds())
        outcomes.setdefault(kind, Counter())[outcome] += 1
    slots = (until - since).total_seconds() / INTERVAL
    hostile = sum(kind_of(number, hostile_share) != "ok" for number in range(ports))
    expected = {"healthy": (ports - hostile) * slots, "hostile": hostile * slots}
    result: dict[str, Any] = {"outcomes": {kind: dict(c) for kind, c in sorted(outcomes.items())}}
    for side, values in late.items():
        if values:
            result[side] = {
                "measured": len(values),
                "of_expected": round(len(values) / expected[side], 4),
                "late_p50_s": round(statistics.median(values), 2),
                "late_p99_s": round(quantile(values, 0.99), 2),
                "late_max_s": round(max(values), 2),
            }
    return result


@contextlib.contextmanager
def names_of_our_own() -> Iterator[bool]:
    """Give this process a file of host names with the rebinding one; False if it cannot."""
    text = Path("/etc/hosts").read_text() + f"127.0.0.2 {REBINDING}\n"
    with tempfile.NamedTemporaryFile("w", prefix="hosts-") as hosts:
        hosts.write(text)
        hosts.flush()
        Path(hosts.name).chmod(0o644)
        mounted = subprocess.run(
            ["mount", "--bind", hosts.name, "/etc/hosts"], capture_output=True, check=False
        )
        yield mounted.returncode == 0


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--ports", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--hostile", type=float, default=0.2, help="share of hostile ports")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside and os.geteuid() == 0:
        arguments = ["-m", "benchmarks.probe_scale", "--inside", *sys.argv[1:]]
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *arguments])
    with names_of_our_own() if options.inside else contextlib.nullcontext(False) as has_name:
        result = run(options)
    result["rebinding_name"] = has_name
    lines = [f"{name}: {value}" for name, value in result.items()]
    report(result, lines, options)


def run(options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.mesh import set_up

    numbers: Any = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(numbers,), daemon=True)
    server.start()
    port_number = numbers.get()
    with tempfile.TemporaryDirectory(prefix="assay-scale-") as folder:
        data = Path(folder)
        set_up(data)
        register(options.ports, port_number, options.hostile)
        with product(data, ASSAY_ALLOWED_NETS=f"127.0.0.1:{port_number}") as running:
            sizes, cpu = watch(running, options.minutes)
            until = datetime.now(UTC) - timedelta(seconds=INTERVAL)
            since = until - timedelta(minutes=max(1, options.minutes - 1))
            loads = os.getloadavg()
        result = lateness(since, until, options.ports, options.hostile)
    server.terminate()
    names = sorted({name for sample in sizes for name in sample})
    memory = {name: [sample.get(name, 0) for sample in sizes] for name in names}
    return {
        "ports": options.ports,
        "minutes": options.minutes,
        "load_at_the_end": [round(load, 1) for load in loads],
        **result,
        "megabytes_first_last_most": {
            name: [values[0], values[-1], max(values)] for name, values in memory.items()
        },
        "cpu_seconds_a_minute": cpu,
    }


if __name__ == "__main__":
    main()
