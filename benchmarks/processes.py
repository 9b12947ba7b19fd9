"""The whole product, started on a data folder as `make run` starts it, and its broker alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.timing import ROOT

READY = "Assay is ready"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Running:
    """A product that runs: where it listens, and the process that everything hangs on."""

    port: int
    pid: int

    def memory(self) -> dict[str, int]:
        """Return the megabytes of each process: its own pages and its part of the shared ones."""
        found: dict[str, list[int]] = {}
        for pid in [self.pid, *_below(self.pid)]:
            if kilobytes := _proportional(pid):
                found.setdefault(_name(pid), []).append(round(kilobytes / 1024))
        return {
            f"{name} {number}" if len(sizes) > 1 else name: size
            for name, sizes in sorted(found.items())
            for number, size in enumerate(sizes, start=1)
        }

    def cpu_seconds(self) -> dict[str, float]:
        """Return the CPU time that its programs have taken so far, by name."""
        spent: dict[str, float] = {}
        for pid in [self.pid, *_below(self.pid)]:
            try:
                words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                name = _name(pid)
            except OSError:
                continue  # It has ended meanwhile.
            spent[name] = spent.get(name, 0) + (int(words[11]) + int(words[12])) / TICKS
        return spent


@contextmanager
def product(data: Path, **settings: str) -> Iterator[Running]:
    """Run all of the product on a data folder with its bundled broker; yields it when ready.

    The limit on one caller's requests is raised, for one caller stands in for many. Raises
    RuntimeError with what it said, where it ends instead.
    """
    port = free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ASSAY_DATA_DIR": str(data.resolve()),
        "ASSAY_PORT": str(port),
        # Part of what is indexed: with another one each run, the whole index would differ.
        "ASSAY_BASE_IRI": "http://127.0.0.1:8000",
        "ASSAY_DEMO": "0",
        "ASSAY_API_RATE": "1000000",
        "ASSAY_TETHERED": "1",
        "REDIS_URL": "",
        **settings,
    }
    with (data / "said.txt").open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, "-u", "manage.py", "start"],
            cwd=ROOT,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: _is_ready(data) or server.poll() is not None, seconds=300)
        if server.poll() is not None:
            raise RuntimeError((data / "said.txt").read_text())
        yield Running(port, server.pid)
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()


def _is_ready(data: Path) -> bool:
    return READY in (data / "said.txt").read_text()


@contextmanager
def valkey(data: Path) -> Iterator[None]:
    """Run the product's own broker and cache beside a data folder, as `manage.py start` does."""
    import redis
    from django.conf import settings

    from config.embedded.commands import valkey_program

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


def _below(pid: int) -> list[int]:
    """Return the children of a process, their children, and so on."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *_below(child)]
    return found


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (OSError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _name(pid: int) -> str:
    """Return which part of the product a process is."""
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    if "start" in words:
        return "supervisor"
    if "worker" in words:
        return words[words.index("--hostname") + 1].partition("@")[0]
    for name in ("beat", "gunicorn", "valkey"):
        if name in words or name in Path(words[0].partition(" ")[0]).name:
            return name
    return Path(words[0]).name
