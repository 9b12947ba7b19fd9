"""Kill the parts of a running Assay at random while clients write, and account for every write.

    python -m benchmarks.chaos
    python -m benchmarks.chaos --engine elasticsearch --database postgres --writes 2000 --json

Embedded with SQLite needs nothing else. Elasticsearch is started from what `.ci/servers start`
unpacked (ASSAY_CI_CACHE); for Postgres, ASSAY_TEST_POSTGRES_URL names a server on which a database
of the run's own is made, and a Redis of its own takes the bundled Valkey's place. Ends with 1 where
a write was lost, something deleted or hidden was shown, an answer failed, or the index stayed
otherwise than the database.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time

from benchmarks.chaos.plan import Plan
from benchmarks.chaos.record import as_json, as_table, complaints
from benchmarks.chaos.run import run
from benchmarks.chaos.servers import lacking, postgres_of


def main() -> int:
    """Run from the command line; the exit code is 0, 1 (unsound) or 2 (cannot run here)."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    plan = _plan(options)
    if reason := lacking(plan):
        print(f"This run cannot be made here: {reason}.", file=sys.stderr)
        return 2
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:4.0f} s] {line}", file=sys.stderr, flush=True)

    outturn = run(plan, say)
    print(json.dumps(as_json(outturn), indent=2) if options.json else as_table(outturn))
    for line in complaints(outturn):
        print(line, file=sys.stderr)
    return 0 if outturn.verdict.is_compatible else 1


def _plan(options: argparse.Namespace) -> Plan:
    return Plan(
        engine=options.engine,
        database=options.database,
        postgres_url=postgres_of(os.environ),
        writes=options.writes,
        clients=options.clients,
        seconds=options.seconds,
        fault_pause=options.fault_pause,
        seed=options.seed,
        keeps_folder=options.keep,
    )


def _options() -> argparse.Namespace:
    first, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chaos",
        description=first,
        epilog=rest,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--engine", choices=["embedded", "elasticsearch"], default="embedded")
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--writes", type=int, default=2000, help="acknowledged, of all clients")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=180, help="to spread the writes over")
    parser.add_argument("--fault-pause", type=float, default=5, help="seconds between two kills")
    parser.add_argument("--seed", type=int, default=1, help="of what is written and killed when")
    parser.add_argument("--keep", action="store_true", help="leave the folder with its logs")
    parser.add_argument("--json", action="store_true", help="print the record as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
