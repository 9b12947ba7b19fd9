"""One whole run: an installation, clients, readers and faults, and what the ledger says of it."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from benchmarks.chaos.client import Client
from benchmarks.chaos.deployment import Installation
from benchmarks.chaos.faults import Faults
from benchmarks.chaos.final_checks import Testimony, command_drift, last_searches, testimony
from benchmarks.chaos.history import Ledger, Outcome, State, Thing, seeded
from benchmarks.chaos.plan import Outturn, Plan
from benchmarks.chaos.reading import Reader
from benchmarks.chaos.verdict import Verdict, judge, tally, unfound
from benchmarks.chaos.writing import Writer

Say = Callable[[str], None]
# A caller who is signed out may ask the API 300 times a minute, a token 1200 times.
READING_PAUSES = {"signed-out": 0.25, "member": 0.08}
TOLD_EVERY = 10.0


def run(plan: Plan, say: Say = lambda line: None) -> Outturn:
    """Run a plan from an empty folder to the verdict; nothing of it stays."""
    say(f"Starting Assay ({plan.engine}, {plan.database}) ...")
    begun = time.monotonic()
    with Installation(plan) as installation:
        seeds = installation.seed(clients=plan.clients, entries=plan.entries)
        say(f"It runs on port {installation.port}; {plan.writes:,} writes begin.")
        storm = Storm(plan, installation, seeds, say)
        seen = storm.rage()
        verdict = storm.verdict(seen)
    last = max(fault.at for fault in storm.ledger.faults)
    return Outturn(
        plan=plan,
        verdict=verdict,
        figures=tally(storm.ledger),
        seconds=time.monotonic() - begun,
        to_answers=_since(last, seen.answers_at),
        to_equality=_since(last, seen.equal_at),
        load=" ".join(f"{one:.1f}" for one in os.getloadavg()),
    )


class Storm:
    """The actors of a run and the ledger that they keep."""

    def __init__(
        self, plan: Plan, installation: Installation, seeds: dict[str, Any], say: Say
    ) -> None:
        self.plan, self.installation, self.seeds, self.say = plan, installation, seeds, say
        self.ledger = opened(seeds)
        self.is_over = threading.Event()
        self._generator = random.Random(plan.seed)
        self.writers = [
            self._writer(number, token) for number, token in enumerate(seeds["writers"])
        ]
        tokens = {"signed-out": "", "member": seeds["member"]}
        self.readers = [self._reader(name, token) for name, token in tokens.items()]
        self.faults = Faults(
            self.ledger,
            installation,
            pause=plan.fault_pause,
            most=plan.most_faults,
            generator=self._chance(),
        )
        self.found: dict[str, frozenset[str]] = {}

    def rage(self) -> Testimony:
        """Write, read and kill; then kill all at once, and watch until all is well again."""
        actors = [*self.writers, *self.readers, self.faults]
        for actor in actors:
            actor.start()
        try:
            self._follow()
            self.faults.kill_all()
            self.say("Every part was killed at once; now nobody lends a hand.")
            seen = testimony(self.installation)
            self.found = last_searches(self.installation, self.seeds)
        finally:
            self.is_over.set()
            self.faults.is_over.set()
        for actor in actors:
            actor.join()
        return seen

    def verdict(self, seen: Testimony) -> Verdict:
        """Judge all that was noted; the product must still run."""
        verdict = judge(self.ledger, seen.standing)
        verdict.unfound = unfound(self.ledger, self.found)
        verdict.drift = [*seen.differing, *command_drift(self.installation)]
        return verdict

    def _follow(self) -> None:
        """Wait for the clients, and say how far they are."""
        told = time.monotonic()
        for writer in self.writers:
            while not writer.is_done(within=0.2):
                if time.monotonic() - told > TOLD_EVERY:
                    told = time.monotonic()
                    done = self.ledger.count(Outcome.ACKNOWLEDGED)
                    self.say(f"{done:>6,} acknowledged, {len(self.ledger.faults)} parts killed")

    def _writer(self, number: int, token: str) -> Writer:
        return Writer(
            self.ledger,
            Client(self.installation.port, token),
            number,
            quota=self.plan.quota,
            pause=self.plan.pause,
            generator=self._chance(),
            answers=self.seeds["answers"],
        )

    def _reader(self, name: str, token: str) -> Reader:
        return Reader(
            self.ledger,
            Client(self.installation.port, token),
            name,
            pause=READING_PAUSES[name],
            generator=self._chance(),
            is_over=self.is_over,
        )

    def _chance(self) -> random.Random:
        return random.Random(self._generator.random())


def opened(seeds: dict[str, Any]) -> Ledger:
    """Return a ledger that knows what stands before the first write."""
    ledger = Ledger()
    for row in seeds["domains"]:
        thing = ledger.add(Thing(row["slug"], kind="domain"))
        seeded(thing, State(edition=1, name=row["name"], text=row["slug"]))
    for row in seeds["products"]:
        thing = ledger.add(Thing(row["key"], id=row["id"], domain=row["domain"]))
        words = {"name": row["name"], "text": row["text"]}
        seeded(thing, State(edition=1, status="external", visibility="public", **words))
    return ledger


def _since(last: float, moment: float | None) -> float | None:
    return None if moment is None else round(max(0.0, moment - last), 1)
