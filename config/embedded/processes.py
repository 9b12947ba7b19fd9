"""Child processes that cannot outlive us, write to a log of their own, and stop when asked."""

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
LARGEST_LOG = 16 * 1024 * 1024
FORGIVEN_AFTER, LONGEST_WAIT = 10.0, 15.0
libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(parent: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel end this process when its parent ends (on Linux; elsewhere nothing)."""
    if libc is None:
        return
    libc.prctl(PR_SET_PDEATHSIG, how)
    # The parent may have died before the call, and will not die again.
    if os.getppid() != parent:
        os.kill(os.getpid(), how)


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program of the installation and how it is started and stopped."""

    name: str
    command: tuple[str, ...]
    folder: Path | None = None
    stop_seconds: float = 15
    end_with: signal.Signals = signal.SIGKILL
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Child:
    """A program that runs, or waits for its next try."""

    program: Program
    log: Path
    clock: Callable[[], float] = time.monotonic
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = 0.0
    due_at: float = 0.0

    def start(self) -> None:
        """Start the program in a session of its own, so that Ctrl-C reaches only us."""
        parent, how = os.getpid(), self.program.end_with
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603  the commands are our own
                self.program.command,
                cwd=self.program.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent, how),  # noqa: PLW1509  one thread only
                env={**os.environ, **self.program.environment, "ASSAY_SUPERVISED": "1"},
            )
        self.started_at = self.clock()

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def note_end(self) -> None:
        """Plan the next try after 1, 2, 4 ... 15 s; ten seconds of life forgive earlier ends.

        Who lives so long can start: it was ended from outside, and is wanted back at once.
        """
        lived = self.clock() - self.started_at
        self.failures = 1 if lived > FORGIVEN_AFTER else self.failures + 1
        self.due_at = self.clock() + min(LONGEST_WAIT, 2.0 ** (self.failures - 1))
        self.process = None

    def stop(self, *, seconds: float) -> None:
        """End the program: asked first, after that many seconds forced, its group with it."""
        if self.process is None:
            return
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=seconds)
        self._signal_group(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def last_lines(self, count: int = 15) -> str:
        """The end of the log, for the terminal."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 8192))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])

    def trim_log(self) -> None:
        """Keep one older log beside; the program goes on writing to the same, emptied file."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.with_suffix(".log.1").write_bytes(self.log.read_bytes())
            os.truncate(self.log, 0)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def _signal_group(self, number: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)
