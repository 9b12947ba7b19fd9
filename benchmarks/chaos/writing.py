"""A client that changes its own products and domains and records what was acknowledged."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.chaos.client import NO_ANSWER, Client, Response
from benchmarks.chaos.history import (
    ABSENT,
    Entity,
    History,
    Outcome,
    State,
    Write,
    next_edition,
    with_copy_published,
    with_edit,
    with_visibility,
    without_copy,
)
from benchmarks.chaos.names import name_of, unique_word
from benchmarks.chaos.workers import Worker

PRODUCTS, DOMAINS = "/api/v1/products", "/api/v1/domains"
SERVER = {"server": "files", "type": "local", "format": "csv"}
VISIBILITIES = ("public", "members", "restricted")
DELETABLE = ("draft", "external")
# The weight of each step; a step that is not possible is drawn again.
STEPS = {"create": 18, "port": 10, "publish": 10, "edit": 22, "publish edits": 12, "discard": 4}
STEPS |= {"share": 16, "delete": 5, "rename": 3}
PAUSE_AFTER_NO_ANSWER = 0.3


class Writer(Worker):
    """Writes until enough requests were acknowledged, one request at a time."""

    def __init__(
        self,
        history: History,
        client: Client,
        number: int,
        *,
        writes_per_client: int,
        pause: float,
        generator: random.Random,
        answers: dict[str, Any],
    ) -> None:
        super().__init__(f"writer {number}")
        self.history, self.client, self.number = history, client, number
        self.writes_per_client, self.pause, self.generator = writes_per_client, pause, generator
        self.answers = answers
        prefix = f"shelf-{number}"
        self.products = [
            entity for entity in history.of_type("product") if entity.domain.startswith(prefix)
        ]
        self.domains = [
            entity for entity in history.of_type("domain") if entity.key.startswith(prefix)
        ]
        self.ports: set[str] = set()
        self.created = self.acknowledged = 0

    def work(self) -> None:
        with self.client:
            while self.acknowledged < self.writes_per_client:
                self._step()
                time.sleep(self.pause * self.generator.uniform(0.5, 1.5))

    def _step(self) -> None:
        steps: dict[str, Callable[[], bool]] = {
            "create": self._create,
            "port": self._add_port,
            "publish": self._publish,
            "edit": self._edit,
            "publish edits": self._publish_edits,
            "discard": self._discard,
            "share": self._share,
            "delete": self._delete,
            "rename": self._rename,
        }
        while True:
            (action,) = self.generator.choices(list(STEPS), list(STEPS.values()))
            if steps[action]():
                return

    def _create(self) -> bool:
        key, domain = unique_word(self.number, self.created), self.generator.choice(self.domains)
        self.created += 1
        name, text = name_of(key), f"Rows of {key}, version 1."
        entity = self.history.add(Entity(key, domain=domain.key))
        body = {
            "domain": domain.state.text,
            "tree": {
                "name": name,
                "domain": domain.state.text,
                "status": "draft",
                "description": {"purpose": text},
                "customProperties": [
                    {"property": "assaySlug", "value": key},
                    {"property": "assayVisibility", "value": "public"},
                    {"property": "assayProvenance", "value": {"answers": self.answers}},
                ],
            },
        }
        after = State(
            edition=1, name=name, text=text, status="draft", visibility="public", version="0.1.0"
        )
        response = self._write("create", entity, after, "POST", PRODUCTS, body)
        entity.id = response.json.get("id", "") if response.is_acknowledged else self._id_of(entity)
        self._settle(entity, response)
        if entity.is_certain and entity.state.is_there:
            self.products.append(entity)
        return True

    def _add_port(self) -> bool:
        entity = self._choose(
            lambda entity: entity.state.status == "draft" and entity.key not in self.ports
        )
        if entity is None:
            return False
        before = entity.state
        server = SERVER | {"path": f"{entity.domain}/rows.csv"}
        path = f"{PRODUCTS}/{entity.id}/ports"
        body = {"name": "table", "server": server, "interval": 5}
        # The port is one edit, and its contract is another.
        self._change("port", entity, next_edition(next_edition(before)), "POST", path, body)
        if entity.is_certain and entity.state != before:
            self.ports.add(entity.key)
        return True

    def _publish(self) -> bool:
        entity = self._choose(
            lambda entity: entity.state.status == "draft" and entity.key in self.ports
        )
        if entity is None:
            return False
        path = f"{PRODUCTS}/{entity.id}"
        (port,) = self.client.get_with_retries(f"{path}/ports").json["output_ports"]
        if not port["last_good_at"]:
            return False  # It would rightly be refused: no check of the port has passed yet.
        after = next_edition(entity.state, status="published")
        self._change("publish", entity, after, "POST", f"{path}/publish", {})
        return True

    def _edit(self) -> bool:
        entity = self._choose(lambda entity: True)
        if entity is None:
            return False
        number = entity.state.edited_edition + 1
        text, version = f"Rows of {entity.key}, version {number}.", f"0.{number}.0"
        after, body = with_edit(entity.state, text, version), {"purpose": text, "version": version}
        self._change("edit", entity, after, "PATCH", f"{PRODUCTS}/{entity.id}", body)
        return True

    def _publish_edits(self) -> bool:
        entity = self._choose(lambda entity: entity.state.copy_edition > 0)
        if entity is None:
            return False
        path = f"{PRODUCTS}/{entity.id}"
        if not self.client.get_with_retries(f"{path}/findings").json["is_publishable"]:
            return False  # It would rightly be refused: its port has failed for a day.
        after = with_copy_published(entity.state)
        self._change("publish edits", entity, after, "POST", f"{path}/publish", {})
        return True

    def _discard(self) -> bool:
        entity = self._choose(lambda entity: entity.state.copy_edition > 0)
        if entity is None:
            return False
        path = f"{PRODUCTS}/{entity.id}/working-copy"
        self._change("discard", entity, without_copy(entity.state), "DELETE", path)
        return True

    def _share(self) -> bool:
        entity = self._choose(lambda entity: entity.state.status != "draft")
        if entity is None:
            return False
        others = [other for other in VISIBILITIES if other != entity.state.visibility]
        visibility = self.generator.choice(others)
        action = f"make {visibility}"
        after, body = with_visibility(entity.state, visibility), {"visibility": visibility}
        self._change(action, entity, after, "PATCH", f"{PRODUCTS}/{entity.id}", body)
        return True

    def _delete(self) -> bool:
        entity = self._choose(lambda entity: entity.state.status in DELETABLE)
        if entity is None:
            return False
        self._change("delete", entity, ABSENT, "DELETE", f"{PRODUCTS}/{entity.id}")
        return True

    def _rename(self) -> bool:
        domain = self.generator.choice(self.domains)
        if not domain.is_certain:
            return False
        before = domain.state
        slug = f"{domain.key}-{before.edition + 1}"
        after = next_edition(before, text=slug, name=f"Shelf {slug}")
        body = {"slug": slug, "name": after.name}
        self._change("rename", domain, after, "PATCH", f"{DOMAINS}/{before.text}", body)
        return True

    def _choose(self, accepts: Callable[[Entity], bool]) -> Entity | None:
        certain = [
            entity for entity in self.products if entity.is_certain and entity.state.is_there
        ]
        candidates = [entity for entity in certain if accepts(entity)]
        return self.generator.choice(candidates) if candidates else None

    def _change(
        self, action: str, entity: Entity, after: State, method: str, path: str, body: Any = None
    ) -> None:
        edition = entity.state.edited_edition
        response = self._write(action, entity, after, method, path, body, edition=edition)
        self._settle(entity, response)

    def _write(
        self,
        action: str,
        entity: Entity,
        after: State,
        method: str,
        path: str,
        body: Any,
        *,
        edition: int | None = None,
    ) -> Response:
        write = Write(action=action, requested_at=time.monotonic(), after=after)
        entity.writes.append(write)
        response = self.client.send(method, path, body, edition=edition)
        write.status = response.status
        if response.is_acknowledged:
            write.settle(Outcome.ACKNOWLEDGED, at=time.monotonic(), is_applied=True)
            self.acknowledged += 1
        return response

    def _settle(self, entity: Entity, response: Response) -> None:
        """Read the entity again to learn the outcome of a request that was not acknowledged."""
        write = entity.writes[-1]
        if response.is_acknowledged:
            return
        if response.status in (NO_ANSWER, 503):
            time.sleep(PAUSE_AFTER_NO_ANSWER)
        is_unknown = response.status in (NO_ANSWER, 429) or response.status >= 500
        outcome = Outcome.UNKNOWN if is_unknown else Outcome.REFUSED
        current = self._read_again(entity)
        if current == write.after:
            write.settle(outcome, at=time.monotonic(), is_applied=True)
        elif current in _without_last(entity).states():
            write.settle(outcome, at=time.monotonic(), is_applied=False)

    def _read_again(self, entity: Entity) -> State:
        if entity.type == "domain":
            before = _without_last(entity).state
            stored = self.client.get_with_retries(f"{DOMAINS}/{before.text}").json
            return State(edition=stored["edition"], name=stored["name"], text=stored["slug"])
        if not entity.id:
            return ABSENT
        response = self.client.get_with_retries(f"{PRODUCTS}/{entity.id}")
        if response.status == 404:
            return ABSENT
        stored = response.json
        state = State(
            edition=stored["edition"],
            name=stored["name"],
            text=stored["purpose"],
            status=stored["status"],
            visibility=stored["visibility"],
            version=stored["version"],
        )
        copy = self.client.get_with_retries(f"{PRODUCTS}/{entity.id}/working-copy").json
        if copy["edition"] == state.edition:
            return state
        return replace(
            state,
            copy_edition=copy["edition"],
            copy_text=copy["purpose"],
            copy_version=copy["version"],
        )

    def _id_of(self, entity: Entity) -> str:
        """Return the id of a product whose creation was not acknowledged, if it exists."""
        (domain,) = [domain for domain in self.domains if domain.key == entity.domain]
        path = f"{PRODUCTS}?domain={domain.state.text}&sort=-updated&limit=100"
        rows = self.client.get_with_retries(path).json["results"]
        return next((row["id"] for row in rows if row["slug"] == entity.key), "")


def _without_last(entity: Entity) -> Entity:
    return replace(entity, writes=entity.writes[:-1])
