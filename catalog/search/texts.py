"""Which texts of a document are searched in which ranked field, the same for every engine; pure."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from catalog.search.port import SearchDocument
from catalog.search.spelling import bare

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
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def texts_of(document: SearchDocument) -> dict[str, list[str]]:
    """The texts of each ranked field."""
    return {
        "text": [text for name in COMBINED for text in _texts(getattr(document, name))],
        "name_text": [*_spread([document.name]), document.slug],
        "lead_text": [lead_of(document.summary)],
        "label_text": [*document.tags, *document.owner_names],
        "column_text": list(_spread(document.columns)),
        "use_text": list(document.used_in),
    }


def lead_of(summary: str) -> str:
    """The first sentence."""
    return summary.split(". ", 1)[0][:LONGEST_LEAD]


def titles_of(document: SearchDocument) -> tuple[str, ...]:
    """Everything that the thing is called: what is completed while somebody types."""
    names = (document.name, document.slug, *document.aliases)
    return tuple(dict.fromkeys(name for name in names if name))


def _texts(value: str | Iterable[str]) -> Iterator[str]:
    return (text for text in _spread((value,) if isinstance(value, str) else value) if text)


def _spread(texts: Iterable[str]) -> Iterator[str]:
    """Each text, and once more with its camelCase words apart where it has any."""
    for text in texts:
        yield text
        if len(text) <= LONGEST_LEAD and (apart := _apart(text)) != text:
            yield apart


@lru_cache(1 << 15)
def _apart(text: str) -> str:
    return _HUMP.sub(" ", text)


def vocabulary_of(document: SearchDocument) -> tuple[str, ...]:
    """The words that completions offer: those of names, tags and columns."""
    texts = (document.name, document.slug, *document.tags, *document.columns)
    return tuple(sorted({word for text in _spread(texts) for word in bare(text).split()}))
