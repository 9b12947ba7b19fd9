"""From a write to its being found in another process, against one raw commit of the engine.

The product runs as `make run` starts it. This process writes a new word into a product's text as
a person would, by the service with its audit event; another process asks the engine for the word
until it is there. The raw side is one document into a copy of the index and one commit (or one
document and one refresh). Times count from the beginning of the write, and from its end.

    python -m benchmarks.freshness --data var/bench --engine embedded --writes 40
"""

import multiprocessing
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.processes import product
from benchmarks.search_mesh import arguments, configure, open_mesh
from benchmarks.timing import Report, milliseconds, quantile, timed

TIMEOUT = 60.0
PAUSE = 0.0005
# Products that are written in turn: a word must remain until it is found.
PRODUCTS = 5_000


@dataclass(frozen=True)
class Write:
    """One write: when it began, and when its response would have gone out."""

    word: str
    began: float
    ended: float


def watch(options: Any, words: Any, results: Any) -> None:
    """Report of each word, in turn, when this process finds it; runs in a process of its own."""
    configure(options)
    import django

    django.setup()
    from catalog.search.backends import active_backend
    from catalog.search.port import SearchRequest
    from catalog.search.query_ast import Clause, Term

    engine = active_backend()
    results.put(("ready", 0.0))
    while word := words.get():
        request = SearchRequest(
            readers=None, query=(Clause(Term(word)),), text=word, limit=1, is_corrected=False,
            has_facets=False, has_highlights=False,
        )  # fmt: skip
        until = time.monotonic() + TIMEOUT
        while not engine.search(request).count and time.monotonic() < until:
            time.sleep(PAUSE)
        results.put((word, time.monotonic()))


