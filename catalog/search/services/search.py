"""Searching as somebody: their tokens go in, and only what they may see comes out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from catalog.authorization.access import AccessContext, Principal, access_for
from catalog.domains.models import DOMAIN
from catalog.glossary.models import TERM, Term
from catalog.identifiers import normalize
from catalog.products.models import PRODUCT, DataProduct, Status
from catalog.products.summaries import ProductRow
from catalog.search.backends import active_backend
from catalog.search.document import RETIRED
from catalog.search.fields import BY_NAME, DEFAULT_TYPE, FACET_SIZE, OWNERS, TYPES, FieldType
from catalog.search.filters import Filter, QueryWarning
from catalog.search.port import (
    FacetValue,
    Hit,
    ReaderTokens,
    Reason,
    SearchAnswer,
    SearchRequest,
    SearchUnavailable,
    Suggestion,
)
from catalog.search.query_ast import replace_in_text
from catalog.search.result_types import RESULT_TYPES
from catalog.search.result_types.domains import DomainRow
from catalog.search.result_types.terms import TermRow
from catalog.search.scripts import nfc
from catalog.search.services.owners import (
    add_owned,
    named_teams,
    resolve_owners,
    responsible_people,
)
from catalog.search.spelling import MIN_LENGTH_FOR_TWO_EDITS, distance
from catalog.search.synonyms import Expansion, expand_synonyms, other_spellings

if TYPE_CHECKING:
    from catalog.search.flow.engine import SearchBackend

_UUID = re.compile(
    r"(?:\S*/id/product/)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?", re.IGNORECASE
)
# An attribute that is being typed: `min_share(se`.
_KEY_START = re.compile(r'-?(?P<name>\w+)\("?(?P<prefix>[\w-]*)\Z')
_READABLE_NAME = re.compile(r"([\w.-]+\.[\w.-]+)@\S+")
MAX_SLUG_PARTS = 20
MAX_RELAXED = 5
MAX_COLUMNS = 2
MAX_PRODUCTS_OF_COLUMN = 3


@dataclass(frozen=True)
class SearchResults:
    """The engine's answer, its hits with their current rows, and how the request was read.

    `owners` are the people that the query names, whose products are among the results. `warnings`
    are about filters that name what nothing readable has.
    """

    answer: SearchAnswer
    hits: tuple[tuple[Hit, Any], ...]
    expansions: tuple[Expansion, ...]
    request: SearchRequest
    owners: tuple[str, ...] = ()
    warnings: tuple[QueryWarning, ...] = ()


@dataclass(frozen=True)
class Owner:
    """A team or a person, and the value of the filter `owner` that means them."""

    name: str
    value: str


@dataclass(frozen=True)
class Completions:
    """What can follow what is being typed."""

    products: tuple[ProductRow, ...] = ()
    owners: tuple[Owner, ...] = ()
    columns: tuple[FacetValue, ...] = ()
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
    query, owners = add_owned(query, request.text)
    request = replace(
        request,
        readers=tokens_of(access),
        query=query,
        filters=resolve_owners(request.filters, access),
        # The name of a person is no typo, even if no document contains it.
        is_corrected=request.is_corrected and not owners,
    )
    results = _search(access, request, expansions, owners)
    if results.answer.count:
        return results
    return replace(results, warnings=tuple(_unknown_attributes(request)))


def _unknown_attributes(request: SearchRequest) -> Iterator[QueryWarning]:
    """Yield each filter by an attribute that nothing readable has, but one nearly of that name."""
    filters = [one for one in request.filters if one.key or one.field == "imbalance"]
    if not filters:
        return
    values = active_backend().values("imbalance", "", request.readers, FACET_SIZE)
    known = [value.value for value in values]
    for one in filters:
        name = one.key.removeprefix(f"{one.field}.") or one.values[0].partition("=")[0]
        edits = 2 if len(name) >= MIN_LENGTH_FOR_TWO_EDITS else 1
        ranked = [(distance(name, other, edits), other) for other in known]
        edit, nearest = min(ranked, default=(edits + 1, ""))
        if 0 < edit <= edits:
            text = one.parameter if one.key else f"{one.parameter}:{name}"
            yield QueryWarning("unknown-attribute", text, nearest)


def _search(
    access: AccessContext,
    request: SearchRequest,
    expansions: tuple[Expansion, ...],
    owners: tuple[str, ...] = (),
) -> SearchResults:
    """Search once; what is stale is not counted.

    Where nothing else is left, counts, facets and corrections would tell of the stale alone.
    """
    answer = active_backend().search(request)
    rows = RESULT_TYPES[request.type].read_rows(access, [hit.id for hit in answer.hits])
    if request.type == PRODUCT and not request.asks_for_retired:
        # The index may not know yet that they are retired.
        rows = {id_: row for id_, row in rows.items() if row.status != Status.RETIRED}
    hits = tuple((_explained(hit, owners), rows[hit.id]) for hit in answer.hits if hit.id in rows)
    count = answer.count - (len(answer.hits) - len(hits))
    answer = replace(answer, count=count) if count > 0 else SearchAnswer(0, ())
    return SearchResults(answer, hits, expansions, request, owners)


def _explained(hit: Hit, owners: tuple[str, ...]) -> Hit:
    """Return a hit with the owner as its reason if no text of it contains the query."""
    if hit.reasons or not owners:
        return hit
    return replace(hit, reasons=(Reason(OWNERS, owners, len(owners)),))


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
        results_of_type = _search(access, request, results.expansions, results.owners)
        counts[name] = results_of_type.answer.count
    return counts


def tokens_of(access: AccessContext) -> tuple[str, ...] | None:
    """Return the tokens by which an engine decides what is readable; None for everything."""
    return None if access.reads_everything else tuple(sorted(access.tokens))


def suggest(*, visitor: Principal | AccessContext, text: str, limit: int = 8) -> Completions:
    """Complete what is being typed: values of a field after `name:`, else objects and words.

    Raises SearchUnavailable.
    """
    access, engine, text = access_for(visitor), active_backend(), nfc(text)
    tokens = tokens_of(access)
    last = text.rpartition(" ")[2]
    if (match := _KEY_START.match(last)) and (field := BY_NAME.get(match["name"].casefold())):
        values = engine.values(field.name, match["prefix"], tokens, limit)
        return Completions(field=field.name, values=values if field.offered else ())
    name, colon, prefix = last.removeprefix("-").partition(":")
    field = BY_NAME.get(name.casefold())
    if colon and field and field.type is FieldType.TERMS:
        # Of one type are the values that filter it; types themselves are of all.
        types: Sequence[str] = TYPES if field.name == "type" else (DEFAULT_TYPE,)
        types = (DEFAULT_TYPE, RETIRED) if field.name == "is" else types
        values = engine.values(field.name, prefix.strip('"'), tokens, limit, types)
        return Completions(field=field.name, values=values)
    texts = (text, *other_spellings(text, Term.objects.spellings()))
    answers = [engine.suggest(one, tokens, limit) for one in texts]
    unique = dict.fromkeys(one for answer in answers for one in answer.objects)
    objects = tuple(unique)[:limit]
    products = _rows(access, PRODUCT, objects)
    # This many objects are stale; a word that no more of them have may be theirs alone.
    stale = len(objects) - len(products)
    words = {word.text: word for answer in answers for word in answer.words}
    others = engine.complete_names(text, tokens, (TERM, DOMAIN), limit)
    terms, domains = (_rows(access, name, others) for name in (TERM, DOMAIN))
    columns = engine.values("column", last, tokens, MAX_COLUMNS) if len(last) > 1 else ()
    return Completions(
        products=products,
        owners=tuple(_owners(text, engine, tokens)),
        columns=tuple(one for one in columns if _is_column_readable(access, one.value)),
        terms=terms,
        domains=domains,
        words=tuple(word for word in words.values() if not stale or word.count > stale),
    )


def _is_column_readable(access: AccessContext, name: str) -> bool:
    """Return True if a product with this column is readable now, whatever the index says."""
    request = SearchRequest(
        readers=tokens_of(access),
        filters=(Filter("column", (name,)),),
        limit=MAX_PRODUCTS_OF_COLUMN,
        has_facets=False,
        has_highlights=False,
    )
    return bool(_search(access, request, ()).hits)


def _owners(text: str, engine: SearchBackend, tokens: ReaderTokens) -> Iterator[Owner]:
    """Yield the teams and people with such a name whose products are open to the caller."""
    if teams := named_teams(text, is_prefix=True):
        used = {value.value for value in engine.values("owner", "", tokens, FACET_SIZE)}
        yield from (Owner(team.name, team.slug) for team in teams if team.slug in used)
    if people := responsible_people(text, is_prefix=True):
        used = {value.value for value in engine.values("domain", "", tokens, FACET_SIZE)}
        yield from (
            Owner(person.name, person.name) for person in people if used & set(person.domains)
        )


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
