"""The texts of an import: their bytes, the values in them, and the format that they are of."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from catalog.manifests.formats.registry import FORMATS, detect_format
from catalog.manifests.formats.types import Format
from catalog.manifests.issues import ParseError
from catalog.manifests.readers import MAX_BYTES, Source, documents_in, read_values, require_size
from catalog.manifests.source_map import Document

# Values are cached while they are small together; of a large set each text is read again in turn.
MAX_CACHED_BYTES = 8 * 1024 * 1024
# The largest file of any format.
MAX_FILE_BYTES = max(candidate.max_bytes for candidate in FORMATS)


@dataclass(frozen=True)
class Content:
    """What a source holds; `values` are of any type. Its format is None if none is detected."""

    name: str
    values: list[Document]
    sha256: str
    format: Format | None

    @property
    def documents(self) -> list[Document]:
        """Return the documents of ours. Raises ParseError."""
        return documents_in(self.values, self.name)


class Sources:
    """Reads the texts of an import, as one format if one was chosen."""

    def __init__(self, sources: Iterable[Source], chosen: Format | None = None) -> None:
        self.all = list(sources)
        self.chosen = chosen
        self._cached: dict[int, Content] = {}
        self._cached_bytes = 0

    def read(self, number: int) -> Content:
        """Return the content of a source. Raises ParseError, OSError."""
        if number in self._cached:
            return self._cached[number]
        source = self.all[number]
        content = source.read()
        max_bytes = self.chosen.max_bytes if self.chosen else MAX_FILE_BYTES
        values = read_values(content, name=source.name, max_bytes=max_bytes)
        if not values:
            message, hint = "The file holds no document", "Write at least one."
            raise ParseError(source.name, 1, 1, "empty", message, hint)
        file_format = self.chosen or detect_format([value.tree for value in values])
        require_size(content, source.name, file_format.max_bytes if file_format else MAX_BYTES)
        read = Content(source.name, values, sha256(content).hexdigest(), file_format)
        if self._cached_bytes + len(content) <= MAX_CACHED_BYTES:
            self._cached[number] = read
            self._cached_bytes += len(content)
        return read
