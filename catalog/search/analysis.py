"""Which texts of a document are searched in which ranked field, the same for every engine; pure."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

from catalog.search.document import SearchDocument
from catalog.search.spelling import normalize_name

# All that the combined field holds. Columns have a field of their own: three thousand column names
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
LONGEST_LEAD = 400
# Tags, columns and names of domains come again with nearly every document.
_KEPT = 1 << 15
_IDENTIFIER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def searchable_texts(document: SearchDocument) -> dict[str, list[str]]:
    """The texts of each ranked field."""
    return {
        "text": [text for text in _spread(_combined(document)) if text],
        "name_text": [*_spread([document.name]), document.slug],
        "lead_text": [first_sentence(document.summary)],
        "label_text": [*document.tags, *document.owner_names],
        "column_text": list(_spread(document.columns)),
        "use_text": list(document.used_in),
    }


def first_sentence(summary: str) -> str:
    """The first sentence."""
    return summary.split(". ", 1)[0][:LONGEST_LEAD]


def all_names(document: SearchDocument) -> tuple[str, ...]:
    """Everything that the thing is called, identifiers too: who types it whole means this one."""
    names = (document.name, document.slug, *document.aliases)
    return tuple(dict.fromkeys(name for name in names if name))


def autocomplete_names(document: SearchDocument) -> tuple[str, ...]:
    """The names that are completed while somebody types; no word begins in the midst of a UUID."""
    return tuple(name for name in all_names(document) if not _IDENTIFIER.search(name))


def _combined(document: SearchDocument) -> list[str]:
    texts: list[str] = []
    for name in COMBINED:
        value = getattr(document, name)
        texts += (value,) if isinstance(value, str) else value
    return texts


def _spread(texts: Iterable[str]) -> Iterator[str]:
    """Each text, and once more with its camelCase words apart where it has any."""
    return chain.from_iterable(map(_forms, texts))


def _forms(text: str) -> tuple[str, ...]:
    return _short_forms(text) if len(text) <= LONGEST_LEAD else (text,)


@lru_cache(_KEPT)
def _short_forms(text: str) -> tuple[str, ...]:
    apart = _HUMP.sub(" ", text)
    return (text,) if apart == text else (text, apart)


def vocabulary(document: SearchDocument) -> tuple[str, ...]:
    """The words that completions offer: those of names, tags and columns."""
    texts = (document.name, document.slug, *document.tags, *document.columns)
    return tuple(sorted(set(chain.from_iterable(map(_words, texts)))))


@lru_cache(_KEPT)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word for form in _forms(text) for word in normalize_name(form).split())
