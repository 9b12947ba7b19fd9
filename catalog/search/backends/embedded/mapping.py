"""How documents are stored in a tantivy index: fields, analyzers, and one document's terms."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.metadata import version

import tantivy
from tantivy import Document, Index, Schema

from catalog.search import fields
from catalog.search.analysis import COMBINED, shown_texts
from catalog.search.document import SearchDocument, encode_json
from catalog.search.fields import FIELDS, HIGHLIGHTED, MAX_TERM_LENGTH, SORTS
from catalog.search.index_values import MOMENTS, NUMBERS, TERMS, index_values
from catalog.search.stemming import TEXT, WORDS, analyzer
from catalog.types import JSONObject

LAYOUT = 4
# What is left of a deleted document: its revision, and no reader who could find it.
DELETED = "gone"
FAST_TERMS = tuple(dict.fromkeys(f.values_attribute for f in FIELDS if f.is_facet))


def register(index: Index) -> None:
    """Register the analyzers, which an index does not store."""
    for name in (TEXT, WORDS):
        index.register_tokenizer(name, analyzer(name))


def build_schema() -> Schema:
    builder = tantivy.SchemaBuilder()
    _add_terms(builder)
    for name in fields.TEXT_WEIGHTS:
        builder.add_text_field(name, tokenizer_name=TEXT, index_option="freq")
    builder.add_text_field("words", tokenizer_name=WORDS, index_option="position")
    builder.add_text_field("title", tokenizer_name=WORDS, index_option="basic")
    for name in NUMBERS:
        builder.add_float_field(name, indexed=True, fast=True)
    for name in MOMENTS:
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_integer_field("tie", fast=True)
    builder.add_float_field("weight", fast=True)
    builder.add_integer_field("revision", stored=True, fast=True)
    for name in ("digest", "shown"):
        builder.add_bytes_field(name, stored=True)
    return builder.build()


def _add_terms(builder: tantivy.SchemaBuilder) -> None:
    """Add the fields that are matched as a whole; fast if they are counted or sorted by."""
    stored, fast = ("key", "readers"), (*FAST_TERMS, *(f"sort_{sort.name}" for sort in SORTS))
    names = ("exact", "spelled", "vocabulary", "measures")
    plain = (*names, *(name for name in TERMS if name not in fast))
    for name in (*stored, *fast, *plain):
        builder.add_text_field(
            name,
            stored=name in stored,
            fast=name in fast,
            tokenizer_name="raw",
            index_option="basic",
        )


# The index of words: one entry for each word that any document ever held.
VOCABULARY = (
    tantivy.SchemaBuilder()
    .add_text_field("word", stored=True, tokenizer_name="raw", index_option="basic")
    .build()
)


def fingerprint() -> str:
    """Return a short hash of layout, fields, text weights, and the version of the engine."""
    shape = (LAYOUT, version("tantivy"), fields.STOP_WORDS, MAX_TERM_LENGTH, COMBINED)
    names = (FIELDS, SORTS, HIGHLIGHTED, sorted(fields.TEXT_WEIGHTS))
    return hashlib.sha256(repr((shape, names)).encode()).hexdigest()[:12]


def values_of(document: SearchDocument, texts: Mapping[str, Sequence[str]]) -> JSONObject:
    """Return the values of each field; `texts` are those of the ranked ones."""
    highlighted = encode_json(shown_texts(document))
    content = {"digest": document.digest().encode(), "shown": highlighted}
    return index_values(document, texts) | content


def entry_of(document: SearchDocument, texts: Mapping[str, Sequence[str]]) -> str:
    """Return the values as JSON, which the index reads at once, not value by value."""
    return encode_json(values_of(document, texts), _base64).decode()


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


def tombstone_of(key: str, revision: int) -> Document:
    """Return what keeps the revision of a deletion, so that no earlier write restores it."""
    entry = Document()
    entry.add_text("key", key)
    entry.add_integer("revision", revision)
    entry.add_bytes("digest", DELETED.encode())
    return entry


def word_entry(word: str) -> Document:
    entry = Document()
    entry.add_text("word", word)
    return entry
