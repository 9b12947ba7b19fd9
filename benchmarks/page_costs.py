"""SQL statements of each page and API endpoint in a small and in a large mesh, and their times.

Every address is asked as three callers ask it: signed out, the owner of a domain, an operator of
the mesh. The statements must be as many in both meshes: what grows is marked, and the exit code
is 1. An index that is missing is built first. A statement slower than 50 ms in the large mesh is
shown with its words. The CPU time of the busiest pages is compared with its goal and with the
API's answer to the same request.

    python -m benchmarks.page_costs --data DIR
    python -m benchmarks.page_costs --data DIR --skip-search
    python -m benchmarks.page_costs --pins > tests/catalog/statements.txt
    python -m benchmarks.page_costs --products 5000 --rounds 3 --json
"""

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.cli import command_line, mesh, milliseconds, report, with_mesh
from benchmarks.timing import ROOT

SMALL = 100
SLOW_MS = 50
SIGNED_OUT, OWNER, OPERATOR = "signed out", "owner", "operator"
TABS = (
    "",
    "/schema",
    "/provenance",
    "/bias",
    "/datasheet",
    "/history",
    "/slo",
    "/quality",
    "/source",
)
PARTS = ("", "/versions", "/history", "/ports", "/contracts", "/provenance", "/uses")
EDITS = ("", "/describe", "/readers", "/ports", "/inputs", "/schema", "/provenance", "/publish")


def addresses(product: Any) -> Iterator[tuple[str, str]]:
    """Yield who asks and what: every kind of page and endpoint around a product."""
    contract = product.contracts.get()
    page = f"/p/{product.domain.slug}/{product.slug}"
    for who in (SIGNED_OUT, OWNER):
        yield from ((who, path) for path in (*_pages(product), *_endpoints(product, contract)))
    yield from ((OWNER, f"{page}/edit{step}") for step in EDITS)
    yield OWNER, f"{page}/edit/schema/{contract.uuid}/tables/0"
    for path in ("/publish", f"/d/{product.domain.slug}/people", "/people", "/teams"):
        yield OWNER, path
    yield OWNER, f"/api/v1/products/{product.uuid}/findings"
    for path in ("/status", "/api/v1/status", "/people", "/"):
        yield OPERATOR, path
    for path in ("/search?q=daily", "/api/v1/products"):
        yield OPERATOR, path


def _pages(product: Any) -> Iterator[str]:
    domain, page = product.domain.slug, f"/p/{product.domain.slug}/{product.slug}"
    yield from (f"{page}{tab}" for tab in TABS)
    yield from ("/", "/search?q=daily", "/search/suggest?q=da")
    yield from ("/domains", f"/d/{domain}")
    yield from ("/slo", "/glossary")
    yield from ("/catalog.ttl", f"/id/product/{product.uuid}.ttl", "/robots.txt", "/sitemap.xml")


def _endpoints(product: Any, contract: Any) -> Iterator[str]:
    port, domain = product.output_ports.get(), product.domain.slug
    lists = ("products", "contracts", "ports", "objectives", "measurements", "domains", "terms")
    paths = ("products?sort=-updated", f"products?domain={domain}", "domain-tree", "search?q=daily")
    rows = (f"domains/{domain}", f"contracts/{contract.uuid}", f"ports/{port.pk}")
    yield from (f"/api/v1/{path}" for path in (*lists, *paths, *rows))
    yield from (f"/api/v1/products/{product.uuid}{part}" for part in PARTS)


def clients() -> dict[str, Any]:
    """Return a client for each caller; the operator is made where nobody is one."""
    from django.test import Client

    from catalog.audit.actors import SystemActor
    from catalog.domains.services import grant_role
    from catalog.people.models import Person
    from catalog.people.services import create_person
    from catalog.permissions import Role

    clients_by_caller = {SIGNED_OUT: Client(), OWNER: Client(), OPERATOR: Client()}
    clients_by_caller[OWNER].force_login(Person.objects.get(username="owner0"))
    operator = Person.objects.filter(username="operator").first()
    if operator is None:
        actor, mail = SystemActor("benchmark"), "operator@example.org"
        operator = create_person(
            username="operator", email=mail, password=None, actor=actor, check_password=False
        )
        grant_role(person=operator, role=Role.PLATFORM_OPERATOR, actor=actor)
    clients_by_caller[OPERATOR].force_login(operator)
    return clients_by_caller


def product_of_the_owner() -> Any:
    """Return the first product of the domain that the owner owns; it feeds others."""
    from catalog.products.models import DataProduct

    own = DataProduct.objects.filter(domain__slug="domain-0", visibility="public")
    return own.filter(feeds__isnull=False).order_by("pk")[0]


