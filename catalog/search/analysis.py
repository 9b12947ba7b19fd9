"""Which texts of a document are searched in which ranked field, for every engine; pure."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from catalog.identifiers import is_address, normalize, without_host
from catalog.search.document import SearchDocument
from catalog.search.fields import HIGHLIGHTED
from catalog.search.scripts import index_form, nfc, split_words, unspaced_runs
from catalog.search.spelling import normalize_name
from catalog.types import JSONObject

# The parts of the combined field. Columns have a field of their own: three thousand column names
# in it would drown a product's description.
COMBINED = (
    "name",
    "slug",
    "aliases",
    "summary",
    "tables",
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
MAX_INITIALS = 6
# Tags, columns and names of domains come again with nearly every document.
_CACHE_SIZE = 1 << 15
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def searchable_texts(document: SearchDocument) -> dict[str, list[str]]:
    """Return the texts of each ranked field; parts of an identifying address are no words."""
    combined: list[str] = []
    for name in COMBINED:
        value = getattr(document, name)
        combined += (value,) if isinstance(value, str) else value
    addresses = {alias for alias in document.aliases if is_address(alias)}
    texts = {
        "text": [text for text in _word_forms(combined) if text and text not in addresses],
        "name_text": [*_word_forms([document.name]), document.slug],
        "lead_text": [first_sentence(document.summary)],
        "label_text": [*document.tags, *document.owner_names],
        "column_text": [*_word_forms(document.columns), *map(column_note, document.column_notes)],
        "use_text": list(document.used_in),
    }
    return {name: list(map(index_form, values)) for name, values in texts.items()}


def column_note(line: str) -> str:
    """Return the text of a line of `column_notes`, which begins with the column's path."""
    return line.partition("\t")[2]


def shown_texts(document: SearchDocument) -> JSONObject:
    """Return the texts of a hit that are highlighted, as keyboards type their characters."""
    texts: JSONObject = {}
    for name in HIGHLIGHTED:
        value = getattr(document, name)
        texts[name] = nfc(value) if isinstance(value, str) else list(map(nfc, value))
    return texts


def first_sentence(summary: str) -> str:
    return summary.split(". ", 1)[0][:MAX_SENTENCE_LENGTH]


def all_names(document: SearchDocument) -> tuple[str, ...]:
    """Return all that the object is called, identifiers too: typed whole they mean this one."""
    names = (document.name, document.slug, *document.aliases)
    return tuple(dict.fromkeys(without_host(name) for name in names if name))


def spellings(document: SearchDocument) -> tuple[str, ...]:
    """Return the names as they are spelled, first without regard to case, then exactly."""
    names = [name for name in all_names(document) if not is_address(name)]
    return tuple(dict.fromkeys(text for name in names for text in spellings_of(name)))


def spellings_of(name: str) -> tuple[str, str]:
    return normalize(name), f"={nfc(name)}"


def autocomplete_names(document: SearchDocument) -> tuple[str, ...]:
    """Return the names that are completed, and initials; no word begins within an address."""
    names = [name for name in all_names(document) if not is_address(name)]
    return tuple(index_form(name) for name in (*names, *_initials(document.name)))


def _initials(name: str) -> Iterator[str]:
    """Yield the acronym of a name of several words (`Customer Lifetime Value`: CLV)."""
    words = normalize_name(name).split()
    if 2 < len(words) <= MAX_INITIALS:
        yield "".join(word[0] for word in words)


def vocabulary(document: SearchDocument) -> tuple[str, ...]:
    """Return the words that completions offer: those of names, tags and columns."""
    texts = (document.name, document.slug, *document.tags, *document.columns)
    return tuple(sorted(set(chain.from_iterable(map(_words, texts)))))


@lru_cache(_CACHE_SIZE)
def _words(text: str) -> tuple[str, ...]:
    words = [word for form in _word_forms([text]) for word in normalize_name(form).split()]
    parts = [part for word in words if unspaced_runs(word) for part in split_words(word)]
    return (*words, *parts)


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
