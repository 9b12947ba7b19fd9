"""Probes per CPU-second of the full path (claim, probe, evaluate, store) against raw aiohttp.

All sides call the same server, on new connections, in interleaved rounds of one run; only the CPU
time of the process that probes counts. The server is another process, and so is the blackbox
exporter of Prometheus, which is called by this one (Debian package prometheus-blackbox-exporter).

    python -m benchmarks.probe_batch
    python -m benchmarks.probe_batch --blackbox /usr/bin/prometheus-blackbox-exporter
    python -m benchmarks.probe_batch --ports 50 --rounds 1 --json

The objectives have been in force for longer than their windows. Between two evaluations in full,
which an objective has every five minutes, the path is "full path"; "evaluated in full" is the path
with all of them. Ports that are measured every minute have four of the first and one of the second,
which is the mean.
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

from benchmarks.cli import command_line, report
from benchmarks.processes import TICKS_PER_SECOND, free_port, succeeds, until

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
IN_FLIGHT = 64
# Rounds until no verdict changes any more: what a change costs is another question.
SETTLING = 5
EVALUATED = "full path, evaluated in full"


def serve(ports: Any) -> None:
    """Answer every request the same, in a process of its own."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def raw(urls: list[str]) -> None:
    """Fetch all, as plainly as the client can."""
    import aiohttp

    gate = asyncio.Semaphore(IN_FLIGHT)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, force_close=True)
    ) as session:

        async def get(url: str) -> None:
            async with gate, session.get(url) as response:
                assert response.status == 200
                await response.read()

        await asyncio.gather(*map(get, urls))


