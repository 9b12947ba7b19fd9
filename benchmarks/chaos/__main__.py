"""Kill the parts of a running Assay at random while clients write, and account for every write.

    python -m benchmarks.chaos
    python -m benchmarks.chaos --engine elasticsearch --database postgres --writes 2000 --json

Embedded with SQLite needs nothing else. Elasticsearch is started from what `.ci/servers start`
unpacked (ASSAY_CI_CACHE); for Postgres, ASSAY_TEST_POSTGRES_URL names a server on which a database
is created for the run, and a Redis of its own replaces the bundled Valkey. Exits with 1 if a write
was lost, something deleted or hidden was shown, a response failed, or the index still differs from
the database.
"""

import argparse
import json
import os
import signal
import sys
import time

from benchmarks.chaos.config import Config
from benchmarks.chaos.output import as_json, as_table, problem_lines
from benchmarks.chaos.run import run
from benchmarks.chaos.servers import missing_requirement, postgres_url_from


def main() -> int:
    """Run from the command line; the exit code is 0, 1 (problems) or 2 (cannot run here)."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    config = _config(options)
    if reason := missing_requirement(config):
        print(f"This run cannot be made here: {reason}.", file=sys.stderr)
        return 2
    started_at = time.monotonic()

    def log(line: str) -> None:
        print(f"[{time.monotonic() - started_at:4.0f} s] {line}", file=sys.stderr, flush=True)

    result = run(config, log)
    print(json.dumps(as_json(result), indent=2) if options.json else as_table(result))
    for line in problem_lines(result):
        print(line, file=sys.stderr)
    return 0 if result.report.is_ok else 1


def _config(options: argparse.Namespace) -> Config:
    return Config(
        engine=options.engine,
        database=options.database,
        postgres_url=postgres_url_from(os.environ),
        writes=options.writes,
        clients=options.clients,
        seconds=options.seconds,
        fault_pause=options.fault_pause,
        seed=options.seed,
        keep_folder=options.keep,
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
    parser.add_argument(
        "--writes", type=int, default=2000, help="acknowledged, of all clients together"
    )
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=180, help="to spread the writes over")
    parser.add_argument("--fault-pause", type=float, default=5, help="seconds between two kills")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices")
    parser.add_argument("--keep", action="store_true", help="leave the folder with its logs")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
