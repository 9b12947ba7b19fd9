"""Server time of the pages of a product with 3,000 columns, nested fields among them.

Whole requests through all middleware in this process, signed in as the owner, on a data folder of
its own; the median of the rounds, by wall clock and by CPU time. The goal is below 150 ms each.
Every column is on some page of the schema tab and of the edit form, and is found by its name.

    python -m benchmarks.wide_product
    python -m benchmarks.wide_product --columns 10000 --rounds 5 --json
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.cli import command_line, milliseconds, report

GOAL_MS = 150
EACH_NESTED = 100


def contract_of(columns: int) -> dict[str, Any]:
    """Return a contract of one table; each hundredth column is a record of two fields."""
    properties: list[dict[str, Any]] = []
    number = 0
    while number < columns:
        column = {
            "name": f"column_{number}",
            "logicalType": "number",
            "description": f"What is known of measure {number}, one value each day.",
            "classification": "pii" if number % 7 == 0 else "public",
        }
        number += 1
        if number % EACH_NESTED == 0 and number + 2 <= columns:
            inner = [{"name": f"part_{part}", "logicalType": "number"} for part in range(2)]
            column |= {"logicalType": "object", "properties": inner}
            number += 2
        properties.append(column)
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "wide",
        "version": "1.0.0",
        "status": "active",
        "servers": [{"server": "files", "type": "local", "path": "wide/wide.csv", "format": "csv"}],
        "schema": [{"name": "wide", "properties": properties}],
    }


def make_wide(columns: int) -> tuple[Any, Any, Any]:
    """Register a wide product through the services; return it, its contract and its owner."""
    from catalog.audit.actors import SystemActor
    from catalog.contracts.services import save_contract
    from catalog.domains.services import create_domain, grant_role
    from catalog.people.services import create_person
    from catalog.permissions import Role
    from catalog.products.projection import new_tree, with_custom
    from catalog.products.services import register_product

    actor = SystemActor("benchmark")
    domain = create_domain(slug="wide", name="Wide", actor=actor)
    owner = create_person(
        username="owner",
        email="owner@example.org",
        password=None,
        actor=actor,
        check_password=False,
    )
    grant_role(person=owner, role=Role.OWNER, domain=domain, actor=actor)
    ports = [{"name": "table", "version": "1.0.0", "contractId": "wide"}]
    tree = new_tree(identifier="wide", name="Wide", domain="wide", outputPorts=ports)
    for key, value in (("assayVisibility", "public"), ("assaySensitivity", "public")):
        tree = with_custom(tree, key, value)
    product = register_product(domain=domain, tree=tree, actor=actor)
    contract, product = save_contract(
        product=product, tree=contract_of(columns), edition=product.edition, actor=actor
    )
    return product, contract, owner


def read_source(product: Any, options: argparse.Namespace) -> None:
    """Write a CSV file of all columns and read it in the sandbox, values and all."""
    from django.conf import settings

    from catalog.audit.actors import SystemActor
    from governance.inspection.services import inspect_port

    path = Path(settings.ASSAY_FILES_ROOT) / "wide" / "wide.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [f"column_{number}" for number in range(options.columns)]
    rows = [
        ",".join(f"{(row * number) % 997 / 8}" for number in range(options.columns))
        for row in range(1, options.rows + 1)
    ]
    path.write_text("\n".join([",".join(names), *rows]) + "\n")
    started = time.perf_counter()
    inspection = inspect_port(port=product.output_ports.get(), actor=SystemActor("benchmark"))
    assert not inspection.failure, inspection.failure_message
    print(f"source of {options.rows} rows read in {time.perf_counter() - started:.1f} s")


def addresses(product: Any, contract: Any, columns: int) -> dict[str, str]:
    """Return what is measured, by what it is."""
    page, api = f"/p/wide/{product.slug}", f"/api/v1/contracts/{contract.uuid}"
    table = f"{page}/edit/schema/{contract.uuid}/tables/0"
    return {
        "schema tab": f"{page}/schema",
        "schema tab, last page": f"{page}/schema?page=9999",
        "schema tab, one column named": f"{page}/schema?column=column_{columns // 2 - 1}",
        "schema tab, filtered": f"{page}/schema?filter=measure+{columns // 2 - 1}",
        "contract by API": api,
        "contract as ODCS file": f"{api}/manifest",
        "edit form": table,
        "edit form, last page": f"{table}?page=9999",
        "list of tables to edit": f"{page}/edit/schema",
        "overview": page,
        "product by API": f"/api/v1/products/{product.uuid}",
    }


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the time of each address."""
    import logging

    from django.conf import settings
    from django.test import Client

    logging.disable(logging.WARNING)
    settings.ALLOWED_HOSTS = ["*"]
    settings.CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    product, contract, owner = make_wide(options.columns)
    if options.rows:
        read_source(product, options)
    client = Client()
    client.force_login(owner)
    paths = addresses(product, contract, options.columns)
    wall: dict[str, list[float]] = {name: [] for name in paths}
    cpu: dict[str, list[float]] = {name: [] for name in paths}
    sizes: dict[str, int] = {}
    for number in range(options.rounds + 1):
        for name, path in paths.items():
            started, worked = time.perf_counter(), time.process_time()
            response = client.get(path)
            assert response.status_code == 200, (path, response.status_code)
            sizes[name] = len(response.content) // 1000
            if number:  # the first round compiles templates
                wall[name].append(time.perf_counter() - started)
                cpu[name].append(time.process_time() - worked)
    return {
        name: milliseconds(times)
        | {"cpu_ms": round(statistics.median(cpu[name]) * 1000, 1), "kilobytes": sizes[name]}
        for name, times in wall.items()
    }


def main() -> None:
    """Measure and print."""
    parser = command_line(__doc__)
    parser.add_argument("--columns", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--rows", type=int, default=50, help="of the source; 0: it is not read")
    options = parser.parse_args()
    from benchmarks.mesh import set_up

    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        set_up(Path(folder))
        times = measure(options)
    lines = [
        f"{name:30} p50 {page_times['p50_ms']:7.1f} ms  p95 {page_times['p95_ms']:7.1f} ms"
        f"  CPU {page_times['cpu_ms']:6.1f} ms {page_times['kilobytes']:6} kB"
        f"{'' if page_times['p50_ms'] < GOAL_MS else '  OVER'}"
        for name, page_times in times.items()
    ]
    lines.append(f"{options.columns:,} columns, {options.rounds} rounds")
    result = {"columns": options.columns, "rounds": options.rounds, "goal_ms": GOAL_MS}
    report(result | {"pages": times}, lines, options)


if __name__ == "__main__":
    main()
