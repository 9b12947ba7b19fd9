"""Runs the installation's programs: up in order, watched, again after a crash, down in order."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from config.embedded.locks import StartupError
from config.embedded.processes import Child, Program

TRIES_BEFORE_READY = 3


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C or sent a signal to end."""


class Supervisor:
    """Keeps programs running. `say` prints a line to the person at the terminal."""

    def __init__(self, logs: Path, *, say: Callable[[str], None]) -> None:
        self.logs = logs
        self.say = say
        self.children: list[Child] = []
        self.is_stopping = False
        self.is_hurried = False
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, programs: Sequence[Program]) -> None:
        """Start programs, in order; a later stop goes the other way round."""
        for program in programs:
            child = Child(program, self.logs / f"{program.name}.log")
            self.children.append(child)
            child.start()

    def wait_until(self, unready: Callable[[], Sequence[str]], *, seconds: float) -> None:
        """Look after the programs until nothing is `unready`.

        Raises StartupError where a program does not start, or after that many seconds.
        """
        deadline = time.monotonic() + seconds
        while missing := unready():
            self.supervise()
            self._refuse_hopeless()
            if time.monotonic() > deadline:
                raise StartupError(
                    f"Not ready after {seconds:.0f} s: {'; '.join(missing)}. "
                    f"The logs are in {self.logs}."
                )
            time.sleep(0.2)

    def watch(self) -> None:
        """Look after the programs until a signal comes."""
        while True:
            self.supervise()
            time.sleep(0.5)

    def supervise(self) -> None:
        """Note programs that ended, start those whose next try is due."""
        for child in self.children:
            if child.process is not None and not child.is_alive():
                code = child.process.returncode
                child.note_end()
                self.say(f"{child.program.name} ended ({_reason(code)}); starting it again.")
            elif child.process is None and child.due_at <= time.monotonic():
                child.start()
            child.trim_log()

    def stop(self) -> None:
        """End all programs, the last started first, and wait for each."""
        self.is_stopping = True
        for child in reversed(self.children):
            child.stop(seconds=0 if self.is_hurried else child.program.stop_seconds)
        self.children.clear()

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Turn the signals to end into StopRequested; on leaving, all programs have ended."""
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._asked) for number in numbers}
        try:
            yield
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        if self.is_stopping:
            self.is_hurried = True
            return
        self.is_stopping = True
        raise StopRequested

    def _refuse_hopeless(self) -> None:
        for child in self.children:
            if child.failures >= TRIES_BEFORE_READY:
                raise StartupError(
                    f"{child.program.name} does not start. The end of {child.log}:\n"
                    f"{child.last_lines()}"
                )


def _reason(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


def say(line: str) -> None:
    """Print a line at once, so that a pipe shows it when it is said."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
