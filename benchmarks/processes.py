"""Starts the whole product on a data folder as `make run` does, or only its broker."""

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
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Running:
    """A running product: its port, and the process id of its supervisor."""

    port: int
    pid: int

    def memory(self) -> dict[str, int]:
        """Return the proportional set size of each process in megabytes."""
        sizes_by_name: dict[str, list[int]] = {}
        for pid in [self.pid, *_descendants(self.pid)]:
            if kilobytes := _kilobytes(pid):
                sizes_by_name.setdefault(_name(pid), []).append(round(kilobytes / 1024))
        return {
            f"{name} {number}" if len(sizes) > 1 else name: size
            for name, sizes in sorted(sizes_by_name.items())
            for number, size in enumerate(sizes, start=1)
        }

    def cpu_seconds(self) -> dict[str, float]:
        """Return the CPU seconds used so far, by process name."""
        seconds: dict[str, float] = {}
        for pid in [self.pid, *_descendants(self.pid)]:
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                name = _name(pid)
            except OSError:
                continue  # The process has ended.
            seconds[name] = (
                seconds.get(name, 0) + (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
            )
        return seconds


@contextmanager
def product(data: Path, **settings: str) -> Iterator[Running]:
    """Run the product on a data folder with its bundled broker; yield it when it is ready.

    The rate limit is raised, because one caller represents many. Raises RuntimeError with the
    output if the product ends instead.
    """
    port = free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ASSAY_DATA_DIR": str(data.resolve()),
        "ASSAY_PORT": str(port),
        # Indexed, so another value in each run would change the whole index.
        "ASSAY_BASE_IRI": "http://127.0.0.1:8000",
        "ASSAY_DEMO": "0",
        "ASSAY_API_RATE": "1000000",
        "ASSAY_ANON_RATE": "1000000",
        "ASSAY_TETHERED": "1",
        "REDIS_URL": "",
        **settings,
    }
    with (data / "output.txt").open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-u", "manage.py", "start"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        until(lambda: _is_ready(data) or server.poll() is not None, seconds=300)
        if server.poll() is not None:
            raise RuntimeError((data / "output.txt").read_text())
        yield Running(port, server.pid)
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()


def _is_ready(data: Path) -> bool:
    return READY in (data / "output.txt").read_text()


@contextmanager
def valkey(data: Path) -> Iterator[None]:
    """Run only the product's own broker and cache, as `manage.py start` does."""
    import redis
    from django.conf import settings

    from config.embedded.commands import valkey_program

    server = subprocess.Popen(
        valkey_program(data).command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        client = redis.Redis(unix_socket_path=str(settings.VALKEY_SOCKET))
        until(lambda: succeeds(client.ping), seconds=20)
        yield
    finally:
        server.terminate()
        server.wait(20)


def succeeds(call: Callable[[], Any]) -> bool:
    """Return True if a call raises nothing."""
    try:
        call()
    except Exception:  # noqa: BLE001  a starting server may raise anything
        return False
    return True


def until(condition: Callable[[], Any], *, seconds: float) -> None:
    """Wait until a condition is true. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"still false after {seconds:.0f} s")
        time.sleep(0.05)


def free_port() -> int:
    """Return a loopback port that is not in use."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def pids_of(supervisor: int, name: str) -> list[int]:
    """Return the ids of the processes of a part."""
    return [pid for pid in _descendants(supervisor) if _name(pid) == name]


def _descendants(pid: int) -> list[int]:
    """Return the ids of all processes below a process."""
    descendants = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in map(int, (task / "children").read_text().split()):
            descendants += [child, *_descendants(child)]
    return descendants


def _kilobytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (OSError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _name(pid: int) -> str:
    """Return the name of the part that a process is."""
    arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    if "start" in arguments:
        return "supervisor"
    if "worker" in arguments:
        return arguments[arguments.index("--hostname") + 1].partition("@")[0]
    for name in ("beat", "config.webserver", "valkey"):
        if name in arguments or name in Path(arguments[0].partition(" ")[0]).name:
            return name
    return Path(arguments[0]).name