def prepare(origin: str) -> None:
    """Set Django up in a throw-away data folder, where this origin may be called."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    settings.ASSAY_ALLOWED_NETS = (origin,)
    call_command("migrate", run_syncdb=True, verbosity=0)


def register(origin: str, ports: int) -> None:
    """Register products of one port and two objectives each."""
    from django.utils import timezone

    from catalog.audit.actors import SystemActor
    from catalog.contracts.services import add_output_port
    from catalog.domains.services import create_domain
    from catalog.products.models import DataProduct
    from catalog.products.projection import new_tree, with_custom
    from catalog.products.services import register_product

    actor = SystemActor("bench")
    domain = create_domain(slug="bench", name="Bench", actor=actor)
    objectives = [
        {"indicator": "availability", "target": 0.99},
        {"indicator": "latency", "target": 0.95, "threshold": 5},
    ]
    for number in range(ports):
        tree = new_tree(identifier=f"bench-{number}", name=f"Bench {number}", domain="bench")
        tree = with_custom(tree, "assayObjectives", objectives)
        product = register_product(domain=domain, tree=tree, actor=actor)
        server = {"server": "api", "type": "api", "location": f"http://{origin}/{number}"}
        add_output_port(
            product=product, name="api", server=server, edition=product.edition, actor=actor
        )
    DataProduct.objects.update(created_at=timezone.now() - timedelta(days=40))


def full(ports: int) -> None:
    """Claim every port, carry it as a message would, probe, evaluate and store."""
    from django.utils import timezone

    from governance.slo.models import ProbeSchedule
    from governance.slo.services import ProbeQueue, claim_due, probe
    from governance.tasks import PORTS_PER_BATCH, as_message, from_message

    ProbeSchedule.objects.update(next_due_at=timezone.now(), claimed_until=None)
    measured = 0
    while due := claim_due(
        limit=PORTS_PER_BATCH[ProbeQueue.HEALTHY], queue=ProbeQueue.HEALTHY, now=timezone.now()
    ):
        results = probe(tasks=from_message(json.loads(json.dumps(as_message(due)))))
        measured += sum(result.is_good for result in results)
    assert measured == ports, measured


def full_evaluation(ports: int) -> None:
    """Take the full path when every objective was last evaluated in full long ago."""
    from governance.slo.models import ObjectiveStatus

    ObjectiveStatus.objects.update(evaluated_at=None)
    full(ports)


def client(urls: list[str]) -> None:
    """Fetch all through the HTTP client of the product."""
    from catalog.ports.http_client import fetch_many
    from catalog.ports.http_types import Request, Response

    assert all(
        isinstance(fetched, Response) for fetched in fetch_many([Request(url=url) for url in urls])
    )


@contextmanager
def blackbox(program: str) -> Iterator[tuple[str, Callable[[], float]]]:
    """Run the blackbox exporter; yield its address and a clock of its CPU seconds."""
    modules = {"http_2xx": {"prober": "http", "http": {"preferred_ip_protocol": "ip4"}}}
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
        json.dump({"modules": modules}, config)
        config.flush()
        place = f"127.0.0.1:{free_port()}"
        arguments = [f"--config.file={config.name}", f"--web.listen-address={place}"]
        exporter = subprocess.Popen([program, *arguments], stderr=subprocess.DEVNULL)

        def cpu_seconds() -> float:
            fields = Path(f"/proc/{exporter.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

        try:
            until(lambda: succeeds(lambda: urlopen(f"http://{place}/-/healthy")), seconds=20)
            yield f"http://{place}/probe?module=http_2xx&target=", cpu_seconds
        finally:
            exporter.terminate()
            exporter.wait(20)


def per_cpu_second(work: Any, count: int, clock: Callable[[], float] = time.process_time) -> float:
    """Return how many calls a piece of work makes per CPU-second of a process."""
    started = clock()
    work()
    return count / (clock() - started)


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--ports", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--blackbox", help="the program of the blackbox exporter")
    options = parser.parse_args()
    port_numbers: Any = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(port_numbers,), daemon=True)
    server.start()
    origin = f"127.0.0.1:{port_numbers.get()}"
    prepare(origin)
    register(origin, options.ports)
    urls = [f"http://{origin}/{number}" for number in range(options.ports)]
    for _ in range(SETTLING):
        full(options.ports)
    # As a worker process does when it starts; it helps the raw side as much.
    gc.collect()
    gc.freeze()
    works: dict[str, tuple[Callable[[], object], Callable[[], float]]] = {
        "raw aiohttp, new connections": (lambda: asyncio.run(raw(urls)), time.process_time),
        "HTTP client alone": (lambda: client(urls), time.process_time),
        "full path": (lambda: full(options.ports), time.process_time),
        EVALUATED: (lambda: full_evaluation(options.ports), time.process_time),
    }
    with ExitStack() as stack:
        if options.blackbox:
            address, clock = stack.enter_context(blackbox(options.blackbox))
            targets = [address + quote(url, safe="") for url in urls]
            works["blackbox exporter"] = (lambda: asyncio.run(raw(targets)), clock)
        rates: dict[str, list[float]] = {name: [] for name in works}
        for number in range(options.rounds + 1):
            for name, (work, clock) in works.items():
                rate = per_cpu_second(work, options.ports, clock)
                if number:  # the first round warms up
                    rates[name].append(rate)
    server.terminate()
    summary(rates, options)


def summary(rates: dict[str, list[float]], options: argparse.Namespace) -> None:
    """Print medians, and their ratios to raw aiohttp and to the blackbox exporter."""
    medians = {name: statistics.median(values) for name, values in rates.items()}
    base = next(iter(medians.values()))
    medians["mean of five minutes"] = 5 / (4 / medians["full path"] + 1 / medians[EVALUATED])
    result = {
        "ports": options.ports,
        "rounds": options.rounds,
        "per_cpu_second": {name: round(rate) for name, rate in medians.items()},
        "ratio_to_raw": {name: round(rate / base, 2) for name, rate in medians.items()},
    }
    if other := medians.get("blackbox exporter"):
        result["full_path_to_blackbox"] = round(medians["mean of five minutes"] / other, 2)
    lines = [
        f"{name:32} {rate:8.0f} probes/cpu-s   {rate / base:5.2f} of raw"
        for name, rate in medians.items()
    ]
    report(result, [*lines, f"{options.ports} ports, {options.rounds} rounds"], options)


if __name__ == "__main__":
    main()
