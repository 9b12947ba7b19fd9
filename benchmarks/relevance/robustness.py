"""Names must come first, typos must be understood, no query may fail."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from django.conf import settings

from benchmarks.relevance.fuzz_queries import fuzz_queries
from benchmarks.relevance.scratch_engine import build_request, first_ids
from benchmarks.relevance.typo_generator import make_typos
from catalog.identifiers import product_iri
from catalog.products.models import DataProduct
from catalog.search.fields import PAGE_SIZE
from catalog.search.flow.engine import SearchBackend
from catalog.search.port import SearchUnavailable
from catalog.search.spelling import normalize_name

BATCH_SIZE = 500
TYPO_HITS = 3
# The control group of a run of typos: the same names, spelled right.
CORRECT = "spelled right"


@dataclass
class NameTrial:
    """How many queries of each kind found a product so named within the first hits."""

    engine: str
    within: int
    n: dict[str, int] = field(default_factory=dict)
    hits: dict[str, int] = field(default_factory=dict)
    missed: list[tuple[str, str]] = field(default_factory=list)

    def count(self, kind: str, typed: str, *, is_hit: bool) -> None:
        self.n[kind] = self.n.get(kind, 0) + 1
        self.hits[kind] = self.hits.get(kind, 0) + is_hit
        if not is_hit:
            self.missed.append((kind, typed))

    def share(self, *kinds: str) -> float:
        """Return the share of hits among some kinds of queries; by default all but the control."""
        chosen = kinds or tuple(kind for kind in self.n if kind != CORRECT)
        total = sum(self.n.get(kind, 0) for kind in chosen)
        return sum(self.hits.get(kind, 0) for kind in chosen) / total if total else 0.0

    def figures(self) -> dict[str, object]:
        return {
            "engine": self.engine,
            "n": sum(n for kind, n in self.n.items() if kind != CORRECT),
            "within": self.within,
            "share": round(self.share(), 4),
            "kinds": {k: {"n": n, "share": round(self.share(k), 4)} for k, n in self.n.items()},
            "missed": [{"kind": kind, "typed": typed} for kind, typed in self.missed],
        }


def run_names(*, engine: SearchBackend, every: int = 1) -> NameTrial:
    """Search every n-th product by each of its names and identifiers; it must be the first hit.

    If several products share a name, any of them counts.
    """
    names = [(uuid, kind, name) for uuid, kind, name in _product_names() if normalize_name(name)]
    products_by_name: dict[str, set[str]] = {}
    for uuid, _kind, name in names:
        products_by_name.setdefault(normalize_name(name), set()).add(uuid)
    sample = set(list(dict.fromkeys(uuid for uuid, _kind, _name in names))[::every])
    trial = NameTrial(engine.name, within=1)
    for uuid, kind, name in names:
        if uuid in sample:
            ids = first_ids(engine, name, limit=1)
            products = products_by_name[normalize_name(name)]
            trial.count(kind, name, is_hit=not products.isdisjoint(ids))
    return trial


def _product_names() -> Iterator[tuple[str, str, str]]:
    """Yield (uuid, kind of name, name)."""
    products = DataProduct.objects.select_related("domain").prefetch_related("aliases")
    for product in products.order_by("id").iterator(chunk_size=BATCH_SIZE):
        uuid = str(product.uuid)
        yield uuid, "name", product.name
        yield uuid, "slug", product.slug
        yield uuid, "domain/slug", f"{product.domain.slug}/{product.slug}"
        yield uuid, "identifier", uuid
        yield uuid, "IRI", product_iri(product.uuid, base=settings.ASSAY_BASE_IRI)
        for alias in product.aliases.all():
            yield uuid, "alias", alias.identifier


def run_typos(*, engine: SearchBackend, count: int, seed: int) -> NameTrial:
    """Search mistyped names, and each without the typo, which shows what the typo itself costs."""
    rows = DataProduct.objects.values_list("uuid", "name")
    trial = NameTrial(engine.name, within=TYPO_HITS)
    for case in make_typos({str(uuid): name for uuid, name in rows}, count=count, seed=seed):
        for kind, text in ((case.kind, case.typed), (CORRECT, case.intended)):
            ids = first_ids(engine, text, limit=TYPO_HITS)
            trial.count(kind, text, is_hit=not set(case.targets).isdisjoint(ids))
    return trial


@dataclass
class StressResult:
    """Odd queries that an engine failed to answer, and the slowest one in milliseconds."""

    engine: str
    n: int = 0
    slowest_ms: float = 0.0
    slowest: str = ""
    failed: list[str] = field(default_factory=list)


def run_fuzz_queries(*, engine: SearchBackend, count: int, seed: int) -> StressResult:
    """Run odd queries with facets and highlights, as the results page does."""
    result = StressResult(engine.name)
    for typed in fuzz_queries(count=count, seed=seed):
        printable = typed.encode(errors="replace").decode()[:80]
        request = replace(build_request(typed, limit=PAGE_SIZE), has_facets=True)
        started = time.perf_counter()
        try:
            engine.search(request)
        except SearchUnavailable as error:
            result.failed.append(f"{printable}: {error}")
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        result.n += 1
        if milliseconds > result.slowest_ms:
            result.slowest_ms, result.slowest = milliseconds, printable
    return result
