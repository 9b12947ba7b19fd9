"""How large measurements get and how fast the SLO tab is: 90 days of ports that are probed often.

A few ports get all that the product keeps of them (single measurements of 14 days, hours with
their slices and days of 90), with the shapes that the services write. Sizes are those of Postgres
by row, tables and indexes together, and what they make of all ports; times are those of the reader
of a product's SLO tab, with its statements.

    DATABASE_URL=postgres://... python -m benchmarks.measurement_size
    python -m benchmarks.measurement_size --ports 4 --days 20 --json     (SQLite, only times)
"""

import argparse
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.cli import command_line, report

INTERVAL = 60
MODELS = {"measurement": 1440, "hour": 24, "day": 1}
KEPT_DAYS = {"measurement": 14, "hour": 90, "day": 90}


def build(ports: int, days: int, now: datetime) -> Any:
    """Write one product with ports, an availability and a latency objective each, and history."""
    from catalog.audit.actors import SystemActor
    from catalog.domains.services import create_domain
    from catalog.ports.models import OutputPort
    from catalog.products.projection import new_tree
    from catalog.products.services import register_product
    from governance.slo.models import Objective, ProbeSchedule

    actor = SystemActor("bench")
    domain = create_domain(slug="size", name="Size", actor=actor)
    tree = new_tree(identifier="size", name="Size", domain="size")
    product = register_product(domain=domain, tree=tree, actor=actor)
    rows = OutputPort.objects.bulk_create(
        OutputPort(product=product, name=f"port-{number}", version="1", last_probed_at=now)
        for number in range(ports)
    )
    ProbeSchedule.objects.bulk_create(ProbeSchedule(port=row, interval=INTERVAL) for row in rows)
    Objective.objects.bulk_create(
        Objective(port=row, indicator=indicator, target=0.99, threshold=threshold)
        for row in rows
        for indicator, threshold in (("availability", None), ("latency", 0.5))
    )
    for row in rows:
        write_history(row, days, now)
    return product


def write_history(port: Any, days: int, now: datetime) -> None:
    from governance.slo.models import Measurement, Period, RollUp
    from governance.slo.stats import Stats, merge, start_of_day, start_of_hour

    today, hours = start_of_day(now), []
    for number in range(days * 24):
        start = start_of_hour(now) - timedelta(hours=number)
        hours.append(RollUp(port=port, period=Period.HOUR, start=start, **hour_of(start)))
    RollUp.objects.bulk_create(hours, batch_size=500)
    by_day: dict[datetime, list[Stats]] = {}
    for hour in hours:
        stats = Stats.from_json({"outcomes": hour.outcomes, "latencies": hour.latencies})
        by_day.setdefault(start_of_day(hour.start), []).append(stats)
    RollUp.objects.bulk_create(
        RollUp(port=port, period=Period.DAY, start=day, **merge(parts).as_json())
        for day, parts in by_day.items()
        if day < today
    )
    days_stored = min(days, KEPT_DAYS["measurement"])
    slots = (now - timedelta(seconds=INTERVAL * n) for n in range(days_stored * 86400 // INTERVAL))
    Measurement.objects.bulk_create(
        (
            Measurement(
                port=port,
                slot=slot,
                measured_at=slot + timedelta(seconds=random.random()),
                outcome="good",
                status_code=200,
                dns=0.001,
                connect=0.002,
                first_byte=random.random(),
                total=random.random(),
            )
            for slot in slots
        ),
        batch_size=2000,
    )


def hour_of(start: datetime) -> dict[str, Any]:
    """Return the columns of an hour as recording writes them."""
    from governance.slo.stats import StoredStats, add_measurement, stored_slice

    slices: dict[str, StoredStats] = {}
    total = StoredStats(outcomes={}, latencies={})
    for number in range(3600 // INTERVAL):
        slot = start + timedelta(seconds=number * INTERVAL)
        outcome = "good" if random.random() < 0.998 else "timeout"
        for stored in (total, stored_slice(slices, slot)):
            add_measurement(stored, outcome=outcome, seconds=random.lognormvariate(-2, 0.5))
    return {**total, "slices": slices}


def bytes_by_row() -> dict[str, float]:
    """Return the bytes that a row takes on Postgres, with its indexes and dead space."""
    from django.db import connection

    from governance.slo.models import Measurement, RollUp

    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        sizes = {}
        for name, model in (("measurement", Measurement), ("roll_up", RollUp)):
            cursor.execute("SELECT pg_total_relation_size(%s)", [model._meta.db_table])
            sizes[name] = cursor.fetchone()[0] / model.objects.count()
    return sizes


def on_paper(sizes: dict[str, float], ports: int) -> dict[str, str]:
    """Return the rows and gigabytes of many ports, from the bytes of a row."""
    paper = {}
    for name, by_day in MODELS.items():
        rows = by_day * KEPT_DAYS[name] * ports
        size = sizes.get("measurement" if name == "measurement" else "roll_up", 0)
        paper[name] = f"{rows / 1e6:.1f} M rows, {rows * size / 1e9:.1f} GB"
    return paper


def time_of_tab(product: Any, now: datetime, rounds: int) -> dict[str, float]:
    """Return milliseconds of the reader of the SLO tab, and its statements."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from governance.slo.reports import reports_of

    seconds, cpu = [], []
    for _ in range(rounds + 1):
        started, used = time.perf_counter(), time.process_time()
        reports_of(product, now)
        seconds.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
    with CaptureQueriesContext(connection) as queries:
        reports_of(product, now)
    database = sum(float(query["time"]) for query in queries)
    return {
        "p50_ms": round(statistics.median(seconds[1:]) * 1000, 1),
        "cpu_p50_ms": round(statistics.median(cpu[1:]) * 1000, 1),
        "statements": len(queries),
        "statements_ms": round(database * 1000, 1),
    }


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--ports", type=int, default=4)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--all-ports", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-size-") as folder:
        result = run(options, Path(folder))
    report(result, [f"{name}: {value}" for name, value in result.items()], options)


def run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    from benchmarks.mesh import set_up

    set_up(folder)
    from governance.slo.models import Objective
    from governance.slo.services import evaluate

    now = datetime.now(UTC)
    product = build(options.ports, options.days, now)
    evaluate(objectives=list(Objective.objects.all()), now=now)
    sizes = bytes_by_row()
    return {
        "ports_written": options.ports,
        "days": options.days,
        "bytes_by_row": {name: round(size) for name, size in sizes.items()},
        f"{options.all_ports}_ports": on_paper(sizes, options.all_ports) if sizes else None,
        "slo_tab_of_a_product": time_of_tab(product, now, options.rounds),
    }


if __name__ == "__main__":
    main()
