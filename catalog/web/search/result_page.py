"""The context of the results page."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext
from catalog.glossary.models import TERM
from catalog.products.models import PRODUCT
from catalog.search.fields import DEFAULT_TYPE, MAX_OFFSET, RELEVANCE, SORT_BY_NAME
from catalog.search.filters import QueryWarning
from catalog.search.port import Correction, Facet, Hit, SearchAnswer
from catalog.search.result_types import RESULT_TYPES
from catalog.search.result_types.terms import TermRow
from catalog.search.services.search import (
    SearchResults,
    counts_by_type,
    relaxed_searches,
    search_catalog,
)
from catalog.search.synonyms import Expansion
from catalog.search.url_state import TYPE_PARAM, SearchState, pairs_of, write_cursor
from catalog.web.search import result_labels
from catalog.web.search.bias_reasons import asks_for_groups, bias_reasons
from catalog.web.search.result_labels import FacetLabels, ReasonPart

MAX_VISIBLE_VALUES = 8
MAX_NEAREST_TERMS = 3


@dataclass(frozen=True)
class Tab:
    """A tab for one result type: the same query and filters, other results."""

    label: str
    count: int
    url: str
    is_current: bool


@dataclass(frozen=True)
class ResultCard:
    """One result; `annotation` is what is counted for its row, by the presenter of its type."""

    row: Any
    annotation: Any
    name_html: SafeString
    snippet_html: SafeString
    missing_terms: tuple[str, ...]
    reasons: list[ReasonPart]


@dataclass(frozen=True)
class FacetOption:
    id: str
    value: str
    label: str
    count: int
    is_selected: bool


@dataclass(frozen=True)
class FacetGroup:
    """A facet with its first options and the rest, which is folded."""

    name: str
    label: str
    options: list[FacetOption]
    rest: list[FacetOption]


@dataclass(frozen=True)
class Suggestion:
    """Another search on offer, with what it would find if that is known."""

    label: str
    url: str
    count: int = 0


@dataclass(frozen=True)
class Chip:
    """An active filter, or a warning about something typed."""

    key: str
    value: str = ""
    remove_url: str = ""
    warning: str = ""
    suggestion: Suggestion | None = None


@dataclass(frozen=True)
class SortLink:
    label: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class ResultsPage:
    query: str
    count: int
    count_text: str
    card_template: str
    tabs: list[Tab]
    cards: list[ResultCard]
    facets: list[FacetGroup]
    chips: list[Chip]
    sorts: list[SortLink]
    numbered: Page[int] | None
    cursor_links: dict[str, str]
    corrections: tuple[Correction, ...]
    exact_url: str
    expansions: tuple[Expansion, ...]
    relaxed: list[Suggestion]
    nearest_terms: list[TermRow]
    hidden_inputs: list[tuple[str, str]]
    json_url: str
    csv_url: str
    feed_url: str


def caller_of(request: HttpRequest) -> str:
    """Return the caller that a cursor is valid for."""
    return str(request.user.pk or "anybody")


def is_past_end(state: SearchState, results: SearchResults) -> bool:
    """Return True if a numbered page was requested that these results do not have."""
    is_numbered = state.request.cursor is None and state.request.offset > 0
    return is_numbered and 0 < results.answer.count <= state.request.offset


def last_page(state: SearchState, results: SearchResults) -> SearchState:
    limit = state.request.limit
    last = (min(results.answer.count, MAX_OFFSET) - 1) // limit
    return replace(state, request=replace(state.request, offset=last * limit))


def build_results_page(
    request: HttpRequest, access: AccessContext, state: SearchState, results: SearchResults
) -> ResultsPage:
    answer = results.answer
    labels = result_labels.labels_of(answer.facets)
    pages = Paginator(range(min(answer.count, MAX_OFFSET)), state.request.limit)
    result_type = RESULT_TYPES[state.type]
    # The card of a product shows its annotation only as the reason of such a filter.
    is_annotated = state.type != PRODUCT or asks_for_groups(results.request)
    rows = [row for _, row in results.hits] if is_annotated else []
    annotations = result_type.annotate(access, rows)
    has_none = not answer.count
    return ResultsPage(
        query=state.text,
        count=answer.count,
        count_text=result_type.count_text(answer.count),
        card_template=result_type.card_template,
        tabs=_tabs(access, state, results),
        cards=[_card(hit, row, annotations.get(row.pk), state) for hit, row in results.hits],
        facets=[_facet(facet, labels) for facet in answer.facets if facet.values],
        chips=[*_filter_chips(state, labels), *_warning_chips(state, results)],
        sorts=_sorts(state),
        numbered=None if state.request.cursor else pages.get_page(state.page),
        cursor_links=_cursor_links(request, state, answer),
        corrections=tuple(answer.corrections),
        exact_url=f"?{state.address(verbatim='1')}",
        expansions=tuple(results.expansions),
        relaxed=_relaxed(request, state) if state.request.filters and has_none else [],
        nearest_terms=_nearest_terms(access, state) if has_none else [],
        hidden_inputs=_hidden_inputs(state),
        json_url=f"{reverse('api:search')}?{state.address()}",
        csv_url=f"{reverse('search_results_csv')}?{state.address()}",
        feed_url=f"{reverse('search_feed')}?{state.address(sort='')}"
        if state.type == PRODUCT
        else "",
    )


def _tabs(access: AccessContext, state: SearchState, results: SearchResults) -> list[Tab]:
    counts = counts_by_type(visitor=access, results=results)
    return [
        Tab(
            label=str(result_type.label),
            count=counts[name],
            url=f"?{state.address(type='' if name == DEFAULT_TYPE else name)}",
            is_current=name == state.type,
        )
        for name, result_type in RESULT_TYPES.items()
    ]


def _nearest_terms(access: AccessContext, state: SearchState) -> list[TermRow]:
    """Return the glossary terms nearest to a query that found nothing."""
    if not state.text or state.type == TERM:
        return []
    first = state.request.first_page()
    wider = replace(first, type=TERM, filters=(), limit=MAX_NEAREST_TERMS)
    return [row for _, row in search_catalog(visitor=access, request=wider).hits]


def _card(hit: Hit, row: Any, annotation: Any, state: SearchState) -> ResultCard:
    reasons = hit.reasons
    if hit.type == PRODUCT:
        reasons += bias_reasons(annotation, state.request)
    return ResultCard(
        row=row,
        annotation=annotation,
        name_html=result_labels.trusted(hit.highlights.get("name", "")),
        snippet_html=result_labels.trusted(hit.highlights.get("summary", "")),
        missing_terms=tuple(hit.missing_terms),
        reasons=result_labels.reason_parts(hit, row, reasons),
    )


def _facet(facet: Facet, labels: FacetLabels) -> FacetGroup:
    values = sorted(facet.values, key=lambda value: not value.is_chosen)
    options = [
        FacetOption(
            # By its value, not its place: the focus finds it again in the next list.
            id=f"f-{facet.name}-{quote(value.value, safe='')}",
            value=value.value,
            label=result_labels.label_of(labels, facet.name, value.value),
            count=value.count,
            is_selected=value.is_chosen,
        )
        for value in values
    ]
    return FacetGroup(
        name=facet.name,
        label=str(result_labels.FACETS.get(facet.name, facet.name)),
        options=options[:MAX_VISIBLE_VALUES],
        rest=options[MAX_VISIBLE_VALUES:],
    )


def _filter_chips(state: SearchState, labels: FacetLabels) -> list[Chip]:
    return [
        Chip(
            key=f"{name}:",
            value=result_labels.label_of(labels, name.removeprefix("-"), value),
            remove_url=f"?{state.address([pair for pair in state.filters if pair != chip])}",
        )
        for chip in state.filters
        for name, value in [chip]
    ]


def _warning_chips(state: SearchState, results: SearchResults) -> list[Chip]:
    return [
        Chip(
            key=warning.typed,
            warning=result_labels.warning_text(warning),
            suggestion=_replacement(state, warning.typed, warning.offer) if warning.offer else None,
        )
        for warning in state.warnings
    ] + [
        Chip(
            key=warning.typed,
            warning=result_labels.warning_text(warning),
            suggestion=_with_attribute(state, warning),
        )
        for warning in results.warnings
    ]


def _with_attribute(state: SearchState, warning: QueryWarning) -> Suggestion:
    """Return the search with the attribute that was probably meant."""
    name, colon, _value = warning.typed.partition(":")
    renamed = name if colon else f"{name.partition('(')[0]}({warning.offer})"
    filters = [
        pair if pair[0] != name else (renamed, warning.offer if colon else pair[1])
        for pair in state.filters
    ]
    return Suggestion(warning.offer, f"?{state.address(filters)}")


def _replacement(state: SearchState, typed: str, offer: str) -> Suggestion:
    """Return the search with what was not understood replaced by what was probably meant."""
    name, colon, _value = typed.partition(":")
    text = f"{name}:{offer}" if colon else offer
    return Suggestion(text, f"?{state.address(q=state.text.replace(typed, text, 1))}")


def _sorts(state: SearchState) -> list[SortLink]:
    names = (RELEVANCE, *SORT_BY_NAME) if state.type == PRODUCT else (RELEVANCE, "name")
    return [
        SortLink(
            label=str(result_labels.SORTS[name]),
            url=f"?{state.address(sort='' if name == RELEVANCE else name)}",
            is_current=state.sort == name,
        )
        for name in names
    ]


def _cursor_links(request: HttpRequest, state: SearchState, answer: SearchAnswer) -> dict[str, str]:
    """Return the links from the last numbered page to those after it, and between these."""
    end = state.request.offset + state.request.limit
    if state.request.cursor is None and (answer.count <= MAX_OFFSET or end < MAX_OFFSET):
        return {}
    cursors = {"previous": answer.previous, "next": answer.next, "last": answer.last}
    caller = caller_of(request)
    return {
        name: f"?{state.address(cursor=write_cursor(cursor, state, caller=caller))}"
        for name, cursor in cursors.items()
        if cursor is not None
    }


def _relaxed(request: HttpRequest, state: SearchState) -> list[Suggestion]:
    """Return the searches without one of the filters each that have results."""
    suggestions = []
    for condition, count in relaxed_searches(visitor=request.user, request=state.request):
        pairs = pairs_of(condition)
        text = ", ".join(f"{name}:{value}" for name, value in pairs)
        label = _("without %(filter)s") % {"filter": text}
        remaining = [pair for pair in state.filters if pair not in pairs]
        suggestions.append(Suggestion(label, f"?{state.address(remaining)}", count))
    return suggestions


def _hidden_inputs(state: SearchState) -> list[tuple[str, str]]:
    """Return the hidden inputs of the facets form: all parameters but query and facets."""
    inputs = [pair for pair in state.filters if pair[0] not in result_labels.FACETS]
    inputs += [("sort", state.sort)] if state.sort != RELEVANCE else []
    inputs += [(TYPE_PARAM, state.type)] if state.type != DEFAULT_TYPE else []
    return inputs + ([("verbatim", "1")] if state.is_exact else [])
