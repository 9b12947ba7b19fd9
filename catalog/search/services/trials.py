"""Trials: names must come first, typos must be understood, nothing typed may fail."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace

from django.conf import settings

from catalog.identifiers import product_iri
from catalog.products.models import DataProduct
from catalog.search.fields import PAGE_SIZE
from catalog.search.oddities import odd_queries
from catalog.search.port import SearchBackend, SearchUnavailable
from catalog.search.services.evaluation import found_by, request_of
from catalog.search.spelling import normalize_name
from catalog.search.typos import mistyped

BATCH = 500
FIRST_THREE = 3
AS_MEANT = "spelled right"


@dataclass
class Trial:
    """How many queries of each kind had a product meant within the first places, and the others."""

    engine: str
    within: int
    n: dict[str, int] = field(default_factory=dict)
    hit: dict[str, int] = field(default_factory=dict)
    missed: list[tuple[str, str]] = field(default_factory=list)

    def count(self, kind: str, typed: str, *, is_hit: bool) -> None:
        """Enter one query."""
        self.n[kind] = self.n.get(kind, 0) + 1
        self.hit[kind] = self.hit.get(kind, 0) + is_hit
        if not is_hit:
            self.missed.append((kind, typed))

    def share(self, *kinds: str) -> float:
        """The share of some kinds' queries that were answered rightly; of all but the control."""
        chosen = kinds or tuple(kind for kind in self.n if kind != AS_MEANT)
        asked = sum(self.n.get(kind, 0) for kind in chosen)
        return sum(self.hit.get(kind, 0) for kind in chosen) / asked if asked else 0.0

    def as_plain(self) -> dict[str, object]:
        """Return the figures as JSON takes them."""
        return {
            "engine": self.engine,
            "n": sum(n for kind, n in self.n.items() if kind != AS_MEANT),
            "within": self.within,
            "share": round(self.share(), 4),
            "kinds": {k: {"n": n, "share": round(self.share(k), 4)} for k, n in self.n.items()},
            "missed": [{"kind": kind, "typed": typed} for kind, typed in self.missed],
        }


def try_names(*, engine: SearchBackend, every: int = 1) -> Trial:
    """Ask for every n-th product by each of its names and identifiers; it must come first.

    Where several things are so called, whichever of them comes first is right.
    """
    named = [(uuid, kind, name) for uuid, kind, name in _names() if normalize_name(name)]
    called: dict[str, set[str]] = {}
    for uuid, _kind, name in named:
        called.setdefault(normalize_name(name), set()).add(uuid)
    asked = set(list(dict.fromkeys(uuid for uuid, _kind, _name in named))[::every])
    trial = Trial(engine.name, within=1)
    for _uuid, kind, name in (row for row in named if row[0] in asked):
        first = found_by(engine, name, limit=1)
        trial.count(kind, name, is_hit=bool(called[normalize_name(name)].intersection(first)))
    return trial


def _names() -> Iterator[tuple[str, str, str]]:
    """Yield (product, kind, name) for everything that a product is called."""
    products = DataProduct.objects.select_related("domain").prefetch_related("aliases")
    for product in products.order_by("id").iterator(chunk_size=BATCH):
        uuid, domain = str(product.uuid), product.domain.slug
        yield uuid, "name", product.name
        yield uuid, "slug", product.slug
        yield uuid, "domain/slug", f"{domain}/{product.slug}"
        yield uuid, "identifier", uuid
        yield uuid, "IRI", product_iri(product.uuid, base=settings.ASSAY_BASE_IRI)
        for alias in product.aliases.all():
            yield uuid, "alias", alias.identifier


def try_typos(*, engine: SearchBackend, count: int, seed: int) -> Trial:
    """Ask mistyped names, and each as it was meant, which says how much the typo itself costs."""
    rows = DataProduct.objects.values_list("uuid", "name")
    names = {str(uuid): name for uuid, name in rows}
    trial = Trial(engine.name, within=FIRST_THREE)
    for query in mistyped(names, count=count, seed=seed):
        for kind, typed in ((query.kind, query.typed), (AS_MEANT, query.meant)):
            found = found_by(engine, typed, limit=FIRST_THREE)
            trial.count(kind, typed, is_hit=bool(set(query.targets).intersection(found)))
    return trial


@dataclass
class Endurance:
    """How an engine took odd queries: which it could not answer, and the slowest in ms."""

    engine: str
    n: int = 0
    slowest_ms: float = 0.0
    slowest: str = ""
    failed: list[str] = field(default_factory=list)

    def as_plain(self) -> dict[str, object]:
        """Return the figures as JSON takes them."""
        return asdict(self)


def try_odd_queries(*, engine: SearchBackend, count: int, seed: int) -> Endurance:
    """Ask what nobody should type, with facets and highlights, as the page does."""
    endurance = Endurance(engine.name)
    for typed in odd_queries(count=count, seed=seed):
        request = replace(request_of(typed, limit=PAGE_SIZE), has_facets=True)
        begun = time.perf_counter()
        try:
            engine.search(request)
        except SearchUnavailable as away:
            endurance.failed.append(f"{_shown(typed)}: {away}")
        took = round((time.perf_counter() - begun) * 1000, 1)
        endurance.n += 1
        if took > endurance.slowest_ms:
            endurance.slowest_ms, endurance.slowest = took, _shown(typed)
    return endurance


def _shown(typed: str) -> str:
    return typed.encode(errors="replace").decode()[:80]
