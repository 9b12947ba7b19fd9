"""How documents lie in a tantivy index: fields, analyzers, and one document's terms."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import tantivy
from tantivy import Document, Index, Schema

from catalog.search import fields
from catalog.search.analysis import COMBINED, all_names, autocomplete_names, vocabulary
from catalog.search.document import SearchDocument
from catalog.search.encoding import encoded
from catalog.search.fields import FIELDS, HIGHLIGHTED, MAX_TERM_LENGTH, SORTS, FieldType
from catalog.search.sort_keys import keyed_number, sort_key, tie_of
from catalog.search.spelling import normalize, normalize_name
from catalog.search.stemming import TEXT, WORDS, analyzer

LAYOUT = 3
# What is left of a deleted document: its revision, and no reader who could find it.
GONE = "gone"
TERMS = tuple(dict.fromkeys(f.attribute for f in FIELDS if f.type is FieldType.TERMS))
FAST_TERMS = tuple(dict.fromkeys(f.attribute for f in FIELDS if f.is_facet))
NUMBERS = tuple(f.attribute for f in FIELDS if f.type is FieldType.NUMBER)
MOMENTS = tuple(f.attribute for f in FIELDS if f.type is FieldType.MOMENT)


def register(index: Index) -> None:
    """Analyzers are not kept in an index; every opening registers them anew."""
    for name in (TEXT, WORDS):
        index.register_tokenizer(name, analyzer(name))


def build_schema() -> Schema:
    """The fields of the index of documents."""
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
    """What is matched as a whole; fast where it is counted or sorted by."""
    stored, fast = ("key", "readers"), (*FAST_TERMS, *(f"sort_{sort.name}" for sort in SORTS))
    plain = ("exact", "vocabulary", "measures", *(name for name in TERMS if name not in fast))
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
    """A short hash of layout, fields, weights that shape the index, and the engine's version."""
    shape = (LAYOUT, version("tantivy"), fields.STOP_WORDS, MAX_TERM_LENGTH, COMBINED)
    names = (FIELDS, SORTS, HIGHLIGHTED, sorted(fields.TEXT_WEIGHTS))
    return hashlib.sha256(repr((shape, names)).encode()).hexdigest()[:12]


def values_of(document: SearchDocument, texts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The values of each field; `texts` are those of the ranked ones."""
    tie = tie_of(document.key)
    values: dict[str, Any] = {
        **texts,
        "key": document.key,
        "readers": list(document.tokens),
        "exact": list(dict.fromkeys(map(normalize_name, all_names(document)))),
        "words": [text for name in fields.MATCH_FIELDS for text in texts[name]],
        "title": list(autocomplete_names(document)),
        "vocabulary": list(vocabulary(document)),
        "measures": [keyed_number(normalize(key), n) for key, n in document.measures.items()],
        "tie": tie,
        "weight": document.weight,
        "revision": document.revision,
        "digest": document.digest().encode(),
        "shown": encoded({name: getattr(document, name) for name in HIGHLIGHTED}),
    }
    values |= {name: list(dict.fromkeys(map(normalize, getattr(document, name)))) for name in TERMS}
    numbers = {name: getattr(document, name) for name in (*NUMBERS, *MOMENTS)}
    values |= {name: number for name, number in numbers.items() if number is not None}
    for sort in SORTS:
        values[f"sort_{sort.name}"] = sort_key(getattr(document, sort.attribute), tie, sort)
    return values


def entry_of(document: SearchDocument, texts: Mapping[str, Sequence[str]]) -> str:
    """The document as the index takes it, as JSON: read there at once, not value by value."""
    return encoded(values_of(document, texts), _written).decode()


def _written(value: bytes) -> str:
    return b64encode(value).decode()


def tombstone_of(key: str, revision: int) -> Document:
    """What remembers a deletion, so that an earlier write cannot bring the document back."""
    entry = Document()
    entry.add_text("key", key)
    entry.add_integer("revision", revision)
    entry.add_bytes("digest", GONE.encode())
    return entry


def word_entry(word: str) -> Document:
    """One word of the vocabulary."""
    entry = Document()
    entry.add_text("word", word)
    return entry
