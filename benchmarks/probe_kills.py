"""kill -9 of workers, beat and broker while ports are polled: no slot twice, every count right.

The product runs on a data folder of its own and polls the ports of one server in another process,
which counts the calls. Parts are killed at random moments; afterwards the record must be right:
each slot is recorded once, hours and single measurements say the same, and every port is measured
again within two intervals of the last kill.

    python -m benchmarks.probe_kills
    python -m benchmarks.probe_kills --ports 50 --kills 4 --json
"""

import argparse
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.cli import command_line, report
from benchmarks.probe_scale import register, serve
from benchmarks.processes import Running, pids_of, product

KILLED = ("probes", "slow", "worker", "beat", "valkey")
INTERVAL = 10
# A restarted part, its first tick, and the claim of a killed batch that must expire.
RECOVERY = timedelta(seconds=60 + 2 * INTERVAL + 40)


def kill_parts(running: Running, kills: int, pause: float) -> Counter[str]:
    """Kill one process after another with SIGKILL; return how many of each part."""
    killed: Counter[str] = Counter()
    for number in range(kills):
        time.sleep(random.uniform(0.2, pause))
        name = KILLED[number % len(KILLED)]
        pids = pids_of(running.pid, name)
        if pids:
            with suppress(ProcessLookupError):
                os.kill(random.choice(pids), signal.SIGKILL)
                killed[name] += 1
    return killed


def problems_of(ended_at: datetime, ports: int) -> dict[str, Any]:
    """Return what is wrong in the database, all zero if nothing is."""
    from django.db.models import Count

    from catalog.ports.models import OutputPort
    from governance.slo.models import Measurement, Period, RollUp

    rows = Measurement.objects.values("port", "slot").annotate(times=Count("pk"))
    by_hour: Counter[int] = Counter()
    for port_id, outcomes in RollUp.objects.filter(period=Period.HOUR).values_list(
        "port_id", "outcomes"
    ):
        by_hour[port_id] += sum(outcomes.values())
    single = Counter(Measurement.objects.values_list("port_id", flat=True))
    measured_again = OutputPort.objects.filter(last_probed_at__gt=ended_at).count()
    return {
        "measurements": sum(single.values()),
        "slots_twice": rows.filter(times__gt=1).count(),
        "ports_whose_hours_differ": sum(by_hour[pk] != single[pk] for pk in {*by_hour, *single}),
        "ports_not_measured_again": ports - measured_again,
    }


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--ports", type=int, default=200)
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--pause", type=float, default=8, help="longest seconds between two kills")
    options = parser.parse_args()
    result = run(options)
    report(result, [f"{name}: {value}" for name, value in result.items()], options)
    problems = ("slots_twice", "ports_whose_hours_differ", "ports_not_measured_again")
    sys.exit(1 if any(result[name] for name in problems) else 0)


def run(options: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.mesh import set_up

    numbers: Any = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(numbers,), daemon=True)
    server.start()
    port_number = numbers.get()
    with tempfile.TemporaryDirectory(prefix="assay-kills-") as folder:
        data = Path(folder)
        set_up(data)
        register(options.ports, port_number, 0.1, interval=INTERVAL)
        with product(data, ASSAY_ALLOWED_NETS=f"127.0.0.1:{port_number}") as running:
            time.sleep(3 * INTERVAL)
            killed = kill_parts(running, options.kills, options.pause)
            ended_at = datetime.now(UTC)
            time.sleep(RECOVERY.total_seconds())
        result = problems_of(ended_at, options.ports)
    server.terminate()
    return {"ports": options.ports, "killed": dict(killed), **result}


if __name__ == "__main__":
    main()
