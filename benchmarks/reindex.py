"""Documents a second of a whole reindex against the raw engine's bulk of ready documents.

The product's side reads the database, builds documents, indexes them next to the live index, marks
what it wrote, compares the new index with the database, and activates it. The raw side has its
documents ready and puts them into a new index of the same mapping: one writer of the same size,
one commit, merges finished; or the client's bulk helper in the same chunks, and one refresh.

    python -m benchmarks.reindex --data var/bench --small var/bench-10k --engine embedded
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.search_mesh import arguments, open_mesh
from benchmarks.timing import ROOT, Report

SAMPLE = 20_000


def raw_tantivy(documents: list[Any]) -> float:
    """Return documents a second; they are built before the clock starts."""
    import tantivy

    from catalog.search.analysis import searchable_texts
    from catalog.search.backends.embedded import mapping
    from catalog.search.backends.embedded.indexing import WRITER_HEAP_BYTES

    shape = mapping.build_schema()
    ready = [
        tantivy.Document.from_dict(mapping.values_of(document, searchable_texts(document)), shape)
        for document in documents
    ]
    with tempfile.TemporaryDirectory() as folder:
        index = tantivy.Index(shape, folder)
        mapping.register(index)
        started = time.perf_counter()
        writer = index.writer(WRITER_HEAP_BYTES, 1)
        for document in ready:
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        return len(ready) / (time.perf_counter() - started)


def raw_elasticsearch(engine: Any, documents: list[Any]) -> float:
    """Return documents a second; they are built before the clock starts."""
    from elasticsearch import helpers

    from catalog.search.backends.elasticsearch import mapping

    client, index = engine.client, f"assay-bench-raw-{uuid4().hex[:8]}"
    ready = [
        {"_id": document.key, "_source": mapping.source_of(document)} for document in documents
    ]
    client.indices.create(index=index, mappings=mapping.mapping(), settings=mapping.SETTINGS)
    try:
        started = time.perf_counter()
        helpers.bulk(client, ready, index=index, chunk_size=500)
        client.indices.refresh(index=index)
        return len(ready) / (time.perf_counter() - started)
    finally:
        client.indices.delete(index=index)


def sample(count: int) -> list[Any]:
    """Return the documents of `count` products."""
    from catalog.search.documents.products import product_documents
    from catalog.search.result_types import RESULT_TYPES

    return list(product_documents(list(RESULT_TYPES["product"].rows()[:count])))


def rates(options: Any) -> dict[str, Any]:
    """Return the rates of both sides on one mesh, the raw side before and after each reindex."""
    engine = open_mesh(options, is_indexed=False)
    from catalog.search.services.rebuild import rebuild

    documents = sample(options.sample)
    reindexed, raw = [], []
    for _ in range(options.rounds):
        raw.append(_raw(engine, documents))
        started = time.perf_counter()
        count = rebuild(engine)
        reindexed.append(count / (time.perf_counter() - started))
        raw.append(_raw(engine, documents))
    return {
        "products": count,
        "reindex": statistics.median(reindexed),
        "raw": statistics.median(raw),
    }


def _raw(engine: Any, documents: list[Any]) -> float:
    if engine.name == "embedded":
        return raw_tantivy(documents)
    return raw_elasticsearch(engine, documents)


def rates_of_small(options: Any) -> dict[str, Any]:
    """Return the rates on the smaller mesh, measured by a process of its own."""
    command = [sys.executable, "-m", "benchmarks.reindex", "--data", str(options.small),
               "--products", "10000", "--engine", options.engine, "--rounds", "1",
               "--json"]  # fmt: skip
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rates_there: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])["times"]
    return rates_there


def main() -> None:
    """Measure and report."""
    parser = arguments(__doc__)
    parser.set_defaults(rounds=1)
    parser.add_argument("--small", type=Path, help="folder of a mesh of 10,000, to compare rates")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="documents of the raw side")
    options = parser.parse_args()
    before = rates_of_small(options) if options.small else None
    rates_here = rates(options)
    ratios = {"reindex / raw bulk": rates_here["reindex"] / rates_here["raw"]}
    if before:
        after = rates_of_small(options)
        small = statistics.median([before["reindex"], after["reindex"]])
        ratios["rate here / rate on the smaller mesh"] = rates_here["reindex"] / small
        ratios["reindex / raw bulk, smaller mesh"] = statistics.median(
            [small_rates["reindex"] / small_rates["raw"] for small_rates in (before, after)]
        )
    Report(
        compared="whole reindex / raw bulk of ready documents, documents a second",
        ratios=ratios,
        times={name: round(rate) for name, rate in rates_here.items()},
        counts={"engine": options.engine, "rounds": options.rounds},
    ).print(as_json=options.json)


if __name__ == "__main__":
    main()
