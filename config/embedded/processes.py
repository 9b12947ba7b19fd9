"""Child processes that end with their parent and write to a log of their own."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
MAX_LOG_BYTES = 16 * 1024 * 1024
FAILURES_FORGIVEN_AFTER, MAX_RESTART_DELAY = 10.0, 15.0
libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(parent: int, death_signal: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel end this process when its parent ends (only on Linux)."""
    if libc is None:
        return
    libc.prctl(PR_SET_PDEATHSIG, death_signal)
    # If the parent died before the call, the kernel sends no signal.
    if os.getppid() != parent:
        os.kill(os.getpid(), death_signal)


@dataclass(frozen=True, kw_only=True)
class ProcessSpec:
    """How a program of the installation is started and stopped."""

    name: str
    command: tuple[str, ...]
    folder: Path | None = None
    stop_seconds: float = 15
    parent_death_signal: signal.Signals = signal.SIGKILL
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Process:
    """A program that runs, or waits for its restart."""

    program: ProcessSpec
    log: Path
    clock: Callable[[], float] = time.monotonic
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0
    restart_at: float = 0.0

    def start(self) -> None:
        """Start the program in a session of its own, so that it gets no Ctrl-C."""
        parent, number = os.getpid(), self.program.parent_death_signal
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603  the commands are our own
                self.program.command,
                cwd=self.program.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent, number),  # noqa: PLW1509  one thread only
                env={**os.environ, **self.program.environment, "ASSAY_SUPERVISED": "1"},
            )
        self.started_at = self.clock()

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def record_exit(self) -> None:
        """Plan the restart after 1, 2, 4 ... 15 s; ten seconds of life reset the delay to 1 s.

        A program that lived so long is able to start, so it was ended from outside.
        """
        lifetime = self.clock() - self.started_at
        self.failures = 1 if lifetime > FAILURES_FORGIVEN_AFTER else self.failures + 1
        self.restart_at = self.clock() + min(MAX_RESTART_DELAY, 2.0 ** (self.failures - 1))
        self.process = None

    def stop(self, *, seconds: float) -> None:
        """End the program with SIGTERM, and after `seconds` its process group with SIGKILL."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=seconds)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None

    def last_lines(self, count: int = 15) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 8192))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])

    def trim_log(self) -> None:
        """Move a large log to `.log.1`; the program goes on writing to the same, emptied file."""
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.with_suffix(".log.1").write_bytes(self.log.read_bytes())
            os.truncate(self.log, 0)
