"""What semantic ranking adds to ranking by words, on Elasticsearch.

    pip install .[semantic]
    ELASTICSEARCH_URL=... python -m benchmarks.relevance.semantic --data FOLDER --queries FILE

The folder is a data folder into which the registry was imported. The file is split into its even
and odd lines; each half is searched with and without the titles of the other half as uses. Both
sides answer the same queries, so their difference is paired.
"""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median, stdev

import django

from benchmarks.cli import command_line
from benchmarks.relevance.queries import Query, read_queries, usage_titles
from catalog.search.semantic.reranking import Embedder


class CachedEmbedder:
    """A model that computes each vector once, so that a slow machine changes no rank."""

    def __init__(self, model: Embedder) -> None:
        self._model, self.name, self.dimensions = model, model.name, model.dimensions
        self._vectors: dict[str, list[float]] = {}

    def load(self, label: str, texts: Sequence[str]) -> None:
        """Compute the vectors of texts beforehand, and print the CPU time of one."""
        started = time.process_time()
        self.vectors(texts)
        seconds = (time.process_time() - started) / len(texts)
        print(f"{label}: {seconds * 1000:.1f} ms of CPU each, {1 / seconds:.1f} a CPU-second")

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector for each text."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        self._vectors |= zip(new, self._model.vectors(new), strict=True)
        return [self._vectors[text] for text in texts]


def main() -> None:
    """Print a line for each half and kind of index, and the price of a vector."""
    parser = command_line(__doc__ or "")
    parser.add_argument("--data", required=True)
    parser.add_argument("--queries", type=Path, required=True)
    options = parser.parse_args()
    os.environ |= {"ASSAY_DATA_DIR": options.data, "DJANGO_SETTINGS_MODULE": "config.settings"}
    django.setup()

    from catalog.search.documents.products import product_documents
    from catalog.search.result_types import RESULT_TYPES
    from catalog.search.semantic.minilm import MiniLM
    from catalog.search.semantic.reranking import embedded_text

    queries = list(read_queries(options.queries))
    model = CachedEmbedder(MiniLM())
    documents = product_documents(RESULT_TYPES["product"].rows())
    model.load("documents", [embedded_text(document) for document in documents])
    model.load("queries", [" ".join(query.text.casefold().split()) for query in queries])
    for name, half, other in (
        ("even", queries[1::2], queries[::2]),
        ("odd", queries[::2], queries[1::2]),
    ):
        compare(name, half, {}, model)
        compare(f"{name} with uses", half, usage_titles(other), model)


def compare(
    name: str, queries: Sequence[Query], uses: Mapping[str, Sequence[str]], model: CachedEmbedder
) -> None:
    """Print MRR@10 (recall@1/recall@10) with and without the model, and the paired difference."""
    from benchmarks.relevance.evaluation import rank_queries, reciprocal_ranks
    from benchmarks.relevance.scratch_engine import scratch_engine
    from catalog.search.semantic import SemanticRanking

    sides = []
    for label, semantic in (("words", None), ("semantic", SemanticRanking(model))):
        with scratch_engine(name="elasticsearch", uses=uses, semantic=semantic) as engine:
            ranks, seconds = rank_queries(engine=engine, queries=queries)
        gains = reciprocal_ranks(ranks)
        sides.append(gains)
        shares = f"{gains.count(1) / len(gains):.3f}/{sum(map(bool, gains)) / len(gains):.3f}"
        p50 = median(seconds) * 1000
        print(f"{name}, {label}: {fmean(gains):.4f} ({shares}), p50 {p50:.1f} ms")
    gained = [semantic - words for words, semantic in zip(*sides, strict=True)]
    margin = 1.96 * stdev(gained) / len(gained) ** 0.5
    print(f"{name}: n {len(gained)}, {fmean(gained):+.4f} ± {margin:.4f}", flush=True)


if __name__ == "__main__":
    main()
