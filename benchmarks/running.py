"""The whole product, started on a data folder as `make run` starts it, and ended afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.rounds import ROOT

READY = "Assay is ready"


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


@contextmanager
def running(options: Any) -> Iterator[Running]:
    """Start the product on the folder and engine of the options; its broker is the bundled one."""
    port = free_port()
    environment = {
        **os.environ,
        "ASSAY_DATA_DIR": str(options.data.resolve()),
        "ASSAY_SEARCH_ENGINES": options.engine,
        "ASSAY_PORT": str(port),
        "ASSAY_DEMO": "0",
        "ASSAY_API_RATE": "1000000",
        "ASSAY_TETHERED": "1",
        "REDIS_URL": "",
    }
    process = subprocess.Popen(
        [sys.executable, "-u", "manage.py", "start"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _wait_until_ready(process)
        yield Running(port, process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    said = []
    for line in process.stdout or ():
        said.append(line)
        if line.startswith(READY):
            return
    raise RuntimeError(f"the product did not start: {''.join(said[-5:])}")


def free_port() -> int:
    """Return a port of loopback that nobody listens on at this moment."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


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
