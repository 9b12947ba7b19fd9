"""What one start claims for itself: the data folder, and the ports that it will listen on."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.paths import run_folder


class StartupError(Exception):
    """The start cannot go on; the message names the way out."""


@contextmanager
def lock_data_dir(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for one start; the kernel lets go of it when the process ends.

    Raises StartupError while another start holds it.
    """
    run_folder(data_dir).mkdir(parents=True, exist_ok=True)
    with (run_folder(data_dir) / "start.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            lock.seek(0)
            raise StartupError(
                f"Assay already runs on {data_dir} (process {lock.read().strip() or 'unknown'}). "
                "Stop it first, or set ASSAY_DATA_DIR to another folder for a second one."
            ) from taken
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def require_free_port(host: str, port: int, *, setting: str) -> None:
    """Raise StartupError where the port cannot be listened on; `setting` is the way out."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as taken:
        raise StartupError(
            f"Port {port} on {host} cannot be used: {taken.strerror or taken}. "
            f"Stop the program that uses it, or choose another port with {setting}, "
            f"for example {setting}={port + 10 if port < 65000 else 8010} make run"
        ) from taken
