"""Answering a search as somebody: their tokens go in, and only what they may see comes out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from catalog.domains.authority import Reader, reader_of
from catalog.glossary.models import Term
from catalog.people.models import Team
from catalog.products.models import PRODUCT, DataProduct
from catalog.search.backends import serving
from catalog.search.conditions import Condition
from catalog.search.expansion import Expansion, expanded
from catalog.search.fields import BY_NAME, FieldKind
from catalog.search.port import (
    FacetValue,
    Hit,
    SearchAnswer,
    SearchRequest,
    SearchUnavailable,
    Suggestion,
)
from catalog.search.services.showing import ShownProduct, products_shown

_UUID = re.compile(
    r"(?:\S*/id/product/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?", re.IGNORECASE
)
MOST_OFFERS = 5


@dataclass(frozen=True)
class Found:
    """What a search found: the engine's answer, its products as they stand, and how it was read."""

    answer: SearchAnswer
    hits: tuple[tuple[Hit, ShownProduct], ...]
    expansions: tuple[Expansion, ...]


@dataclass(frozen=True)
class Completions:
    """What can follow what is being typed."""

    products: tuple[ShownProduct, ...] = ()
    words: tuple[Suggestion, ...] = ()
    field: str = ""
    values: tuple[FacetValue, ...] = ()


def search_catalog(*, visitor: Any, request: SearchRequest) -> Found:
    """Answer a request as a visitor. Raises SearchUnavailable.

    Products are read again from the database, so what the index has not yet forgotten or hidden
    does not come out.
    """
    reader = reader_of(visitor)
    words, expansions = expanded(request.words, Term.objects.spellings() if request.words else ())
    conditions = _without_me(request.conditions, reader)
    asked = replace(request, readers=tokens_of(reader), words=words, conditions=conditions)
    answer = serving().search(asked)
    products = products_shown(reader, [hit.id for hit in answer.hits if hit.kind == PRODUCT])
    hits = tuple((hit, products[hit.id]) for hit in answer.hits if hit.id in products)
    return Found(_without_stale(answer, len(hits)), hits, expansions)


def _without_stale(answer: SearchAnswer, shown: int) -> SearchAnswer:
    """Take back the count of what the index has not yet forgotten or hidden.

    Where nothing is left, counts, facets and corrections would tell of nothing else.
    """
    count = answer.count - (len(answer.hits) - shown)
    return replace(answer, count=count) if count > 0 else SearchAnswer(0, ())


def tokens_of(reader: Reader) -> tuple[str, ...] | None:
    """The tokens by which an engine decides what a reader may find; None for everything."""
    return None if reader.reads_everything else tuple(sorted(reader.tokens))


def _without_me(conditions: Sequence[Condition], reader: Reader) -> tuple[Condition, ...]:
    """`owner:me` is whatever my teams own."""
    if not any(c.field == "owner" and "me" in c.values for c in conditions):
        return tuple(conditions)
    mine = Team.objects.filter(pk__in=reader.team_ids).values_list("slug", flat=True)
    teams = tuple(mine) or ("\0nobody",)
    return tuple(
        replace(c, values=(*(v for v in c.values if v != "me"), *teams))
        if c.field == "owner" and "me" in c.values
        else c
        for c in conditions
    )


def suggest(*, visitor: Any, typed: str, limit: int = 8) -> Completions:
    """Complete what is being typed: values of a field after `name:`, else products and words.

    Raises SearchUnavailable.
    """
    reader = reader_of(visitor)
    last = typed.rpartition(" ")[2]
    name, colon, beginning = last.removeprefix("-").partition(":")
    field = BY_NAME.get(name.casefold())
    if colon and field and field.kind is FieldKind.TERMS:
        values = serving().values(field.name, beginning.strip('"'), tokens_of(reader), limit)
        return Completions(field=field.name, values=values)
    answer = serving().suggest(typed, tokens_of(reader), limit)
    ids = [thing.id for thing in answer.things if thing.kind == PRODUCT]
    products = products_shown(reader, ids)
    shown = tuple(products[thing.id] for thing in answer.things if thing.id in products)
    # As many things are stale; a word that no more of them hold may be theirs alone.
    stale = len(answer.things) - len(shown)
    words = tuple(word for word in answer.words if not stale or word.count > stale)
    return Completions(products=shown, words=words)


def addressed(*, visitor: Any, typed: str) -> DataProduct | None:
    """The product whose identifier was pasted, if the visitor may know of it."""
    match = _UUID.fullmatch(typed.strip())
    if match is None:
        return None
    found = DataProduct.objects.visible_to(visitor).select_related("domain")
    return found.filter(Q(uuid=match[1])).first()


def without_one(*, visitor: Any, request: SearchRequest) -> tuple[tuple[Condition, int], ...]:
    """For each filter in force, how many there would be without it; those that help."""
    offers = []
    for condition in request.conditions[:MOST_OFFERS]:
        others = tuple(c for c in request.conditions if c is not condition)
        wider = replace(
            request, conditions=others, limit=1, has_facets=False, has_highlights=False, offset=0,
            cursor=None,
        )  # fmt: skip
        if count := search_catalog(visitor=visitor, request=wider).answer.count:
            offers.append((condition, count))
    return tuple(offers)


def check_engine() -> None:
    """Raise SearchUnavailable unless the engine that answers has an index and is there."""
    engine = serving()
    if not engine.is_ready():
        raise SearchUnavailable(engine.name, "it is down, or holds no index of this version")
