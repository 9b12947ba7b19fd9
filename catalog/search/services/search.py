"""Searching as somebody: their tokens go in, and only what they may see comes out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from catalog.authorization.access import AccessContext, Principal, access_for
from catalog.domains.models import DOMAIN
from catalog.glossary.models import TERM, Term
from catalog.identifiers import normalize
from catalog.people.models import Team
from catalog.products.models import PRODUCT, DataProduct, Status
from catalog.products.summaries import ProductRow
from catalog.search.backends import active_backend
from catalog.search.document import RETIRED
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
from catalog.search.result_types.terms import TermRow
from catalog.search.synonyms import Expansion, expand_synonyms

_UUID = re.compile(
    r"(?:\S*/id/product/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?", re.IGNORECASE
)
_READABLE_NAME = re.compile(r"([\w.-]+\.[\w.-]+)@\S+")
MAX_SLUG_PARTS = 20
MAX_RELAXED = 5


@dataclass(frozen=True)
class SearchResults:
    """The engine's answer, its hits with their current rows, and how the request was read."""

    answer: SearchAnswer
    hits: tuple[tuple[Hit, Any], ...]
    expansions: tuple[Expansion, ...]
    request: SearchRequest


@dataclass(frozen=True)
class Completions:
    """What can follow what is being typed."""

    products: tuple[ProductRow, ...] = ()
    terms: tuple[TermRow, ...] = ()
    domains: tuple[DomainRow, ...] = ()
    words: tuple[Suggestion, ...] = ()
    field: str = ""
    values: tuple[FacetValue, ...] = ()


def search_catalog(*, visitor: Principal | AccessContext, request: SearchRequest) -> SearchResults:
    """Answer a request as a visitor. Raises SearchUnavailable.

    What is found is read again from the database, so what the index has not yet forgotten or
    hidden does not come out.
    """
    access = access_for(visitor)
    spellings = Term.objects.spellings() if request.query else ()
    query, expansions = expand_synonyms(request.query, spellings)
    filters = _resolve_me(request.filters, access)
    request = replace(request, readers=tokens_of(access), query=query, filters=filters)
    return _search(access, request, expansions)


def _search(
    access: AccessContext, request: SearchRequest, expansions: tuple[Expansion, ...]
) -> SearchResults:
    """Search once; what is stale is not counted.

    Where nothing else is left, counts, facets and corrections would tell of the stale alone.
    """
    answer = active_backend().search(request)
    rows = RESULT_TYPES[request.type].read_rows(access, [hit.id for hit in answer.hits])
    if request.type == PRODUCT and not request.asks_for_retired:
        # The index may not know yet that they are retired.
        rows = {id_: row for id_, row in rows.items() if row.status != Status.RETIRED}
    hits = tuple((hit, rows[hit.id]) for hit in answer.hits if hit.id in rows)
    count = answer.count - (len(answer.hits) - len(hits))
    answer = replace(answer, count=count) if count > 0 else SearchAnswer(0, ())
    return SearchResults(answer, hits, expansions, request)


def counts_by_type(*, visitor: Principal | AccessContext, results: SearchResults) -> dict[str, int]:
    """Return how many objects of each type the same query and filters find.

    One more request of the engine counts what is open to everybody. Products are searched, for
    what the index has not yet hidden must not be counted; so is every type where this query
    found nothing, since there it may be spelled otherwise. Raises SearchUnavailable.
    """
    access, answer = access_for(visitor), results.answer
    others = [name for name in TYPES if name != results.request.type]
    searched = [name for name in others if name == PRODUCT or not results.hits]
    counted = [name for name in others if name not in searched]
    first = results.request.first_page()
    corrections = {one.original: one.replacement for one in answer.corrections}
    as_spelled = replace(
        first,
        query=answer.interpreted_query or first.query,
        text=replace_in_text(first.text, corrections),
    )
    counts = {results.request.type: answer.count}
    if counted:
        counts |= active_backend().counts(as_spelled, counted)
    for name in searched:
        request = replace(as_spelled if results.hits else first, type=name)
        counts[name] = _search(access, request, results.expansions).answer.count
    return counts


