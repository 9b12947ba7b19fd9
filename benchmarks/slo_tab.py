"""How fast the SLO tab is over 90 days of 60 s: its SQL, its page, and the raw statements.

`DATABASE_URL` names an empty database (Postgres for the number that counts). The timed product has
four ports with all that is kept of 90 days and two objectives each; `--ports` further ports have
copies of their history, so that its rows are a part of large tables. In each round are
timed: the whole page, the database's part of it, the reader of the reports, and by the driver alone
the four statements that somebody would write who knows the tables: days, latest hours, latest
measurements, objectives with their status.

    DATABASE_URL=postgres://... python -m benchmarks.slo_tab
    python -m benchmarks.slo_tab --others 4 --days 20 --json     (SQLite)
"""

import logging
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.cli import command_line, interleaved, milliseconds, report

OF_PRODUCT = 4
HISTORY = {
    "RollUp": "period, start, outcomes, latencies, slices",
    "Measurement": (
        "slot, measured_at, outcome, status_code, dns, connect, first_byte, total,"
        " in_maintenance, is_reported"
    ),
}


def build(others: int, days: int, now: datetime) -> Any:
    """Write the timed product, and other ports with a copy of its history; return the product."""
    from django.db import connection

    from benchmarks.measurement_size import build as build_product
    from catalog.audit.actors import SystemActor
    from catalog.ports.models import OutputPort
    from catalog.products.models import DataProduct, Status, Visibility
    from catalog.products.projection import new_tree
    from catalog.products.services import register_product
    from governance.slo import models
    from governance.slo.services import evaluate

    product = build_product(OF_PRODUCT, days, now)
    since = now - timedelta(days=days)
    DataProduct.objects.filter(pk=product.pk).update(
        status=Status.PUBLISHED, visibility=Visibility.PUBLIC, published_at=since
    )
    models.Objective.objects.update(effective_since=since)
    measured = list(OutputPort.objects.filter(product=product).values_list("pk", flat=True))
    tree = new_tree(identifier="others", name="Others", domain="size")
    actor = SystemActor("bench")
    other = register_product(domain=product.domain, tree=tree, actor=actor)
    copies = OutputPort.objects.bulk_create(
        OutputPort(product=other, name=f"copy-{number}", version="1") for number in range(others)
    )
    with connection.cursor() as cursor:
        for name, columns in HISTORY.items():
            table = getattr(models, name)._meta.db_table
            copy = (
                f"INSERT INTO {table} (port_id, {columns})"
                f" SELECT %s, {columns} FROM {table} WHERE port_id = %s"
            )
            for number, port in enumerate(copies):
                cursor.execute(copy, [port.pk, measured[number % OF_PRODUCT]])
        cursor.execute("ANALYZE")
    evaluate(objectives=list(models.Objective.objects.all()), now=now)
    return DataProduct.objects.get(pk=product.pk)


def raw_statements(product: Any, now: datetime) -> Callable[[], None]:
    """Return what runs the statements of a hand-written page by the driver alone."""
    from django.db import connection

    from governance.slo.models import Measurement, Objective, ObjectiveStatus, RollUp

    ports = ",".join(str(pk) for pk in product.output_ports.values_list("pk", flat=True))
    rollup, measurement, objective, status = (
        model._meta.db_table for model in (RollUp, Measurement, Objective, ObjectiveStatus)
    )
    of_ports = f"WHERE port_id IN ({ports})"
    history = f"SELECT port_id, start, outcomes, latencies FROM {rollup} {of_ports}"
    latest = " UNION ALL ".join(
        f"SELECT * FROM (SELECT * FROM {measurement} WHERE port_id = {port}"
        f" ORDER BY slot DESC LIMIT 20) AS of_{port}"
        for port in ports.split(",")
    )
    statements = (
        f"{history} AND period = 'day' AND start >= '{now - timedelta(days=90)}'",
        f"{history} AND period = 'hour' AND start >= '{now - timedelta(days=1)}'",
        latest,
        f"SELECT * FROM {objective} JOIN {status} ON objective_id = {objective}.id {of_ports}",
    )
    connection.ensure_connection()
    raw = connection.connection

    def run() -> None:
        cursor = raw.cursor()
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()

    return run


def main() -> None:
    parser = command_line(__doc__ or "")
    parser.add_argument("--others", type=int, default=36, help="other ports with as much history")
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        from benchmarks.mesh import set_up

        set_up(Path(folder))
        logging.disable(logging.WARNING)
        now = datetime.now(UTC)
        result = measure(build(options.others, options.days, now), now, options.rounds)
    lines = [f"{name}: {value}" for name, value in result.items()]
    report(result, lines, options)


def measure(product: Any, now: datetime, rounds: int) -> dict[str, Any]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from governance.slo.reports import reports_of

    client, address = Client(HTTP_HOST="127.0.0.1"), f"{product.path}/slo"
    database, statements = list[float](), 0

    def page() -> None:
        assert client.get(address).status_code == 200

    def counted() -> None:
        nonlocal statements
        with CaptureQueriesContext(connection) as queries:
            page()
        statements = len(queries)
        database.append(sum(float(query["time"]) for query in queries))

    tasks = {
        "raw": raw_statements(product, now),
        "page": page,
        "reports": lambda: reports_of(product, datetime.now(UTC)),
        "counted": counted,
    }
    seconds = interleaved(tasks, rounds=rounds)
    del seconds["counted"]
    seconds["sql"] = database[-rounds:]
    times = {name: milliseconds(own) | {"min_ms": _fastest(own)} for name, own in seconds.items()}
    raw = times["raw"]["p50_ms"]
    ratios = {name: round(own["p50_ms"] / raw, 2) for name, own in times.items()}
    return {"database": connection.vendor, "statements": statements, **times, "ratios": ratios}


def _fastest(seconds: list[float]) -> float:
    return round(min(seconds) * 1000, 3)


if __name__ == "__main__":
    main()
