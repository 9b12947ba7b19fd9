"""Answering a search as somebody: their tokens go in, and only what they may see comes out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from catalog.authorization.access import AccessContext, access_for
from catalog.domains.models import DOMAIN
from catalog.glossary.models import TERM, Term
from catalog.people.models import Team
from catalog.products.models import PRODUCT, DataProduct
from catalog.search.backends import active_backend
from catalog.search.fields import BY_NAME, DEFAULT_TYPE, TYPES, FieldType
from catalog.search.filters import Filter
from catalog.search.port import (
    FacetValue,
    Hit,
    SearchAnswer,
    SearchRequest,
    SearchUnavailable,
    Suggestion,
)
from catalog.search.query_ast import replace_in_text
from catalog.search.result_types import RESULT_TYPES
from catalog.search.result_types.domains import DomainRow
from catalog.search.result_types.products import ProductRow, read_products
from catalog.search.result_types.terms import TermRow
from catalog.search.synonyms import Expansion, expand_synonyms

_UUID = re.compile(
    r"(?:\S*/id/product/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?", re.IGNORECASE
)
MOST_OFFERS = 5


@dataclass(frozen=True)
class Found:
    """What a search found: the engine's answer, its rows as they stand, and how it was read."""

    answer: SearchAnswer
    hits: tuple[tuple[Hit, Any], ...]
    expansions: tuple[Expansion, ...]
    asked: SearchRequest


@dataclass(frozen=True)
class Completions:
    """What can follow what is being typed."""

    products: tuple[ProductRow, ...] = ()
    terms: tuple[TermRow, ...] = ()
    domains: tuple[DomainRow, ...] = ()
    words: tuple[Suggestion, ...] = ()
    field: str = ""
    values: tuple[FacetValue, ...] = ()


def search_catalog(*, visitor: Any, request: SearchRequest) -> Found:
    """Answer a request as a visitor. Raises SearchUnavailable.

    What is found is read again from the database, so what the index has not yet forgotten or
    hidden does not come out.
    """
    reader = access_for(visitor)
    asked, expansions = _as_asked(reader, request)
    return _found(reader, asked, expansions)


def counts_by_kind(*, visitor: Any, found: Found) -> dict[str, int]:
    """Return how many things of each type the words and filters find that found these.

    One more request of the engine counts what is open to everybody. Products are searched, for
    what the index has not yet hidden must not be counted; so is every type where these words
    found nothing, since there they may be spelled otherwise. Raises SearchUnavailable.
    """
    reader, own = access_for(visitor), found.asked.type
    searched = [
        object_type
        for object_type in TYPES
        if object_type != own and (object_type == PRODUCT or not found.hits)
    ]
    counted = [
        object_type for object_type in TYPES if object_type != own and object_type not in searched
    ]
    first = replace(found.asked, offset=0, cursor=None, has_facets=False, has_highlights=False)
    words = found.answer.interpreted_query or first.query
    as_spelled = replace(first, query=words, text=_as_searched(found))
    counts = {own: found.answer.count}
    if counted:
        counts |= active_backend().counts(as_spelled, counted)
    for object_type in searched:
        asked = replace(as_spelled if found.hits else first, type=object_type)
        counts[object_type] = _found(reader, asked, found.expansions).answer.count
    return counts


def _as_searched(found: Found) -> str:
    """Return what was typed with the words that were searched instead."""
    searched = {each.original: each.replacement for each in found.answer.corrections}
    return replace_in_text(found.asked.text, searched)


def _as_asked(
    reader: AccessContext, request: SearchRequest
) -> tuple[SearchRequest, tuple[Expansion, ...]]:
    """Return a request with the reader's tokens, teams, and the glossary's other spellings."""
    words, expansions = expand_synonyms(
        request.query, Term.objects.spellings() if request.query else ()
    )
    conditions = _without_me(request.filters, reader)
    asked = replace(request, readers=tokens_of(reader), query=words, filters=conditions)
    return asked, expansions