class Watcher:
    """The other process, which searches for each word until it is found."""

    def __init__(self, options: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._words, self._results = context.Queue(), context.Queue()
        self._process = context.Process(
            target=watch, args=(options, self._words, self._results), daemon=True
        )
        self._process.start()
        self._results.get(timeout=60)

    def look_for(self, word: str) -> None:
        self._words.put(word)

    def wait(self) -> tuple[str, float]:
        """Return the next word that was found, and when."""
        found_at: tuple[str, float] = self._results.get(timeout=2 * TIMEOUT)
        return found_at

    def end(self) -> None:
        self._words.put("")
        self._process.join(timeout=10)


class Writer:
    """Writes new words into the texts of products, one after the other."""

    def __init__(self) -> None:
        from catalog.products.models import DataProduct

        self._keys = list(
            DataProduct.objects.order_by("pk").values_list("pk", flat=True)[:PRODUCTS]
        )
        self._turn = 0

    def write(self, watcher: Watcher) -> Write:
        """Put a new word into the next product's text."""
        from catalog.audit.actors import SystemActor
        from catalog.products.models import DataProduct
        from catalog.products.services import patch_document

        word = f"seen{uuid4().hex[:12]}"
        product = DataProduct.objects.get(pk=self._keys[self._turn % len(self._keys)])
        self._turn += 1
        patch = [{"op": "add", "path": "/description/limitations", "value": f"Holds {word}."}]
        watcher.look_for(word)
        began = time.monotonic()
        patch_document(
            product=product, patch=patch, edition=product.edition, actor=SystemActor("benchmark")
        )
        return Write(word, began, time.monotonic())


@contextmanager
def raw_commits(engine: Any) -> Iterator[Callable[[], object]]:
    """Yield a function that makes one raw commit of the engine."""
    from benchmarks.reindex import sample

    document = sample(1)[0]
    if engine.name == "embedded":
        with tempfile.TemporaryDirectory(dir=engine.store.root.parent) as folder:
            yield _tantivy_commit(engine, document, Path(folder) / "documents")
        return
    from catalog.search.backends.elasticsearch import mapping

    client, source = engine.client, mapping.source_of(document)
    index = f"{engine.alias}-raw-{uuid4().hex[:8]}"
    client.indices.create(index=index, mappings=mapping.mapping(), settings=mapping.SETTINGS)
    try:
        yield lambda: client.index(index=index, id="1", document=source, refresh=True)
    finally:
        client.indices.delete(index=index)


def _tantivy_commit(engine: Any, document: Any, folder: Path) -> Callable[[], object]:
    """One document replaced in a copy of the whole index, by a writer that stays open."""
    import tantivy

    from catalog.search.analysis import searchable_texts
    from catalog.search.backends.embedded import mapping
    from catalog.search.backends.embedded.indexing import WRITER_HEAP_BYTES

    shutil.copytree(engine.store.current() / "documents", folder)
    for lock in folder.glob("*.lock"):
        lock.unlink()
    index = tantivy.Index(mapping.build_schema(), str(folder))
    mapping.register(index)
    writer = index.writer(WRITER_HEAP_BYTES, 1)

    def commit() -> None:
        writer.delete_documents_by_term("key", document.key)
        writer.add_json(mapping.entry_of(document, searchable_texts(document)))
        writer.commit()

    return commit


def one_by_one(writer: Writer, watcher: Watcher, raw: Callable[[], object], count: int) -> Any:
    """Return writes with the time of their being found, and raw commits, in turn."""
    writes, commits = [], []
    for number in range(count + 2):
        write = writer.write(watcher)
        found_at = watcher.wait()[1]
        commit = timed(raw)
        if number > 1:
            writes.append((write, found_at))
            commits.append(commit)
    return writes, commits


def in_a_stream(writer: Writer, watcher: Watcher, rate: float, seconds: float) -> Any:
    """Return writes at a steady rate with the times of their being found."""
    begun, writes = time.monotonic(), []
    for number in range(int(rate * seconds)):
        time.sleep(max(0.0, begun + number / rate - time.monotonic()))
        writes.append(writer.write(watcher))
    found_at = dict(watcher.wait() for _ in writes)
    return [(write, found_at[write.word]) for write in writes]


def main() -> None:
    """Start the product, write, and report."""
    parser = arguments(__doc__)
    parser.add_argument("--writes", type=int, default=40)
    parser.add_argument("--rate", type=float, default=50, help="writes a second of the stream")
    parser.add_argument("--seconds", type=float, default=10, help="of the stream")
    options = parser.parse_args()
    import os

    os.environ["REDIS_URL"] = ""
    engine = open_mesh(options)
    with product(options.data, ASSAY_SEARCH_ENGINES=options.engine), raw_commits(engine) as raw:
        watcher, writer = Watcher(options), Writer()
        alone, commits = one_by_one(writer, watcher, raw, options.writes)
        stream = in_a_stream(writer, watcher, options.rate, options.seconds)
        watcher.end()
    report(alone, stream, commits, options).print(as_json=options.json)


def report(alone: Any, stream: Any, commits: list[float], options: Any) -> Report:
    """Return the ratios to one raw commit."""
    commit = statistics.median(commits)
    kinds = {
        "write begun to found": [found_at - write.began for write, found_at in alone],
        "write ended to found": [found_at - write.ended for write, found_at in alone],
        "in the stream, write begun to found": [
            found_at - write.began for write, found_at in stream
        ],
    }
    ratios = {f"{name}, p50 / raw commit": statistics.median(v) / commit
              for name, v in kinds.items()}  # fmt: skip
    times = {f"{name}, p50 and p99 ms": [milliseconds(quantile(v, share)) for share in (0.5, 0.99)]
             for name, v in {**kinds, "raw commit": commits}.items()}  # fmt: skip
    took = stream[-1][0].ended - stream[0][0].began
    counts = {
        "engine": options.engine, "writes": len(alone), "in the stream": len(stream),
        "writes a second": round(len(stream) / took, 1),
    }  # fmt: skip
    return Report(
        compared="write to visible in another process / one raw commit of the engine",
        ratios=ratios, times=times, counts=counts,
    )  # fmt: skip


if __name__ == "__main__":
    main()
