"""Readers, signed out and as a member, who ask above all for what was just hidden."""

import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from benchmarks.chaos.client import NO_ANSWER, Client, Response
from benchmarks.chaos.history import Entity, History, Reading
from benchmarks.chaos.names import COMMON_WORD
from benchmarks.chaos.workers import Worker

RECENT = 25
PATH = re.compile(r"/p/[\w.-]+/(x[a-z]{8})\b")


class Reader(Worker):
    """One caller who reads through every surface that shows products."""

    def __init__(
        self,
        history: History,
        client: Client,
        reader: str,
        *,
        pause: float,
        generator: random.Random,
        finished: threading.Event,
    ) -> None:
        super().__init__(f"reader {reader}")
        self.history, self.client, self.reader = history, client, reader
        self.pause, self.generator, self.finished = pause, generator, finished

    def work(self) -> None:
        """Read until the run is over."""
        surfaces: tuple[Callable[[Entity], None], ...] = (
            self._search_one, self._search_one, self._search_all, self._suggest, self._product,
            self._list, self._page,
        )  # fmt: skip
        with self.client:
            while not self.finished.is_set():
                if entity := self._choose():
                    self.generator.choice(surfaces)(entity)
                time.sleep(self.pause)

    def _choose(self) -> Entity | None:
        """Return a product, usually a recently changed one that the reader may not see."""
        entities = [entity for entity in self.history.of_type("product") if entity.writes]
        if not entities:
            return None
        entities.sort(key=lambda entity: entity.writes[-1].requested_at)
        recent = entities[-RECENT:] if self.generator.random() < 0.8 else entities
        now = time.monotonic()
        hidden = [one for one in recent if not one.was_readable_by(self.reader, now, now)]
        return self.generator.choice(hidden or recent)

    def _search_one(self, entity: Entity) -> None:
        begin = time.monotonic()
        response = self.client.get(f"/api/v1/search?q={entity.key}&verbatim=1")
        shown_keys = tuple(row["slug"] for row in response.json.get("results", ()))
        counts = [response.json.get("count", 0)]
        for values in response.json.get("facets", {}).values():
            counts += [value["count"] for value in values]
        # No other product has the word, so a count above the shown rows discloses this one.
        counted_keys = (entity.key,) if max(counts) > len(shown_keys) else ()
        words = _words(response.json.get("results", ()))
        self._note("search", begin, response, shown_keys, counted_keys, words)

    def _search_all(self, entity: Entity) -> None:
        begin = time.monotonic()
        response = self.client.get(f"/api/v1/search?q={COMMON_WORD}&limit=100&sort=updated")
        shown_keys = tuple(row["slug"] for row in response.json.get("results", ()))
        self._note("search, all", begin, response, shown_keys)

    def _suggest(self, entity: Entity) -> None:
        begin = time.monotonic()
        response = self.client.get(f"/search/suggest?q={entity.key[:6]}")
        groups = response.json.get("groups", ())
        items = [item for group in groups for item in group["items"]]
        paths = " ".join(str(item.get("href", "")) for item in items)
        queries = {str(item.get("query", "")).strip() for item in items if "href" not in item}
        counted_keys = (entity.key,) if entity.key in queries else ()
        self._note("suggestions", begin, response, tuple(PATH.findall(paths)), counted_keys)

    def _product(self, entity: Entity) -> None:
        if not entity.id:
            return
        begin = time.monotonic()
        response = self.client.get(f"/api/v1/products/{entity.id}")
        is_shown = response.is_acknowledged
        keys, words = ((entity.key,), _words([response.json])) if is_shown else ((), ())
        self._note("product", begin, response, keys, (), words)

    def _list(self, entity: Entity) -> None:
        begin = time.monotonic()
        response = self.client.get("/api/v1/products?sort=-updated&limit=50")
        shown_keys = tuple(row["slug"] for row in response.json.get("results", ()))
        words = _words(response.json.get("results", ()))
        self._note("list", begin, response, shown_keys, (), words)

    def _page(self, entity: Entity) -> None:
        begin = time.monotonic()
        response = self.client.get(f"/search?q={entity.key}")
        shown_keys = PATH.findall(response.content.decode(errors="replace"))
        self._note("results page", begin, response, tuple(dict.fromkeys(shown_keys)))

    def _note(
        self,
        surface: str,
        begin: float,
        response: Response,
        shown_keys: tuple[str, ...],
        counted_keys: tuple[str, ...] = (),
        shown_words: tuple[tuple[str, str, str], ...] = (),
    ) -> None:
        self.history.add_reading(
            Reading(
                reader=self.reader,
                surface=surface,
                begin=begin,
                end=time.monotonic(),
                status=response.status,
                shown_keys=shown_keys,
                counted_keys=counted_keys,
                shown_words=shown_words,
            )
        )
        if response.status in (NO_ANSWER, 503):
            time.sleep(0.2)
        if response.status == 429:
            time.sleep(1)


def _words(rows: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, str, str], ...]:
    return tuple((row["slug"], row["version"], row["purpose"]) for row in rows)