def costs(*, rounds: int = 0, with_search: bool = True) -> dict[str, dict[str, Any]]:
    """Return statements, and with rounds times and slow statements, of each address by its kind."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    callers, product = clients(), product_of_the_owner()
    costs_by_address: dict[str, dict[str, Any]] = {}
    for who, path in addresses(product):
        if "/search" in path and not with_search:
            continue
        client, times = callers[who], []
        client.get(path)  # warms caches of templates and forms
        with CaptureQueriesContext(connection) as captured:
            response = client.get(path)
        statements = list(captured.captured_queries)  # before the next request clears them
        assert response.status_code in (200, 403), (who, path, response.status_code)
        for _ in range(rounds):
            started = time.perf_counter()
            client.get(path)
            times.append(time.perf_counter() - started)
        slow = [statement for statement in statements if float(statement["time"]) * 1000 >= SLOW_MS]
        costs_by_address[f"{who}: {_kind(path, product)}"] = {
            "statements": len(statements),
            "status": response.status_code,
            "slow": [f"{statement['time']} s {statement['sql'][:300]}" for statement in slow],
            **(milliseconds(times) if times else {}),
        }
    return costs_by_address


def goals(*, rounds: int) -> list[dict[str, Any]]:
    """Return CPU time and size of the busiest pages, each with the API's answer in the same run."""
    product, client = product_of_the_owner(), clients()[SIGNED_OUT]
    page = f"/p/{product.domain.slug}/{product.slug}"
    measured = []
    for name, path, api_path, max_ms, max_ratio in (
        ("results", "/search?q=daily", "/api/v1/search?q=daily", 14, 2.2),
        ("product", page, f"/api/v1/products/{product.uuid}", 10, None),
        ("board", "/slo", "/api/v1/objectives", 12, None),
    ):
        times: dict[str, list[float]] = {path: [], api_path: []}
        for _ in range(rounds + 2):
            for address, waits in times.items():
                started = time.process_time()
                response = client.get(address, HTTP_ACCEPT_ENCODING="gzip")
                waits.append((time.process_time() - started) * 1000)
                assert response.status_code == 200, (address, response.status_code)
        page_ms, api_ms = (round(statistics.median(waits[2:]), 1) for waits in times.values())
        ratio = round(page_ms / api_ms, 2)
        body = client.get(path).content
        measured.append(
            {
                "page": name,
                "cpu_ms": page_ms,
                "api_cpu_ms": api_ms,
                "ratio": ratio,
                "gzip_bytes": len(gzip.compress(body, 6)),
                "max_ms": max_ms,
                "is_met": page_ms <= max_ms and (max_ratio is None or ratio <= max_ratio),
            }
        )
    return measured


def _kind(path: str, product: Any) -> str:
    """Return an address with the names of its kind in place of those of this mesh."""
    contract, port = product.contracts.get(), product.output_ports.get()
    placeholders = {
        str(product.uuid): "PRODUCT",
        str(contract.uuid): "CONTRACT",
        f"/{product.slug}": "/PRODUCT",
        f"ports/{port.pk}": "ports/PORT",
    }
    for name, kind in placeholders.items():
        path = path.replace(name, kind)
    return path


def one(options: argparse.Namespace) -> dict[str, Any]:
    """Measure one mesh in this process."""
    import logging

    from django.conf import settings

    from catalog.products.models import DataProduct
    from catalog.search.backends import configured_backends
    from catalog.search.services.sync import rebuild

    logging.disable(logging.WARNING)
    settings.ALLOWED_HOSTS = ["*"]
    settings.CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]["signed_out"] = "1000000/min"
    for backend in configured_backends():
        if not options.skip_search and not backend.is_ready():
            rebuild(backend)
    costs_by_address = costs(rounds=options.rounds, with_search=not options.skip_search)
    met = [] if options.skip_search or not options.rounds else goals(rounds=4 * options.rounds)
    return {"products": DataProduct.objects.count(), "costs": costs_by_address, "goals": met}


def small(folder: str) -> dict[str, Any]:
    """Build and measure the small mesh in a process of its own: a process has one database."""
    output = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.page_costs", "--one"),
            *("--data", folder, "--products", str(SMALL)),
        ],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    measured: dict[str, Any] = json.loads(output.splitlines()[-1])
    return measured


def main() -> None:
    """Measure both meshes and compare."""
    parser = command_line(__doc__)
    with_mesh(parser, products=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--skip-search", action="store_true", help="for a mesh without an index")
    parser.add_argument("--pins", action="store_true", help="print tests/catalog/statements.txt")
    parser.add_argument("--one", action="store_true", help="print what one mesh costs")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured_alone(options)))
        return
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        few = small(folder)
    if options.pins:
        for name, cost in few["costs"].items():
            print(f"{cost['statements']:3} {name}")
        return
    with mesh(options):
        many = one(options)
    grown = {
        name: [few["costs"][name]["statements"], cost["statements"]]
        for name, cost in many["costs"].items()
        if few["costs"][name]["statements"] != cost["statements"]
    }
    result = {"small": few["products"], "large": many["products"], "grown": grown}
    result |= {"costs": many["costs"], "goals": many["goals"]}
    report(result, list(lines(few, many)), options)
    sys.exit(1 if grown else 0)


def measured_alone(options: argparse.Namespace) -> dict[str, Any]:
    """Build a mesh in a named folder and measure it."""
    from benchmarks.mesh import build, set_up

    set_up(options.data)
    build(options.products)
    options.rounds = 0
    return one(options)


def lines(few: dict[str, Any], many: dict[str, Any]) -> Iterator[str]:
    """Yield what people read: statements in both meshes, time in the large one."""
    for name, cost in many["costs"].items():
        before = few["costs"][name]["statements"]
        mark = "" if before == cost["statements"] else "  GROWS"
        yield (
            f"{before:4} {cost['statements']:4}  {cost['p50_ms']:9.1f} ms"
            f"  {cost['status']} {name}{mark}"
        )
        yield from (f"          slow: {words}" for words in cost["slow"])
    for goal in many["goals"]:
        yield (
            f"{goal['page']}: {goal['cpu_ms']} ms of CPU (goal {goal['max_ms']}),"
            f" {goal['ratio']} times the API's {goal['api_cpu_ms']},"
            f" {goal['gzip_bytes']:,} bytes gzipped"
            f"{'' if goal['is_met'] else '  MISSED'}"
        )
    yield f"statements at {few['products']:,} and {many['products']:,} products"


if __name__ == "__main__":
    main()
