"""What the benchmarks of API and pages share: servers of their own, rounds, medians, records."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
PROGRAMS = ("gunicorn", "index@", "probes@", "worker@", "beat", "valkey")


def command_line(doc: str) -> argparse.ArgumentParser:
    """Return a parser that prints a module's text with its examples, and knows --json."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON only")
    return parser


def with_mesh(parser: argparse.ArgumentParser, *, products: int) -> None:
    """Add the options that say which mesh is measured."""
    parser.add_argument("--data", type=Path, help="the data folder of a mesh; else one is built")
    parser.add_argument("--products", type=int, default=products, help="size of a mesh to build")


@dataclass(frozen=True)
class Running:
    """A product that runs: the port of its web server, and the process that began it."""

    port: int
    pid: int

    def cpu_seconds(self) -> dict[str, float]:
        """Return the CPU time that its programs have taken so far, by name."""
        spent: dict[str, float] = {}
        below = {self.pid}
        for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
            try:
                words = (folder / "stat").read_text().rpartition(")")[2].split()
                line = (folder / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue  # It has ended meanwhile.
            if int(words[1]) in below:
                below.add(int(folder.name))
                name = next((word for word in PROGRAMS if word in line), "other")
                spent[name] = spent.get(name, 0) + (int(words[11]) + int(words[12])) / TICKS
        return spent


@contextmanager
def mesh(options: argparse.Namespace) -> Iterator[Path]:
    """Set Django up on the mesh that was named, else on a new one in a folder that goes after."""
    from benchmarks.mesh import build, set_up

    if options.data:
        set_up(options.data)
        yield options.data
        return
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as folder:
        set_up(Path(folder))
        build(options.products)
        yield Path(folder)


@contextmanager
def valkey(data: Path) -> Iterator[None]:
    """Run the product's own broker and cache beside a data folder, as `manage.py start` does."""
    import redis
    from django.conf import settings

    from config.embedded.programs import valkey_program

    server = subprocess.Popen(
        valkey_program(data).command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        client = redis.Redis(unix_socket_path=str(settings.VALKEY_SOCKET))
        until(lambda: answers(client.ping), seconds=20)
        yield
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def product(data: Path, **settings: str) -> Iterator[Running]:
    """Run all of the product on a data folder, as `manage.py start` does; yields it when ready.

    The limit on one caller's requests is raised, for one caller stands in for many.
    """
    port = free_port()
    kept = {name: text for name, text in os.environ.items() if not name.startswith("ASSAY_")}
    environment = kept | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ASSAY_DATA_DIR": str(data),
        "ASSAY_PORT": str(port),
        "ASSAY_DEMO": "0",
        "ASSAY_API_RATE": "1000000",
        **settings,
    }
    with (data / "said.txt").open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "start"],
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: is_ready(data) or server.poll() is not None, seconds=300)
        if server.poll() is not None:
            raise RuntimeError((data / "said.txt").read_text())
        yield Running(port, server.pid)
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()


def is_ready(data: Path) -> bool:
    """Say whether a product that was started has said so."""
    return "Assay is ready" in (data / "said.txt").read_text()


def answers(ask: Callable[[], Any]) -> bool:
    """Say whether a question is answered at all."""
    try:
        ask()
    except Exception:  # noqa: BLE001  whatever a server that only starts may throw
        return False
    return True


def until(holds: Callable[[], Any], *, seconds: float) -> None:
    """Wait until something holds. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"not so after {seconds:.0f} s")
        time.sleep(0.05)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def interleaved(
    works: Mapping[str, Callable[[], Any]], *, rounds: int, warm: int = 2
) -> dict[str, list[float]]:
    """Return the seconds of each piece of work by name, one of each in every round."""
    spent: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds + warm):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            if number >= warm:
                spent[name].append(time.perf_counter() - started)
    return spent


def milliseconds(seconds: list[float]) -> dict[str, float]:
    """Return median and 95th percentile of some durations, in milliseconds."""
    ordered = sorted(seconds)
    at = min(len(ordered) - 1, int(len(ordered) * 0.95))
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 3),
        "p95_ms": round(ordered[at] * 1000, 3),
    }


def report(result: dict[str, Any], lines: list[str], options: argparse.Namespace) -> None:
    """Print a result with its load and date: as JSON, or as the lines that say it."""
    result |= {
        "load": round(os.getloadavg()[0], 2),
        "date": time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime()),
    }
    if options.json:
        print(json.dumps(result))
        return
    print("\n".join(lines))
    print(f"load {result['load']}, {result['date']}")
