"""Starts the programs in order, restarts them after a crash, and stops them in reverse order."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from config.embedded.locks import StartupError
from config.embedded.processes import Process, ProcessSpec

MAX_START_FAILURES = 3


class StopRequested(BaseException):
    """The supervisor received Ctrl-C or another signal to stop."""


class Supervisor:
    """Keeps programs running. `log` prints a line to the terminal."""

    def __init__(self, logs: Path, *, log: Callable[[str], None]) -> None:
        self.logs = logs
        self.log = log
        self.children: list[Process] = []
        self.is_stopping = False
        self.is_forced = False
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, programs: Sequence[ProcessSpec]) -> None:
        """Start programs in order; `stop` ends them in reverse order."""
        for program in programs:
            child = Process(program, self.logs / f"{program.name}.log")
            self.children.append(child)
            child.start()

    def wait_until(self, unready: Callable[[], Sequence[str]], *, seconds: float) -> None:
        """Supervise the programs until `unready` returns nothing.

        Raises StartupError if a program does not start, or after `seconds`.
        """
        deadline = time.monotonic() + seconds
        while missing := unready():
            self.supervise()
            for child in self.children:
                if child.failures >= MAX_START_FAILURES:
                    raise StartupError(
                        f"{child.program.name} does not start. The end of its log, {child.log}:\n"
                        f"{child.last_lines()}"
                    )
            if time.monotonic() > deadline:
                raise StartupError(
                    f"Not ready after {seconds:.0f} s: {'; '.join(missing)}. "
                    f"The logs are in {self.logs}."
                )
            time.sleep(0.2)

    def watch(self) -> None:
        """Supervise the programs until a signal comes."""
        while True:
            self.supervise()
            time.sleep(0.5)

    def supervise(self) -> None:
        """Record programs that ended, and start those whose restart is due."""
        for child in self.children:
            if child.process is not None and not child.is_alive():
                code = child.process.returncode
                reason = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
                child.record_exit()
                self.log(f"{child.program.name} ended ({reason}); restarting it.")
            elif child.process is None and child.restart_at <= time.monotonic():
                child.start()
            child.trim_log()

    def stop(self) -> None:
        """End all programs in reverse order, and wait for each."""
        self.is_stopping = True
        for child in reversed(self.children):
            child.stop(seconds=0 if self.is_forced else child.program.stop_seconds)
        self.children.clear()

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Turn signals to stop into StopRequested; on leaving, all programs have ended."""
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._on_signal) for number in numbers}
        try:
            yield
        except StopRequested:
            self.log("Stopping ... (Ctrl-C again stops at once)")
            raise
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.is_stopping:
            self.is_forced = True
            return
        self.is_stopping = True
        raise StopRequested


def print_line(line: str) -> None:
    """Print a line and flush, so that a pipe gets it at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
