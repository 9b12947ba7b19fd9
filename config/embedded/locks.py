"""Makes sure that a start has its data folder and its ports for itself."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.paths import run_folder


class StartupError(Exception):
    """Assay cannot start; the message says how to fix it."""


@contextmanager
def lock_data_dir(data_dir: Path) -> Iterator[None]:
    """Lock the data folder; the kernel releases the lock when the process ends.

    Raises StartupError while another process has the lock.
    """
    run_folder(data_dir).mkdir(parents=True, exist_ok=True)
    with (run_folder(data_dir) / "start.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise StartupError(
                f"Assay already runs with {data_dir} (process {lock.read().strip() or 'unknown'}). "
                "Stop it first, or set ASSAY_DATA_DIR to another folder for a second one."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def require_free_port(host: str, port: int, *, setting: str) -> None:
    """Raise StartupError if the port cannot be used; `setting` is the one that changes it."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = addresses[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise StartupError(
            f"Port {port} on {host} cannot be used: {error.strerror or error}. "
            f"Stop the program that uses it, or choose another port with {setting}, "
            f"for example {setting}={port + 10 if port < 65000 else 8010} make run"
        ) from error
