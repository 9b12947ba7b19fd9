"""A client that changes products and domains of its own, and notes what was acknowledged."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.chaos.client import NO_ANSWER, Answer, Client
from benchmarks.chaos.history import GONE, Ledger, Outcome, State, Thing, Write, edited
from benchmarks.chaos.names import name_of, word
from benchmarks.chaos.workers import Actor

PRODUCTS, DOMAINS = "/api/v1/products", "/api/v1/domains"
SERVER = {"server": "files", "type": "local", "path": "rows.csv", "format": "csv"}
VISIBILITIES = ("public", "members", "restricted")
DELETABLE = ("draft", "external")
# How often a client takes each step, out of the sum; a step that nothing allows is taken again.
STEPS = {"create": 22, "port": 12, "publish": 12, "edit": 22, "share": 20, "delete": 8, "rename": 4}
PAUSE_AFTER_NO_ANSWER = 0.3


class Writer(Actor):
    """Writes until so many requests were acknowledged; at most one is on its way at a time."""

    def __init__(
        self,
        ledger: Ledger,
        client: Client,
        number: int,
        *,
        quota: int,
        pause: float,
        generator: random.Random,
        answers: dict[str, Any],
    ) -> None:
        super().__init__(f"writer {number}")
        self.ledger, self.client, self.number = ledger, client, number
        self.quota, self.pause, self.generator = quota, pause, generator
        self.answers = answers
        mine = f"shelf-{number}"
        self.products = [t for t in ledger.of_kind("product") if t.domain.startswith(mine)]
        self.domains = [t for t in ledger.of_kind("domain") if t.key.startswith(mine)]
        self.ports: set[str] = set()
        self.made = self.acknowledged = 0

    def act(self) -> None:
        """Write, with pauses between."""
        with self.client:
            while self.acknowledged < self.quota:
                self._step()
                time.sleep(self.pause * self.generator.uniform(0.5, 1.5))

    def _step(self) -> None:
        steps: dict[str, Callable[[], bool]] = {
            "create": self._create,
            "port": self._add_port,
            "publish": self._publish,
            "edit": self._edit,
            "share": self._share,
            "delete": self._delete,
            "rename": self._rename,
        }
        while True:
            (kind,) = self.generator.choices(list(STEPS), list(STEPS.values()))
            if steps[kind]():
                return

    def _create(self) -> bool:
        key, domain = word(self.number, self.made), self.generator.choice(self.domains)
        self.made += 1
        name, text = name_of(key), f"Rows of {key}, first telling."
        thing = self.ledger.add(Thing(key, domain=domain.key))
        body = {
            "domain": domain.state.text,
            "tree": {
                "name": name,
                "domain": domain.state.text,
                "status": "draft",
                "description": {"purpose": text},
                "customProperties": [
                    {"property": "assaySlug", "value": key},
                    {"property": "assayProvenance", "value": {"answers": self.answers}},
                ],
            },
        }
        after = State(edition=1, name=name, text=text, status="draft", visibility="public")
        answer = self._write("create", thing, after, "POST", PRODUCTS, body)
        thing.id = answer.json.get("id", "") if answer.is_acknowledged else self._id_of(thing)
        self._settle(thing, answer)
        if thing.is_certain and thing.state.is_there:
            self.products.append(thing)
        return True

    def _add_port(self) -> bool:
        thing = self._one(lambda t: t.state.status == "draft" and t.key not in self.ports)
        if thing is None:
            return False
        before = thing.state
        path, body = f"{PRODUCTS}/{thing.id}/ports", {"name": "table", "server": SERVER}
        # The port is one edit, and its contract is another.
        self._change("port", thing, edited(edited(before)), "POST", path, body)
        if thing.is_certain and thing.state != before:
            self.ports.add(thing.key)
        return True

    def _publish(self) -> bool:
        thing = self._one(lambda t: t.state.status == "draft" and t.key in self.ports)
        if thing is None:
            return False
        after = edited(thing.state, status="published")
        self._change("publish", thing, after, "POST", f"{PRODUCTS}/{thing.id}/publish", {})
        return True

    def _edit(self) -> bool:
        thing = self._one(lambda t: True)
        if thing is None:
            return False
        text = f"Rows of {thing.key}, telling {thing.state.edition + 1}."
        after, body = edited(thing.state, text=text), {"purpose": text}
        self._change("edit", thing, after, "PATCH", f"{PRODUCTS}/{thing.id}", body)
        return True

    def _share(self) -> bool:
        thing = self._one(lambda t: t.state.status != "draft")
        if thing is None:
            return False
        others = [each for each in VISIBILITIES if each != thing.state.visibility]
        visibility = self.generator.choice(others)
        kind = f"make {visibility}"
        after, body = edited(thing.state, visibility=visibility), {"visibility": visibility}
        self._change(kind, thing, after, "PATCH", f"{PRODUCTS}/{thing.id}", body)
        return True

    def _delete(self) -> bool:
        thing = self._one(lambda t: t.state.status in DELETABLE)
        if thing is None:
            return False
        self._change("delete", thing, GONE, "DELETE", f"{PRODUCTS}/{thing.id}")
        return True

    def _rename(self) -> bool:
        domain = self.generator.choice(self.domains)
        if not domain.is_certain:
            return False
        before = domain.state
        slug = f"{domain.key}-{before.edition + 1}"
        after = edited(before, text=slug, name=f"Shelf {slug}")
        body = {"slug": slug, "name": after.name}
        self._change("rename", domain, after, "PATCH", f"{DOMAINS}/{before.text}", body)
        return True

    def _one(self, holds: Callable[[Thing], bool]) -> Thing | None:
        certain = [t for t in self.products if t.is_certain and t.state.is_there]
        fitting = [thing for thing in certain if holds(thing)]
        return self.generator.choice(fitting) if fitting else None

    def _change(
        self, kind: str, thing: Thing, after: State, method: str, path: str, body: Any = None
    ) -> None:
        edition = thing.state.edition
        answer = self._write(kind, thing, after, method, path, body, edition=edition)
        self._settle(thing, answer)

    def _write(
        self,
        kind: str,
        thing: Thing,
        after: State,
        method: str,
        path: str,
        body: Any,
        *,
        edition: int | None = None,
    ) -> Answer:
        write = Write(kind=kind, asked=time.monotonic(), after=after)
        thing.writes.append(write)
        answer = self.client.send(method, path, body, edition=edition)
        write.status = answer.status
        if answer.is_acknowledged:
            write.settle(Outcome.ACKNOWLEDGED, at=time.monotonic(), is_applied=True)
            self.acknowledged += 1
        return answer

    def _settle(self, thing: Thing, answer: Answer) -> None:
        """Find out what became of a request that was not acknowledged, by reading again."""
        write = thing.writes[-1]
        if answer.is_acknowledged:
            return
        if answer.status in (NO_ANSWER, 503):
            time.sleep(PAUSE_AFTER_NO_ANSWER)
        is_open = answer.status == NO_ANSWER or answer.status == 429 or answer.status >= 500
        outcome = Outcome.UNKNOWN if is_open else Outcome.REFUSED
        stands = self._read_again(thing)
        if stands == write.after:
            write.settle(outcome, at=time.monotonic(), is_applied=True)
        elif stands in _without_last(thing).states():
            write.settle(outcome, at=time.monotonic(), is_applied=False)

    def _read_again(self, thing: Thing) -> State:
        if thing.kind == "domain":
            before = _without_last(thing).state
            said = self.client.patiently(f"{DOMAINS}/{before.text}").json
            return State(edition=said["edition"], name=said["name"], text=said["slug"])
        if not thing.id:
            return GONE
        answer = self.client.patiently(f"{PRODUCTS}/{thing.id}")
        if answer.status == 404:
            return GONE
        said = answer.json
        return State(
            edition=said["edition"],
            name=said["name"],
            text=said["purpose"],
            status=said["status"],
            visibility=said["visibility"],
        )

    def _id_of(self, thing: Thing) -> str:
        """Return the id of a product whose creation was not acknowledged; empty for none."""
        (domain,) = [each for each in self.domains if each.key == thing.domain]
        path = f"{PRODUCTS}?domain={domain.state.text}&sort=-updated&limit=100"
        rows = self.client.patiently(path).json["results"]
        return next((row["id"] for row in rows if row["slug"] == thing.key), "")


def _without_last(thing: Thing) -> Thing:
    return replace(thing, writes=thing.writes[:-1])
