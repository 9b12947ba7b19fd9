"""Answering a request: match, correct, complete, page, highlight, count facets."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from catalog.search.document import split_key
from catalog.search.fields import BY_NAME, FACETS, MEANING, MIN_DOCUMENTS_WITH_ALL_TERMS
from catalog.search.filters import Filter
from catalog.search.flow.session import Match, Page, PageRequest, SearchSession
from catalog.search.flow.spelling import complete_terms, correct_terms, unmatched_terms
from catalog.search.highlighting import Highlighter, Highlights, highlight_all
from catalog.search.port import (
    Correction,
    Facet,
    FacetValue,
    Hit,
    Reason,
    SearchAnswer,
    SearchRequest,
)
from catalog.search.query_ast import (
    Expression,
    all_terms,
    highlight_terms,
    is_plain,
    is_single_term,
    replace_in_text,
    replace_terms,
    scoring_clauses,
    scoring_terms,
)
from catalog.search.stemming import STEMMER


class _Attempt(NamedTuple):
    """A reading of the query and the page that it brought, if it is known to be the one."""

    query: Expression
    text: str
    page: Page | None

    @property
    def requires_all(self) -> bool:
        """The page holds documents with all of several terms."""
        return self.page is not None and len(scoring_clauses(self.query)) > 1

    def matched_terms(self) -> set[str]:
        """Return the words that are known to be in a readable document."""
        is_matched = self.requires_all or (
            self.page is not None and self.page.count > 0 and is_single_term(self.query)
        )
        texts = scoring_terms(self.query) if is_matched else ()
        return {term for text in texts for term in all_terms(text)}


def answer(session: SearchSession, request: SearchRequest) -> SearchAnswer:
    """Answer a request as its caller.

    The page of documents with any of several terms is the most expensive one, so it is asked for
    only once it is known how the terms are spelled.
    """
    attempt = _try_all_terms(session, request, request.query, request.text)
    corrections: dict[str, str] = {}
    if unmatched := unmatched_terms(session, request.query, attempt.matched_terms()):
        corrections = correct_terms(session, unmatched) if request.is_corrected else {}
        prefixes = [word for term, word in unmatched.items() if term not in corrections]
        query = complete_terms(session, replace_terms(request.query, corrections), prefixes)
        if query != request.query:
            text = replace_in_text(request.text, corrections)
            attempt = _try_all_terms(session, request, query, text)
    query = attempt.query
    page = attempt.page or _page(session, request, query, attempt.text)
    return SearchAnswer(
        count=page.count,
        hits=tuple(_hits(page, query, request)),
        facets=tuple(_facets(page, request)) if request.has_facets else (),
        corrections=tuple(Correction(*pair) for pair in corrections.items()),
        interpreted_query=query,
        **page.cursors(),
    )


def _try_all_terms(
    session: SearchSession, request: SearchRequest, query: Expression, text: str
) -> _Attempt:
    """Return the page of all terms, if enough readable documents contain them, or of one."""
    if len(scoring_clauses(query)) <= 1:
        return _Attempt(query, text, _page(session, request, query, text))
    # Without filters the page itself counts the documents with all terms: a request less.
    is_counted_by_page = is_plain(query) and not request.filters
    if not is_counted_by_page and not has_enough(session, query):
        return _Attempt(query, text, None)
    page = _page(session, request, query, text, requires_all=True)
    is_enough = not is_counted_by_page or page.count >= MIN_DOCUMENTS_WITH_ALL_TERMS
    return _Attempt(query, text, page if is_enough else None)


def has_enough(session: SearchSession, query: Expression) -> bool:
    """Return True if enough readable documents contain all terms to leave out the others."""
    counts = session.count({"all": Match(query, requires_all=True)})
    return counts["all"] >= MIN_DOCUMENTS_WITH_ALL_TERMS


def _page(
    session: SearchSession,
    request: SearchRequest,
    query: Expression,
    text: str,
    *,
    requires_all: bool = False,
) -> Page:
    selected = _selected(request)
    rest = tuple(one for one in request.filters if selected.get(one.field) is not one)
    match = Match(query, text, requires_all, rest)
    terms = {} if requires_all or is_single_term(query) else scoring_terms(query)
    return session.page(PageRequest(match, request, selected, terms))


def _selected(request: SearchRequest) -> dict[str, Filter]:
    """Return the filters that select values of a facet, by facet."""
    return {f.field: f for f in request.filters if f.is_choice and BY_NAME[f.field].is_facet}


def _hits(page: Page, query: Expression, request: SearchRequest) -> Iterator[Hit]:
    highlights: Sequence[Highlights] = [({}, ())] * len(page.hits)
    if request.has_highlights and query:
        # The server took as long to highlight the texts as for all the rest of the answer.
        highlighter = Highlighter(STEMMER, highlight_terms(query), request.text)
        highlights = highlight_all(highlighter, [hit.texts for hit in page.hits])
    for hit, (texts, reasons) in zip(page.hits, highlights, strict=True):
        reasons += (Reason(MEANING, (), 0),) if hit.is_boosted else ()
        yield Hit(*split_key(hit.key), hit.score, texts, reasons, hit.missing_terms)


def _facets(page: Page, request: SearchRequest) -> Iterator[Facet]:
    """Yield the facets: the most frequent values first, selected ones even at zero."""
    counts, selected = page.facet_counts(), _selected(request)
    for facet in FACETS:
        chosen = selected[facet.name].values if facet.name in selected else ()
        values = dict.fromkeys(chosen, 0) | dict(counts[facet.name])
        ordered = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
        yield Facet(facet.name, tuple(FacetValue(v, n, v in chosen) for v, n in ordered))
