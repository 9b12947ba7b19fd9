"""Readers who ask all along, signed out and as a member, above all for what was just hidden."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable

from benchmarks.chaos.client import NO_ANSWER, Answer, Client
from benchmarks.chaos.history import Ledger, Reading, Thing
from benchmarks.chaos.names import EVERYWHERE
from benchmarks.chaos.workers import Actor

RECENT = 25
PATH = re.compile(r"/p/[\w.-]+/(x[a-z]{8})\b")


class Reader(Actor):
    """One caller who reads over every surface that shows products."""

    def __init__(
        self,
        ledger: Ledger,
        client: Client,
        reader: str,
        *,
        pause: float,
        generator: random.Random,
        is_over: threading.Event,
    ) -> None:
        super().__init__(f"reader {reader}")
        self.ledger, self.client, self.reader = ledger, client, reader
        self.pause, self.generator, self.is_over = pause, generator, is_over

    def act(self) -> None:
        """Read until the storm is over."""
        surfaces: tuple[Callable[[Thing], None], ...] = (
            self._search_one, self._search_one, self._search_all, self._suggest, self._product,
            self._list, self._page,
        )  # fmt: skip
        with self.client:
            while not self.is_over.is_set():
                if thing := self._choose():
                    self.generator.choice(surfaces)(thing)
                time.sleep(self.pause)

    def _choose(self) -> Thing | None:
        """Return a product, mostly one that was written lately and that the reader may not see."""
        things = [thing for thing in self.ledger.of_kind("product") if thing.writes]
        if not things:
            return None
        things.sort(key=lambda thing: thing.writes[-1].asked)
        lately = things[-RECENT:] if self.generator.random() < 0.8 else things
        now = time.monotonic()
        hidden = [t for t in lately if not t.was_readable_by(self.reader, now, now)]
        return self.generator.choice(hidden or lately)

    def _search_one(self, thing: Thing) -> None:
        begin = time.monotonic()
        answer = self.client.get(f"/api/v1/search?q={thing.key}&verbatim=1")
        shown = tuple(row["slug"] for row in answer.json.get("results", ()))
        counts = [answer.json.get("count", 0)]
        for values in answer.json.get("facets", {}).values():
            counts += [value["count"] for value in values]
        # Nothing else holds the word, so whatever is counted and not shown is the product.
        hinted = (thing.key,) if max(counts) > len(shown) else ()
        self._note("search", begin, answer, shown, hinted)

    def _search_all(self, thing: Thing) -> None:
        begin = time.monotonic()
        answer = self.client.get(f"/api/v1/search?q={EVERYWHERE}&limit=100&sort=updated")
        shown = tuple(row["slug"] for row in answer.json.get("results", ()))
        self._note("search, all", begin, answer, shown)

    def _suggest(self, thing: Thing) -> None:
        begin = time.monotonic()
        answer = self.client.get(f"/search/suggest?q={thing.key[:6]}")
        groups = answer.json.get("groups", ())
        items = [item for group in groups for item in group["items"]]
        paths = " ".join(str(item.get("href", "")) for item in items)
        words = {str(item.get("query", "")).strip() for item in items if "href" not in item}
        hinted = (thing.key,) if thing.key in words else ()
        self._note("suggestions", begin, answer, tuple(PATH.findall(paths)), hinted)

    def _product(self, thing: Thing) -> None:
        if not thing.id:
            return
        begin = time.monotonic()
        answer = self.client.get(f"/api/v1/products/{thing.id}")
        self._note("product", begin, answer, (thing.key,) if answer.is_acknowledged else ())

    def _list(self, thing: Thing) -> None:
        begin = time.monotonic()
        answer = self.client.get("/api/v1/products?sort=-updated&limit=50")
        shown = tuple(row["slug"] for row in answer.json.get("results", ()))
        self._note("list", begin, answer, shown)

    def _page(self, thing: Thing) -> None:
        begin = time.monotonic()
        answer = self.client.get(f"/search?q={thing.key}")
        shown = PATH.findall(answer.content.decode(errors="replace"))
        self._note("results page", begin, answer, tuple(dict.fromkeys(shown)))

    def _note(
        self,
        surface: str,
        begin: float,
        answer: Answer,
        shown: tuple[str, ...],
        hinted: tuple[str, ...] = (),
    ) -> None:
        self.ledger.note_reading(
            Reading(
                reader=self.reader,
                surface=surface,
                begin=begin,
                end=time.monotonic(),
                status=answer.status,
                shown=shown,
                hinted=hinted,
            )
        )
        if answer.status in (NO_ANSWER, 503):
            time.sleep(0.2)
        if answer.status == 429:
            time.sleep(1)
