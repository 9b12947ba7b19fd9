"""The web server: processes that share one socket, and their parent, which replaces ended ones.

A request is read whole, and its answer is buffered, without a thread (ADR 13), so that slow clients
cost memory instead of threads. `python -m config.webserver` runs it.
"""

import ctypes
import logging
import mmap
import os
import resource
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.urls import get_resolver

from config.alert_watch import watch_forever
from config.embedded.processes import die_with_parent
from config.http_server import GRACE_SECONDS, web_server
from config.wsgi import application

logger = logging.getLogger(__name__)
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
SIGNALS = STOP_SIGNALS | {signal.SIGCHLD}
STUCK_AFTER_SECONDS = 60
MIN_LIFETIME_SECONDS = 1.0
MAX_OPEN_FILES = 16384

Serve = Callable[[Callable[[], None]], None]


class WebProcess:
    """One process of the web server; its heartbeats are in memory shared with the parent."""

    def __init__(self, serve: Serve) -> None:
        self.serve = serve
        self.clock = ctypes.c_double.from_buffer(mmap.mmap(-1, 8))
        self.pid = 0
        self.started_at = 0.0

    def beat(self) -> None:
        self.clock.value = time.monotonic()

    def start(self) -> None:
        """Fork the process, which serves until a signal to stop comes; it never returns."""
        parent = os.getpid()
        # Not in a tight loop if it ends at once.
        time.sleep(max(0.0, self.started_at + MIN_LIFETIME_SECONDS - time.monotonic()))
        self.started_at = time.monotonic()
        self.beat()
        self.pid = os.fork()
        if self.pid:
            return
        status = 1
        try:
            die_with_parent(parent)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            self.serve(self.beat)
            status = 0
        except BaseException:
            logger.exception("web process failed")
        finally:
            os._exit(status)

    def has_ended(self) -> bool:
        """Return True once the process has ended; kill it if its loop has not turned for long."""
        if not self.pid:
            return True
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.pid = 0
            logger.info("web process %s ended (%s)", pid, os.waitstatus_to_exitcode(status))
        elif time.monotonic() - self.clock.value > STUCK_AFTER_SECONDS:
            logger.error("web process %s is stuck; replacing it", self.pid)
            os.kill(self.pid, signal.SIGKILL)
        return not self.pid

    def signal(self, number: signal.Signals) -> None:
        if self.pid:
            os.kill(self.pid, number)


def run(*roles: tuple[Serve, int]) -> None:
    """Keep this number of processes of each role running until a signal to stop, then end them."""
    # Blocked, so that none is lost between two waits; the processes unblock them.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    processes = [WebProcess(serve) for serve, count in roles for _ in range(count)]
    for process in processes:
        process.start()
    while (received := signal.sigtimedwait(SIGNALS, 5)) is None or (
        received.si_signo == signal.SIGCHLD
    ):
        for process in processes:
            if process.has_ended():
                process.start()
    stop(processes)


def stop(processes: Sequence[WebProcess]) -> None:
    """End the processes, and kill those that are not done in time."""
    for process in processes:
        process.signal(signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS + 1
    while (pending := [one for one in processes if not one.has_ended()]) and (
        time.monotonic() < deadline
    ):
        signal.sigtimedwait({signal.SIGCHLD}, 0.5)
    for process in pending:
        process.signal(signal.SIGKILL)


def listening_socket() -> socket.socket:
    return socket.create_server(
        (settings.ASSAY_HOST, settings.ASSAY_PORT),
        family=socket.AF_INET6 if ":" in settings.ASSAY_HOST else socket.AF_INET,
        backlog=1024,
        dualstack_ipv6=settings.ASSAY_HOST == "::" and socket.has_dualstack_ipv6(),
    )


def use_spool(folder: Path) -> None:
    """Keep arriving bodies on the disk of the data: /tmp may be memory. Empty the folder first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tempfile.tempdir = str(folder)


def main() -> None:
    # Loaded once, before the processes are forked, so that a killed one is replaced at once.
    assert get_resolver().url_patterns
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    use_spool(settings.ASSAY_DATA_DIR / "spool")
    listener = listening_socket()
    logger.info("web server listens on %s:%s", settings.ASSAY_HOST, settings.ASSAY_PORT)
    run(
        (lambda beat: web_server(application, listener).serve(beat), settings.ASSAY_WEB_PROCESSES),
        (watch_forever, 1),
    )


if __name__ == "__main__":
    main()