def _found(reader: AccessContext, asked: SearchRequest, expansions: tuple[Expansion, ...]) -> Found:
    answer = active_backend().search(asked)
    rows = RESULT_TYPES[asked.type].read_rows(reader, [hit.id for hit in answer.hits])
    hits = tuple((hit, rows[hit.id]) for hit in answer.hits if hit.id in rows)
    return Found(_without_stale(answer, len(hits)), hits, expansions, asked)


def _without_stale(answer: SearchAnswer, shown: int) -> SearchAnswer:
    """Take back the count of what the index has not yet forgotten or hidden.

    Where nothing is left, counts, facets and corrections would tell of nothing else.
    """
    count = answer.count - (len(answer.hits) - shown)
    return replace(answer, count=count) if count > 0 else SearchAnswer(0, ())


def tokens_of(reader: AccessContext) -> tuple[str, ...] | None:
    """The tokens by which an engine decides what a reader may find; None for everything."""
    return None if reader.reads_everything else tuple(sorted(reader.tokens))


def _without_me(conditions: Sequence[Filter], reader: AccessContext) -> tuple[Filter, ...]:
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
    """Complete what is being typed: values of a field after `name:`, else things and words.

    Raises SearchUnavailable.
    """
    reader = access_for(visitor)
    last = typed.rpartition(" ")[2]
    name, colon, beginning = last.removeprefix("-").partition(":")
    field = BY_NAME.get(name.casefold())
    if colon and field and field.type is FieldType.TERMS:
        # Of one type are the values that filter it; types themselves are of all.
        types = TYPES if field.name == "type" else (DEFAULT_TYPE,)
        typed = beginning.strip('"')
        values = active_backend().values(field.name, typed, tokens_of(reader), limit, types)
        return Completions(field=field.name, values=values)
    answer = active_backend().suggest(typed, tokens_of(reader), limit)
    ids = [thing.id for thing in answer.objects if thing.type == PRODUCT]
    products = read_products(reader, ids)
    shown = tuple(products[thing.id] for thing in answer.objects if thing.id in products)
    # As many things are stale; a word that no more of them hold may be theirs alone.
    stale = len(answer.objects) - len(shown)
    words = tuple(word for word in answer.words if not stale or word.count > stale)
    others = active_backend().named(typed, tokens_of(reader), (TERM, DOMAIN), limit)
    terms, domains = (_rows(reader, object_type, others) for object_type in (TERM, DOMAIN))
    return Completions(products=shown, terms=terms, domains=domains, words=words)


def _rows(reader: AccessContext, object_type: str, things: Sequence[Suggestion]) -> tuple[Any, ...]:
    ids = [thing.id for thing in things if thing.type == object_type]
    rows = RESULT_TYPES[object_type].read_rows(reader, ids) if ids else {}
    return tuple(rows[each] for each in ids if each in rows)


def find_by_address(*, visitor: Any, typed: str) -> DataProduct | None:
    """The product whose identifier was pasted, if the visitor may know of it."""
    match = _UUID.fullmatch(typed.strip())
    if match is None:
        return None
    found = DataProduct.objects.visible_to(visitor).select_related("domain")
    return found.filter(Q(uuid=match[1])).first()


def relaxed_searches(*, visitor: Any, request: SearchRequest) -> tuple[tuple[Filter, int], ...]:
    """For each filter in force, how many there would be without it; those that help."""
    offers = []
    for condition in request.filters[:MOST_OFFERS]:
        others = tuple(c for c in request.filters if c is not condition)
        wider = replace(
            request, filters=others, limit=1, has_facets=False, has_highlights=False, offset=0,
            cursor=None,
        )  # fmt: skip
        if count := search_catalog(visitor=visitor, request=wider).answer.count:
            offers.append((condition, count))
    return tuple(offers)


def check_engine() -> None:
    """Raise SearchUnavailable unless the engine that answers has an index and is there."""
    engine = active_backend()
    if not engine.is_ready():
        raise SearchUnavailable(engine.name, "it is down, or holds no index of this version")
