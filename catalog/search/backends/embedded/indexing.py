"""Writing into a tantivy index: late writes lose, words are collected, one commit makes it seen."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from tantivy import Index, IndexWriter, Query, Searcher

from catalog.search.analysis import searchable_texts
from catalog.search.backends.embedded import mapping
from catalog.search.document import SearchDocument, key_of
from catalog.search.fields import MATCH_FIELDS
from catalog.search.port import IndexEntry
from catalog.search.spelling import SHORTEST_CORRECTED
from catalog.search.stemming import WORDS, analyzer

WRITER_HEAP_BYTES = 64_000_000
SMALL_HEAP = 15_000_000


class Opened:
    """One generation, open: its documents and its words."""

    def __init__(self, folder: Path) -> None:
        self.generation = folder.name
        self.documents = Index(mapping.build_schema(), str(folder / "documents"))
        self.words = Index(mapping.VOCABULARY, str(folder / "words"))
        self._written = [folder / part / "meta.json" for part in ("documents", "words")]
        self._seen: list[tuple[int, int]] = []
        for index in (self.documents, self.words):
            index.config_reader("manual")
        mapping.register(self.documents)
        self.schema = self.documents.schema

    def reload(self) -> None:
        """See what was committed by anybody; costs next to nothing where nothing was."""
        written = [(found.st_ino, found.st_mtime_ns) for found in map(Path.stat, self._written)]
        if written != self._seen:
            self.documents.reload()
            self.words.reload()
            self._seen = written


class Session:
    """The one writer of a generation. Nothing is seen before `commit`."""

    def __init__(self, opened: Opened, *, is_new: bool = False) -> None:
        self.generation = opened.generation
        self._opened = opened
        self._is_new = is_new
        self._documents = opened.documents.writer(WRITER_HEAP_BYTES, 1)
        self._analyzer = analyzer(WORDS)
        self._pending: dict[str, int] = {}
        self._has_changes = False
        self._searcher = self._current()
        self._learned: set[str] = set()
        self._has_new_words = self._has_word_writer = False
        self._is_open = True

    def put(self, documents: Iterable[SearchDocument]) -> None:
        """Hold the documents, each unless a later revision of it is held already."""
        for document in documents:
            if not self._is_late(document.key, document.revision):
                self._replace(document.key, document.revision)
                texts = searchable_texts(document)
                self._documents.add_json(mapping.entry_of(document, texts))
                if not self._is_new:
                    self._learn(self._words_in(texts))

    def delete(self, things: Iterable[tuple[str, str, int]]) -> None:
        """Leave a tombstone in place of each thing, unless a later revision of it is held."""
        for object_type, identity, revision in things:
            key = key_of(object_type, identity)
            if not self._is_late(key, revision):
                self._replace(key, revision)
                self._documents.add_document(mapping.tombstone_of(key, revision))

    def commit(self) -> None:
        """Make all that was put and deleted durable and visible to every process."""
        if not self._has_changes:
            return
        if self._is_new:
            self._documents.commit()
            self._learn_all()
        if self._has_new_words:
            self._words.commit()
            self._has_new_words = False
        if not self._is_new:
            self._documents.commit()
            self._pending.clear()
            self._searcher = self._current()
        self._has_changes = False

    def close(self) -> None:
        """Let the merges end and give the writer up; what was not committed is gone."""
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
        """Made for the first new word: most writes bring none."""
        self._has_word_writer = True
        return self._opened.words.writer(SMALL_HEAP, 1)

    def _current(self) -> Searcher:
        self._opened.reload()
        return self._opened.documents.searcher()

    def _is_late(self, key: str, revision: int) -> bool:
        held = self._pending.get(key)
        if held is None and not self._is_new:
            held = _held_revision(self._searcher, self._opened, key)
        return held is not None and held > revision

    def _replace(self, key: str, revision: int) -> None:
        if not self._is_new or key in self._pending:
            self._documents.delete_documents_by_term("key", key)
        self._pending[key] = revision
        self._has_changes = True

    def _words_in(self, texts: Mapping[str, Iterable[str]]) -> set[str]:
        held = "\n".join(text for name in MATCH_FIELDS for text in texts[name])
        return set(self._analyzer.analyze(held.encode(errors="replace").decode()))

    def _learn_all(self) -> None:
        """Collect the words of a new index from its terms; before its end nobody asks for them."""
        held = self._current().terms_with_prefix("words", "")
        self._learn({word for word, _ in held})

    def _learn(self, words: set[str]) -> None:
        """Collect words that no document held before, from which typos are corrected."""
        held = self._opened.words.searcher()
        for word in words - self._learned:
            is_correctable = len(word) >= SHORTEST_CORRECTED - 1 and word.isalpha()
            if is_correctable and not held.doc_freq("word", word):
                self._learned.add(word)
                self._words.add_document(mapping.word_entry(word))
                self._has_new_words = True


def _held_revision(searcher: Searcher, opened: Opened, key: str) -> int | None:
    found = searcher.search(Query.term_query(opened.schema, "key", key), 1, count=False).hits
    if not found:
        return None
    return int(searcher.fast_field_values("revision", [found[0][1]])[0] or 0)


def ledger(searcher: Searcher, keys: Collection[str] | None = None) -> Iterator[IndexEntry]:
    """Everything that is held, or what is held of some keys; tombstones left out."""
    if not searcher.num_docs:
        return
    query = Query.all_query()
    if keys is not None:
        query = Query.term_set_query(mapping.build_schema(), "key", list(keys))
    for _, address in searcher.search(query, searcher.num_docs, count=False).hits:
        entry = searcher.doc(address)
        digest = bytes(entry.get_first("digest") or b"").decode()
        if digest != mapping.GONE:
            object_type, _, identity = str(entry.get_first("key")).partition(":")
            readers = tuple(sorted(map(str, entry.get_all("readers"))))
            yield IndexEntry(
                object_type, identity, int(entry.get_first("revision") or 0), readers, digest
            )
