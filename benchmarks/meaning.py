"""What ranking by meaning adds to ranking by words, in the product itself, on Elasticsearch.

    pip install .[semantic]
    ELASTICSEARCH_URL=... python -m benchmarks.meaning --data FOLDER --queries FILE

The folder is a data folder into which the registry was imported. The file is parted into its even
and odd lines; each half is asked with and without the titles of the other half as uses. Both sides
answer the same queries, so their difference is paired.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any


def main() -> None:
    """Print a line for each half and kind of index, and the price of a vector."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", required=True)
    parser.add_argument("--queries", type=Path, required=True)
    given = parser.parse_args()
    os.environ |= {"ASSAY_DATA_DIR": given.data, "DJANGO_SETTINGS_MODULE": "config.settings"}
    import django

    django.setup()

    from catalog.management.commands.evaluate_search import read_queries
    from catalog.search.backends import get_embedder
    from catalog.search.documents import KINDS, documents_of
    from catalog.search.reranking import text_of

    queries = list(read_queries(given.queries))
    model = Kept(get_embedder())
    model.load("documents", [text_of(one) for one in documents_of(KINDS["product"].rows())])
    model.load("queries", [" ".join(query.text.casefold().split()) for query in queries])
    for name, half, other in (
        ("even", queries[1::2], queries[::2]),
        ("odd", queries[::2], queries[1::2]),
    ):
        _compare(name, half, {}, model)
        uses: dict[str, list[str]] = {}
        for query in other:
            for target in query.targets:
                uses.setdefault(target, []).append(query.text)
        _compare(f"{name} with uses", half, uses, model)


class Kept:
    """A model that makes each vector once, so that a slow machine changes no rank."""

    def __init__(self, model: Any) -> None:
        self._model, self.name, self.dimensions = model, model.name, model.dimensions
        self._made: dict[str, list[float]] = {}

    def load(self, kind: str, texts: Sequence[str]) -> None:
        """Make the vectors of texts beforehand, and say what one costs."""
        begun = time.process_time()
        self.vectors(texts)
        each = (time.process_time() - begun) / len(texts)
        print(f"{kind}: {each * 1000:.1f} ms of CPU each, {1 / each:.1f} a CPU-second")

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector for each text."""
        new = [text for text in dict.fromkeys(texts) if text not in self._made]
        self._made |= zip(new, self._model.vectors(new), strict=True)
        return [self._made[text] for text in texts]


def _compare(name: str, queries: Sequence[Any], uses: dict[str, list[str]], model: Kept) -> None:
    from catalog.search.services.evaluation import gains_of, ranks_of, scratch_engine

    sides = []
    for side in (None, model):
        with scratch_engine(name="elasticsearch", uses=uses, model=side) as engine:
            ranks, times = ranks_of(engine=engine, queries=queries)
        gains = gains_of(ranks)
        sides.append(gains)
        shares = f"{gains.count(1) / len(gains):.3f}/{sum(map(bool, gains)) / len(gains):.3f}"
        middle = sorted(times)[len(times) // 2] * 1000
        which = "meaning" if side else "words"
        print(f"{name}, {which}: {fmean(gains):.4f} ({shares}), p50 {middle:.1f} ms")
    more = [one - other for other, one in zip(*sides, strict=True)]
    margin = 1.96 * stdev(more) / len(more) ** 0.5
    print(f"{name}: n {len(more)}, {fmean(more):+.4f} ± {margin:.4f}", flush=True)


if __name__ == "__main__":
    main()
