"""What hits of Elasticsearch show: marked texts, and the reasons why they were found."""

import html
import re
from collections.abc import Mapping
from typing import Any

from elasticsearch.dsl import Q, Search

from catalog.search.expression import Expression, positive_texts
from catalog.search.fields import HIGHLIGHTED, SNIPPET_LENGTH
from catalog.search.port import Hit, Reason

_MARK = re.compile(r"(</?mark>)")
# Texts too long to be named as a reason; their snippet is one.
_LONG = ("summary", "answers", "notes")
_MOST_TEXTS = 5


def asked(search: Search[Any], words: Expression) -> Search[Any]:
    """Ask for the words to be marked in all that a hit may show."""
    marked = Q("match", text=" ".join(positive_texts(words))).to_dict()
    search = search.highlight_options(
        encoder="html", pre_tags=["<mark>"], post_tags=["</mark>"], require_field_match=False,
        highlight_query=marked, type="plain",
    )  # fmt: skip
    for name in HIGHLIGHTED:
        cut = {"number_of_fragments": 1, "fragment_size": SNIPPET_LENGTH}
        options = cut if name == "summary" else {"number_of_fragments": 0}
        search = search.highlight(f"shown.{name}", **options)
    return search


def hit_of(hit: Mapping[str, Any], holders: Mapping[str, frozenset[str]]) -> Hit:
    """A hit with its marks and reasons, and the words that it lacks of those in `holders`."""
    kind, _, identity = hit["_source"]["key"].partition(":")
    marked = hit.get("highlight", {})
    highlights, reasons = {}, []
    for name in HIGHLIGHTED:
        if texts := marked.get(f"shown.{name}"):
            highlights[name] = "\n".join(map(_escaped, texts[:_MOST_TEXTS]))
            plain = tuple(html.unescape(_MARK.sub("", text)) for text in texts[:_MOST_TEXTS])
            reasons.append(Reason(name, () if name in _LONG else plain, len(texts)))
    lacks = tuple(text for text, held in holders.items() if hit["_id"] not in held)
    return Hit(kind, identity, hit.get("_score") or 0.0, highlights, tuple(reasons), lacks)


def _escaped(text: str) -> str:
    """The same HTML as other engines give: only what must be is escaped, and the marks stay."""
    parts = _MARK.split(text)
    return "".join(
        part if _MARK.fullmatch(part) else html.escape(html.unescape(part)) for part in parts
    )
