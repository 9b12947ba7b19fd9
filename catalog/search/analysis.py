"""Which texts of a document are searched in which ranked field, for every engine; pure."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from catalog.search.document import SearchDocument
from catalog.search.spelling import normalize_name

# The parts of the combined field. Columns have a field of their own: three thousand column names
# in it would drown a product's description.
COMBINED = (
    "name",
    "slug",
    "aliases",
    "summary",
    "notes",
    "tags",
    "owner_names",
    "domain_names",
    "ports",
    "formats",
    "sources",
    "methods",
    "imbalances",
    "answers",
    "used_in",
)
MAX_SENTENCE_LENGTH = 400
# Tags, columns and names of domains come again with nearly every document.
_CACHE_SIZE = 1 << 15
_IDENTIFIER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def searchable_texts(document: SearchDocument) -> dict[str, list[str]]:
    """Return the texts of each ranked field."""
    combined: list[str] = []
    for name in COMBINED:
        value = getattr(document, name)
        combined += (value,) if isinstance(value, str) else value
    return {
        "text": [text for text in _word_forms(combined) if text],
        "name_text": [*_word_forms([document.name]), document.slug],
        "lead_text": [first_sentence(document.summary)],
        "label_text": [*document.tags, *document.owner_names],
        "column_text": list(_word_forms(document.columns)),
        "use_text": list(document.used_in),
    }


def first_sentence(summary: str) -> str:
    return summary.split(". ", 1)[0][:MAX_SENTENCE_LENGTH]


def all_names(document: SearchDocument) -> tuple[str, ...]:
    """Return all that the object is called, identifiers too: typed whole they mean this one."""
    names = (document.name, document.slug, *document.aliases)
    return tuple(dict.fromkeys(name for name in names if name))


def autocomplete_names(document: SearchDocument) -> tuple[str, ...]:
    """Return the names that are completed; no word begins in the middle of a UUID."""
    return tuple(name for name in all_names(document) if not _IDENTIFIER.search(name))


def vocabulary(document: SearchDocument) -> tuple[str, ...]:
    """Return the words that completions offer: those of names, tags and columns."""
    texts = (document.name, document.slug, *document.tags, *document.columns)
    return tuple(sorted(set(chain.from_iterable(map(_words, texts)))))


@lru_cache(_CACHE_SIZE)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word for form in _word_forms([text]) for word in normalize_name(form).split())


def _word_forms(texts: Iterable[str]) -> Iterator[str]:
    """Yield each text, and once more with its camelCase words separated if it has any."""
    for text in texts:
        if len(text) > MAX_SENTENCE_LENGTH:
            yield text
        else:
            yield from _short_word_forms(text)


@lru_cache(_CACHE_SIZE)
def _short_word_forms(text: str) -> tuple[str, ...]:
    separated = _HUMP.sub(" ", text)
    return (text,) if separated == text else (text, separated)
