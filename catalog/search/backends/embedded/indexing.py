"""Reading and writing a tantivy index: late writes lose, and one commit makes all visible."""

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path

from tantivy import Index, IndexWriter, Query, Searcher

from catalog.search.analysis import searchable_texts
from catalog.search.backends.embedded import mapping
from catalog.search.backends.embedded.generations import ENGINE
from catalog.search.document import SearchDocument, key_of, split_key
from catalog.search.fields import MATCH_FIELDS
from catalog.search.port import IndexEntry, SearchUnavailable
from catalog.search.spelling import MIN_CORRECTED_LENGTH
from catalog.search.stemming import WORDS, analyzer

WRITER_HEAP_BYTES = 64_000_000
WORDS_HEAP_BYTES = 15_000_000


class IndexReader:
    """One generation: its documents and its words. Raises SearchUnavailable if it is unreadable."""

    def __init__(self, folder: Path) -> None:
        self.generation = folder.name
        try:
            self.documents = Index(mapping.build_schema(), str(folder / "documents"))
            self.words = Index(mapping.VOCABULARY, str(folder / "words"))
        except ValueError as error:
            reason = "the index has another shape and must be rebuilt"
            raise SearchUnavailable(ENGINE, reason) from error
        self._files = [folder / part / "meta.json" for part in ("documents", "words")]
        self._versions: list[tuple[int, int]] = []
        for index in (self.documents, self.words):
            index.config_reader("manual")
        mapping.register(self.documents)

    def reload(self) -> None:
        """See what was committed by any process; costs next to nothing if nothing was."""
        try:
            stats = map(Path.stat, self._files)
            versions = [(stat.st_ino, stat.st_mtime_ns) for stat in stats]
            if versions != self._versions:
                self.documents.reload()
                self.words.reload()
                self._versions = versions
        except (ValueError, FileNotFoundError) as error:
            raise SearchUnavailable(ENGINE, "the index cannot be read") from error

    def revision(self, searcher: Searcher, key: str) -> int | None:
        """Return the revision of a document or of its tombstone."""
        query = Query.term_query(self.documents.schema, "key", key)
        hits = searcher.search(query, 1, count=False).hits
        if not hits:
            return None
        return int(searcher.fast_field_values("revision", [hits[0][1]])[0] or 0)

    def entries(self, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
        """Yield an entry for every document, or for those of some keys; not for tombstones."""
        searcher = self.documents.searcher()
        if not searcher.num_docs:
            return
        query = Query.all_query()
        if keys is not None:
            query = Query.term_set_query(self.documents.schema, "key", list(keys))
        for _, address in searcher.search(query, searcher.num_docs, count=False).hits:
            document = searcher.doc(address)
            digest = bytes(document.get_first("digest") or b"").decode()
            if digest != mapping.DELETED:
                object_type, identity = split_key(str(document.get_first("key")))
                revision = int(document.get_first("revision") or 0)
                readers = tuple(sorted(map(str, document.get_all("readers"))))
                yield IndexEntry(object_type, identity, revision, readers, digest)


class EmbeddedWriter:
    """The one writer of a generation. Nothing is visible before `commit`."""

    def __init__(self, index: IndexReader, *, is_new: bool = False) -> None:
        self.generation = index.generation
        self._index = index
        self._is_new = is_new
        self._documents = index.documents.writer(WRITER_HEAP_BYTES, 1)
        self._analyzer = analyzer(WORDS)
        self._pending: dict[str, int] = {}
        self._has_changes = False
        self._searcher = self._current()
        self._learned: set[str] = set()
        self._has_new_words = self._has_word_writer = False
        self._is_open = True

    def put(self, documents: Iterable[SearchDocument]) -> None:
        for document in documents:
            if not self._is_late(document.key, document.revision):
                self._replace(document.key, document.revision)
                texts = searchable_texts(document)
                self._documents.add_json(mapping.entry_of(document, texts))
                if not self._is_new:
                    words = "\n".join(text for name in MATCH_FIELDS for text in texts[name])
                    self._learn(self._analyzer.analyze(words.encode(errors="replace").decode()))

    def delete(self, objects: Iterable[tuple[str, str, int]]) -> None:
        """Leave a tombstone in place of each object, unless the index has a later revision."""
        for object_type, identity, revision in objects:
            key = key_of(object_type, identity)
            if not self._is_late(key, revision):
                self._replace(key, revision)
                self._documents.add_document(mapping.tombstone_of(key, revision))

    def commit(self) -> None:
        if not self._has_changes:
            return
        if self._is_new:
            self._documents.commit()
            # Nothing reads the words of a new index before its end.
            self._learn(word for word, _ in self._current().terms_with_prefix("words", ""))
        if self._has_new_words:
            self._words.commit()
            self._has_new_words = False
        if not self._is_new:
            self._documents.commit()
            self._pending.clear()
            self._searcher = self._current()
        self._has_changes = False

    def close(self) -> None:
        """Wait for the merges and release the writer; what was not committed is lost."""
        if self._is_open:
            self._is_open = False
            # To roll back ends the merges too, so it is done only where there is something to lose.
            if self._has_changes:
                self._documents.rollback()
            self._documents.wait_merging_threads()
            if self._has_new_words:
                self._words.rollback()
            if self._has_word_writer:
                self._words.wait_merging_threads()

    @cached_property
    def _words(self) -> IndexWriter:
        """Open the writer of words for the first new one: most writes have none."""
        self._has_word_writer = True
        return self._index.words.writer(WORDS_HEAP_BYTES, 1)

    def _current(self) -> Searcher:
        self._index.reload()
        return self._index.documents.searcher()

    def _is_late(self, key: str, revision: int) -> bool:
        current = self._pending.get(key)
        if current is None and not self._is_new:
            current = self._index.revision(self._searcher, key)
        return current is not None and current > revision

    def _replace(self, key: str, revision: int) -> None:
        if not self._is_new or key in self._pending:
            self._documents.delete_documents_by_term("key", key)
        self._pending[key] = revision
        self._has_changes = True

    def _learn(self, words: Iterable[str]) -> None:
        """Collect words that no document had before, from which typos are corrected."""
        known = self._index.words.searcher()
        for word in set(words) - self._learned:
            is_correctable = len(word) >= MIN_CORRECTED_LENGTH - 1 and word.isalpha()
            if is_correctable and not known.doc_freq("word", word):
                self._learned.add(word)
                self._words.add_document(mapping.word_entry(word))
                self._has_new_words = True