def tokens_of(access: AccessContext) -> tuple[str, ...] | None:
    """Return the tokens by which an engine decides what is readable; None for everything."""
    return None if access.reads_everything else tuple(sorted(access.tokens))


def _resolve_me(filters: Sequence[Filter], access: AccessContext) -> tuple[Filter, ...]:
    """Replace `owner:me` by the teams of the caller."""
    if not any(one.field == "owner" and "me" in one.values for one in filters):
        return tuple(filters)
    slugs = Team.objects.filter(pk__in=access.team_ids).values_list("slug", flat=True)
    teams = tuple(slugs) or ("\0nobody",)
    return tuple(
        replace(one, values=(*(value for value in one.values if value != "me"), *teams))
        if one.field == "owner" and "me" in one.values
        else one
        for one in filters
    )


def suggest(*, visitor: Principal | AccessContext, text: str, limit: int = 8) -> Completions:
    """Complete what is being typed: values of a field after `name:`, else objects and words.

    Raises SearchUnavailable.
    """
    access, engine = access_for(visitor), active_backend()
    tokens = tokens_of(access)
    name, colon, prefix = text.rpartition(" ")[2].removeprefix("-").partition(":")
    field = BY_NAME.get(name.casefold())
    if colon and field and field.type is FieldType.TERMS:
        # Of one type are the values that filter it; types themselves are of all.
        types: Sequence[str] = TYPES if field.name == "type" else (DEFAULT_TYPE,)
        types = (DEFAULT_TYPE, RETIRED) if field.name == "is" else types
        values = engine.values(field.name, prefix.strip('"'), tokens, limit, types)
        return Completions(field=field.name, values=values)
    answer = engine.suggest(text, tokens, limit)
    products = _rows(access, PRODUCT, answer.objects)
    # As many objects are stale; a word that no more of them have may be theirs alone.
    stale = len(answer.objects) - len(products)
    words = tuple(word for word in answer.words if not stale or word.count > stale)
    others = engine.complete_names(text, tokens, (TERM, DOMAIN), limit)
    terms, domains = (_rows(access, name, others) for name in (TERM, DOMAIN))
    return Completions(products, terms, domains, words)


def _rows(access: AccessContext, name: str, objects: Sequence[Suggestion]) -> tuple[Any, ...]:
    ids = [one.id for one in objects if one.type == name]
    rows = RESULT_TYPES[name].read_rows(access, ids) if ids else {}
    current = (rows[one] for one in ids if one in rows)
    return tuple(row for row in current if name != PRODUCT or row.status != Status.RETIRED)


def find_by_address(*, visitor: Principal | AccessContext, text: str) -> DataProduct | None:
    """Return the product whose identifier was pasted, if the visitor may know of it.

    That is its uuid, its permanent address, or `domain.product@version` of any version.
    """
    if match := _UUID.fullmatch(text.strip()):
        is_named = Q(uuid=match[1])
    elif match := _READABLE_NAME.fullmatch(text.strip()):
        # Slugs may contain dots, so any of them may part the domain from the product.
        parts = normalize(match[1]).split(".")[:MAX_SLUG_PARTS]
        places = [(".".join(parts[:n]), ".".join(parts[n:])) for n in range(1, len(parts))]
        is_named = reduce(or_, (Q(domain__slug=domain, slug=slug) for domain, slug in places))
    else:
        return None
    products = DataProduct.objects.visible_to(visitor).select_related("domain")
    return products.filter(is_named).first()


def relaxed_searches(
    *, visitor: Principal | AccessContext, request: SearchRequest
) -> tuple[tuple[Filter, int], ...]:
    """Return the filters without which there would be results, each with how many."""
    first = replace(request.first_page(), limit=1)
    relaxed = []
    for dropped in request.filters[:MAX_RELAXED]:
        wider = replace(first, filters=tuple(one for one in request.filters if one is not dropped))
        if count := search_catalog(visitor=visitor, request=wider).answer.count:
            relaxed.append((dropped, count))
    return tuple(relaxed)


def check_engine() -> None:
    """Raise SearchUnavailable unless the engine that answers has an index and responds."""
    engine = active_backend()
    if not engine.is_ready():
        raise SearchUnavailable(engine.name, "it is down, or holds no index of this version")
