"""One complete run: a deployment, clients, readers and faults, and the checks after it."""

import os
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from benchmarks.chaos.client import Client
from benchmarks.chaos.config import Config, Result
from benchmarks.chaos.deployment import Deployment
from benchmarks.chaos.faults import FaultInjector
from benchmarks.chaos.final_checks import (
    FinalState,
    final_searches,
    verify_index,
    wait_for_final_state,
)
from benchmarks.chaos.history import Entity, History, Outcome, State, with_seed
from benchmarks.chaos.reading import Reader
from benchmarks.chaos.verdict import Report, check_history, count_figures, find_wrong_results
from benchmarks.chaos.writing import Writer

Log = Callable[[str], None]
# A caller who is signed out may ask the API 300 times a minute, a token 1200 times.
READING_PAUSES = {"signed-out": 0.25, "member": 0.08}
LOG_INTERVAL = 10.0


def run(config: Config, log: Log = lambda line: None) -> Result:
    """Run from an empty folder to the result; the folder is removed afterwards."""
    log(f"Starting Assay ({config.engine}, {config.database}) ...")
    started_at = time.monotonic()
    with Deployment(config) as deployment:
        seeds = deployment.seed(clients=config.clients, external_products=config.external_products)
        log(f"Running on port {deployment.port}; starting {config.writes:,} writes.")
        this_run = Run(config, deployment, seeds, log)
        final_state = this_run.execute()
        report = this_run.report(final_state)
    last = max(fault.at for fault in this_run.history.faults)
    return Result(
        config=config,
        report=report,
        figures=count_figures(this_run.history),
        seconds=time.monotonic() - started_at,
        to_answers=_seconds_after(last, final_state.answers_at),
        to_equality=_seconds_after(last, final_state.equal_at),
        load=" ".join(f"{average:.1f}" for average in os.getloadavg()),
    )


class Run:
    """The workers of a run and the history that they record."""

    def __init__(
        self, config: Config, deployment: Deployment, seeds: dict[str, Any], log: Log
    ) -> None:
        self.config, self.deployment, self.seeds, self.log = config, deployment, seeds, log
        self.history = initial_history(seeds)
        self.finished = threading.Event()
        self._generator = random.Random(config.seed)
        self.writers = [
            self._writer(number, token) for number, token in enumerate(seeds["writers"])
        ]
        tokens = {"signed-out": "", "member": seeds["member"]}
        self.readers = [self._reader(name, token) for name, token in tokens.items()]
        self.faults = FaultInjector(
            self.history,
            deployment,
            pause=config.fault_pause,
            max_faults=config.max_faults,
            generator=self._random(),
        )
        self.found_keys: dict[str, frozenset[str]] = {}

    def execute(self) -> FinalState:
        """Write, read and kill; then kill all parts at once and wait for the recovery."""
        workers = [*self.writers, *self.readers, self.faults]
        for worker in workers:
            worker.start()
        try:
            self._wait_for_writers()
            self.faults.kill_all()
            self.log("Every part was killed at once; waiting for the recovery.")
            final_state = wait_for_final_state(self.deployment)
            self.found_keys = final_searches(self.deployment, self.seeds)
        finally:
            self.finished.set()
            self.faults.finished.set()
        for worker in workers:
            worker.join()
        return final_state

    def report(self, final_state: FinalState) -> Report:
        """Check the history; the deployment must still be running."""
        report = check_history(self.history, final_state.stored)
        report.not_found = find_wrong_results(self.history, self.found_keys)
        report.drift = [*final_state.differences, *verify_index(self.deployment)]
        return report

    def _wait_for_writers(self) -> None:
        logged_at = time.monotonic()
        for writer in self.writers:
            while not writer.is_done(within=0.2):
                if time.monotonic() - logged_at > LOG_INTERVAL:
                    logged_at = time.monotonic()
                    count = self.history.count(Outcome.ACKNOWLEDGED)
                    self.log(f"{count:>6,} acknowledged, {len(self.history.faults)} parts killed")

    def _writer(self, number: int, token: str) -> Writer:
        return Writer(
            self.history,
            Client(self.deployment.port, token),
            number,
            writes_per_client=self.config.writes_per_client,
            pause=self.config.pause,
            generator=self._random(),
            answers=self.seeds["answers"],
        )

    def _reader(self, name: str, token: str) -> Reader:
        return Reader(
            self.history,
            Client(self.deployment.port, token),
            name,
            pause=READING_PAUSES[name],
            generator=self._random(),
            finished=self.finished,
        )

    def _random(self) -> random.Random:
        return random.Random(self._generator.random())


def initial_history(seeds: dict[str, Any]) -> History:
    """Return a history with the seeded domains and products."""
    history = History()
    for row in seeds["domains"]:
        entity = history.add(Entity(row["slug"], type="domain"))
        with_seed(entity, State(edition=1, name=row["name"], text=row["slug"]))
    for row in seeds["products"]:
        entity = history.add(Entity(row["key"], id=row["id"], domain=row["domain"]))
        fields = {"name": row["name"], "text": row["text"]}
        state = State(edition=1, status="external", visibility="public", version="0.1.0", **fields)
        with_seed(entity, state)
    return history


def _seconds_after(last: float, moment: float | None) -> float | None:
    return None if moment is None else round(max(0.0, moment - last), 1)
