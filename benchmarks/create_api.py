"""Products registered over HTTP in a second: one client, and four at once.

All of the product runs as `manage.py start` runs it: web server, workers and beat, Valkey, the
index. Each request is its own transaction with audit event and revision, and is answered after its
commit; each client has a token of its own and keeps its connection. The entries are those of the
corpus. OpenMetadata 1.12 did 7 a second with one client and 14 with four, by its own API, with
the same entries on two such cores; its figures were not measured again.

    python -m benchmarks.create_api
    python -m benchmarks.create_api --requests 200 --rounds 2 --processes 1 --json
    DATABASE_URL=postgres://user@127.0.0.1:5432/empty python -m benchmarks.create_api
"""

import argparse
import http.client
import json
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.cli import command_line, milliseconds, report
from benchmarks.processes import product

CLIENTS = (1, 4)
OPENMETADATA = {1: 7.4, 4: 13.9}
_numbers = count(time.time_ns() // 1_000_000)


def enter(data: Path) -> tuple[str, list[str]]:
    """Make a domain with an owner; return its slug and a token for each client."""
    from benchmarks.mesh import set_up

    set_up(data)
    from catalog.audit.actors import SystemActor
    from catalog.domains.services import create_domain, grant_role
    from catalog.people.services import create_person
    from catalog.people.services.tokens import create_token
    from catalog.permissions import Role

    actor, slug = SystemActor("benchmark"), f"created-{next(_numbers)}"
    domain = create_domain(slug=slug, name="Created", actor=actor)
    person = create_person(
        username=slug,
        email=f"{slug}@example.org",
        password=None,
        actor=actor,
        check_password=False,
    )
    grant_role(person=person, role=Role.OWNER, domain=domain, actor=actor)
    lasts = timedelta(days=1)
    tokens = [
        create_token(person=person, name=f"client {number}", scopes=["read", "write"], lasts=lasts)
        for number in range(max(CLIENTS))
    ]
    return slug, [text for _, text in tokens]


def bodies(domain: str, count: int) -> list[bytes]:
    """Return this number of entries of the corpus as bodies, each with a name of its own."""
    from benchmarks.mesh_trees import texts

    entries = texts()
    return [
        json.dumps(
            {
                "domain": domain,
                "name": f"{entry['name'][:80]} {number}",
                "purpose": entry["description"],
                "tags": [tag[:100] for tag in entry["tags"]][:8],
            }
        ).encode()
        for number, entry in (
            (next(_numbers), entries[place % len(entries)]) for place in range(count)
        )
    ]


def register(port: int, token: str, waiting: list[bytes]) -> list[float]:
    """Register products one after another; return the seconds that each took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    spent = []
    for body in waiting:
        started = time.perf_counter()
        connection.request("POST", "/api/v1/products", body, headers)
        response = connection.getresponse()
        answer = response.read()
        assert response.status == 201, (response.status, answer[:500])
        spent.append(time.perf_counter() - started)
    connection.close()
    return spent


def at_once(port: int, tokens: list[str], waiting: list[bytes]) -> tuple[float, list[float]]:
    """Register products with a client for each token; return the rate and each one's seconds."""
    with ThreadPoolExecutor(len(tokens)) as clients:
        started = time.perf_counter()
        parts = [waiting[place :: len(tokens)] for place in range(len(tokens))]
        spent = list(clients.map(register, [port] * len(tokens), tokens, parts))
        rate = len(waiting) / (time.perf_counter() - started)
    return rate, [value for part in spent for value in part]


def durability() -> str:
    """Return how the database keeps what is committed, in its own words."""
    from django.db import connection

    names_by_vendor = {
        "sqlite": ("journal_mode", "synchronous"),
        "postgresql": ("fsync", "synchronous_commit"),
    }
    with connection.cursor() as cursor:
        settings = []
        for name in names_by_vendor[connection.vendor]:
            cursor.execute(f"{'PRAGMA' if connection.vendor == 'sqlite' else 'SHOW'} {name}")
            settings.append(f"{name} {cursor.fetchone()[0]}")
    return f"{connection.vendor}, {', '.join(settings)}"


def measure(options: argparse.Namespace, data: Path) -> dict[str, Any]:
    """Return rate and times by number of clients."""
    domain, tokens = enter(data)
    result: dict[str, Any] = {
        "database": durability(),
        "processes": options.processes,
        "requests": options.requests,
        "rounds": options.rounds,
    }
    rates: dict[int, list[float]] = {clients: [] for clients in CLIENTS}
    spent: dict[int, list[float]] = {clients: [] for clients in CLIENTS}
    with product(data, ASSAY_WEB_PROCESSES=str(options.processes)) as running:
        at_once(running.port, tokens, bodies(domain, 100))  # warms the processes up
        before = running.cpu_seconds()
        for _ in range(options.rounds):
            for clients in CLIENTS:
                waiting = bodies(domain, options.requests)
                rate, seconds = at_once(running.port, tokens[:clients], waiting)
                rates[clients].append(rate)
                spent[clients] += seconds
        after = running.cpu_seconds()
    created = options.requests * options.rounds * len(CLIENTS)
    result["cpu_ms_each"] = {
        name: round((after[name] - before.get(name, 0)) * 1000 / created, 2) for name in after
    }
    for clients in CLIENTS:
        rate = statistics.median(rates[clients])
        result[f"{clients} clients"] = {
            "per_second": round(rate, 1),
            "to_openmetadata": round(rate / OPENMETADATA[clients], 1),
            **milliseconds(spent[clients]),
        }
    return result


def main() -> None:
    """Measure and print."""
    parser = command_line(__doc__)
    parser.add_argument("--requests", type=int, default=600, help="of each number of clients")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2, help="of the web server")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        result = measure(options, Path(folder))
    lines = [
        f"{name:10} {figures['per_second']:7.1f}/s  p50 {figures['p50_ms']:.1f} ms"
        f"  p95 {figures['p95_ms']:.1f} ms  {figures['to_openmetadata']:.1f} x OpenMetadata 1.12"
        for name, figures in result.items()
        if name.endswith("clients")
    ]
    times = ", ".join(f"{name} {value}" for name, value in result["cpu_ms_each"].items())
    lines.append(f"CPU milliseconds for each product: {times}")
    lines.append(
        f"{result['database']}; {options.processes} web processes;"
        f" {options.requests} requests, {options.rounds} rounds"
    )
    report(result, lines, options)


if __name__ == "__main__":
    main()
