"""Kills parts at random, and at the end all of them at once."""

from __future__ import annotations

import random
import threading
import time

from benchmarks.chaos.deployment import Installation
from benchmarks.chaos.history import Fault, Ledger
from benchmarks.chaos.workers import Actor

LOOK = 0.1


class Faults(Actor):
    """Kills one living part after the other; each has its turn before any has its second."""

    def __init__(
        self,
        ledger: Ledger,
        installation: Installation,
        *,
        pause: float,
        most: int,
        generator: random.Random,
    ) -> None:
        super().__init__("fault thread")
        self.ledger, self.installation = ledger, installation
        self.pause, self.most, self.generator = pause, most, generator
        self.is_enough, self.is_over = threading.Event(), threading.Event()
        self._waiting: list[str] = []
        self._killing = threading.Lock()

    def act(self) -> None:
        """Kill one by one while it is not enough, and keep the servers until all is over."""
        due = time.monotonic() + self._pause()
        while not self.is_over.wait(LOOK):
            with self._killing:
                self.installation.keep_servers()
                if time.monotonic() > due and not self._are_enough():
                    self._kill_one()
                    due = time.monotonic() + self._pause()

    def kill_all(self) -> None:
        """Kill every living part, and none from now on."""
        self.is_enough.set()
        with self._killing:
            for name, kill in self.installation.parts().items():
                kill()
                self.ledger.note_fault(Fault(name, time.monotonic()))

    def _are_enough(self) -> bool:
        return self.is_enough.is_set() or len(self.ledger.faults) >= self.most

    def _pause(self) -> float:
        return self.pause * self.generator.uniform(0.4, 1.6)

    def _kill_one(self) -> None:
        parts = self.installation.parts()
        if not set(self._waiting) & set(parts):
            self._waiting = sorted(parts)
            self.generator.shuffle(self._waiting)
        name = next(name for name in self._waiting if name in parts)
        self._waiting.remove(name)
        parts[name]()
        self.ledger.note_fault(Fault(name, time.monotonic()))
