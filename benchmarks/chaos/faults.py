"""Kills parts in random order, and at the end all of them at once."""

import random
import threading
import time

from benchmarks.chaos.deployment import Deployment
from benchmarks.chaos.history import Fault, History
from benchmarks.chaos.workers import Worker

POLL_SECONDS = 0.1


class FaultInjector(Worker):
    """Kills one running part after the other, each once before any is killed again."""

    def __init__(
        self,
        history: History,
        deployment: Deployment,
        *,
        pause: float,
        max_faults: int,
        generator: random.Random,
    ) -> None:
        super().__init__("fault thread")
        self.history, self.deployment = history, deployment
        self.pause, self.max_faults, self.generator = pause, max_faults, generator
        self.enough, self.finished = threading.Event(), threading.Event()
        self._queue: list[str] = []
        self._lock = threading.Lock()

    def work(self) -> None:
        """Kill parts until there are enough faults; restart servers until the run is over."""
        due = time.monotonic() + self._pause()
        while not self.finished.wait(POLL_SECONDS):
            with self._lock:
                self.deployment.restart_servers()
                if time.monotonic() > due and not self._is_enough():
                    self._kill_one()
                    due = time.monotonic() + self._pause()

    def kill_all(self) -> None:
        """Kill every running part, and none after that."""
        self.enough.set()
        with self._lock:
            for name, kill in self.deployment.parts().items():
                kill()
                self.history.add_fault(Fault(name, time.monotonic()))

    def _is_enough(self) -> bool:
        return self.enough.is_set() or len(self.history.faults) >= self.max_faults

    def _pause(self) -> float:
        return self.pause * self.generator.uniform(0.4, 1.6)

    def _kill_one(self) -> None:
        parts = self.deployment.parts()
        if not set(self._queue) & set(parts):
            self._queue = sorted(parts)
            self.generator.shuffle(self._queue)
        name = next(name for name in self._queue if name in parts)
        self._queue.remove(name)
        parts[name]()
        self.history.add_fault(Fault(name, time.monotonic()))
