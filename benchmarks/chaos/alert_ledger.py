"""A ledger of alerts: parts of a running installation are killed while alerts open and resolve.

The product runs as `make run` starts it, on Postgres and a Redis without persistence (or on SQLite
and the bundled Valkey). One process opens and resolves alerts, and notes each only once its
transaction has committed; a receiver on loopback counts what comes. Parts are killed in turn:
workers, beat, broker, web server, its watch, and sessions of the database; at the end all at once.
Every committed event must have come, with the id of its row in the ledger.

    python -m benchmarks.chaos.alert_ledger --alerts 120 --seconds 60 --database postgres
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from benchmarks.chaos.config import Config
from benchmarks.chaos.deployment import Deployment
from benchmarks.chaos.faults import FaultInjector
from benchmarks.chaos.history import History
from benchmarks.chaos.servers import ROOT, postgres_url_from
from benchmarks.timing import quantile

# Claims of killed workers are free again after two minutes.
SETTLE_SECONDS = 240


class Receiver:
    """Counts messages by id, and keeps when each came first; every tenth answer is an error."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.accepted: dict[str, float] = {}
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                is_accepted = receiver.note(self.headers["webhook-id"])
                self.send_response(204 if is_accepted else 503)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def netloc(self) -> str:
        return f"127.0.0.1:{self.server.server_address[1]}"

    def note(self, message: str) -> bool:
        with self._lock:
            self.count[message] += 1
            is_accepted = sum(self.count.values()) % 10 != 0
            if is_accepted:
                self.accepted.setdefault(message, time.time())
            return is_accepted


def write(netloc: str, alerts: int, seconds: float) -> None:
    """Open and resolve alerts, and print what has committed; runs in the installation."""
    import django

    django.setup()
    from django.db import DatabaseError, close_old_connections
    from django.utils import timezone

    from governance.alerts.models import AlertEvent
    from governance.alerts.services import RouteFields, create_route, open_alert, resolve_alert
    from tests.factories import make_published_product, make_users

    users = make_users()
    product = make_published_product(domain=users.domain)
    fields = RouteFields(name="Ledger", channel="webhook", address=f"http://{netloc}/hook")
    create_route(domain=users.domain, fields=fields, actor=users.owner)
    print("ready", flush=True)
    for number in range(alerts):
        key = f"ledger:{number}"
        for step in ("opened", "resolved"):
            time.sleep(seconds / alerts / 2)
            while True:
                now = timezone.now()
                try:
                    close_old_connections()
                    if step == "opened":
                        open_alert(
                            key=key, kind="breach", subject=product, summary="Missed.", now=now
                        )
                    else:
                        resolve_alert(key=key, reason="Met again.", now=now)
                    event = AlertEvent.objects.filter(alert__key=key, kind=step).first()
                    break
                except DatabaseError:
                    time.sleep(0.2)
            # An event is only there if its transaction committed, whatever its answer was.
            if event is not None:
                print(json.dumps([str(event.uuid), now.timestamp()]), flush=True)


def read() -> None:
    """Print the deliveries of the route: event, message id and state."""
    import django

    django.setup()
    from governance.alerts.messages import message_id
    from governance.alerts.models import Delivery

    rows = Delivery.objects.filter(route__name="Ledger").select_related("event")
    waiting = Delivery.objects.filter(state="pending").count()
    listed = [[str(row.event.uuid), message_id(row.uuid), row.state] for row in rows]
    print(json.dumps({"waiting": waiting, "deliveries": listed}))


def run(options: Any) -> int:
    config = Config(
        database=options.database,
        postgres_url=postgres_url_from(os.environ),
        seed=options.seed,
    )
    receiver, history = Receiver(), History()
    deployment = Deployment(config)
    deployment.environment["ASSAY_ALLOWED_NETS"] = receiver.netloc
    with deployment:
        command = ["-m", "benchmarks.chaos.alert_ledger", "--write", receiver.netloc]
        command += ["--alerts", str(options.alerts), "--seconds", str(options.seconds)]
        writer = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT, env=deployment.environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert writer.stdout is not None
        assert writer.stdout.readline().strip() == "ready"
        killer = FaultInjector(
            history,
            deployment,
            pause=options.pause,
            max_faults=1_000_000,
            generator=random.Random(options.seed),
        )
        killer.start()
        committed = dict(json.loads(line) for line in writer.stdout)
        killer.kill_all()
        ended = time.monotonic()
        state: dict[str, Any] = {"waiting": 1, "deliveries": []}
        while time.monotonic() < ended + SETTLE_SECONDS:
            output = deployment.run("-m", "benchmarks.chaos.alert_ledger", "--read").stdout
            state = json.loads(output.splitlines()[-1]) if output else state
            if len(state["deliveries"]) >= len(committed) and not state["waiting"]:
                break
            time.sleep(3)
        settled = time.monotonic() - ended
        killer.finished.set()
    return report(committed, state, receiver, history, settled)


def report(
    committed: dict[str, float], state: Any, receiver: Receiver, history: History, settled: float
) -> int:
    ids = {event: message for event, message, _ in state["deliveries"]}
    lost = [event for event in committed if ids.get(event) not in receiver.accepted]
    unknown = set(receiver.count) - set(ids.values())
    repeated = sum(count - 1 for count in receiver.count.values())
    delays = sorted(
        receiver.accepted[ids[event]] - at for event, at in committed.items() if event not in lost
    )
    kills = Counter(kill.part for kill in history.faults)
    print(
        f"events committed {len(committed)}, messages {len(ids)}, attempts {receiver.count.total()}"
    )
    print(f"lost {len(lost)}, without a row in the ledger {len(unknown)}, repeated {repeated}")
    print(f"seconds from commit to arrival: p50 {quantile(delays, 0.5):.1f}, max {delays[-1]:.1f}")
    print(f"killed {history and sum(kills.values())}: {dict(kills)}")
    print(f"settled {settled:.0f} s after the last kill")
    return 1 if lost or unknown else 0


def main() -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=120)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pause", type=float, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="postgres")
    parser.add_argument("--write", metavar="HOST:PORT", help="for the writer, in the installation")
    parser.add_argument("--read", action="store_true", help="for the reader, in the installation")
    options = parser.parse_args()
    if options.write:
        write(options.write, options.alerts, options.seconds)
        return 0
    if options.read:
        read()
        return 0
    return run(options)


if __name__ == "__main__":
    sys.exit(main())
