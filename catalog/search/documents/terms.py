"""From a business term to the document that search holds of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catalog.authorization.access import PUBLIC
from catalog.glossary.models import TERM, Term
from catalog.search.document import SearchDocument
from catalog.search.documents.related import places_of


def documents_of_terms(terms: Iterable[Term]) -> Iterator[SearchDocument]:
    """Yield the document of each term; the glossary is open to everybody."""
    listed = list(terms)
    around = places_of({term.domain_id for term in listed if term.domain_id is not None})
    for term in listed:
        places = around[term.domain_id] if term.domain_id is not None else []
        yield SearchDocument(
            type=TERM,
            id=str(term.uuid),
            revision=term.revision,
            readers=(PUBLIC,),
            name=term.name,
            slug=term.slug,
            summary=term.definition,
            aliases=(str(term.uuid), *term.synonyms, *term.acronyms),
            domains=tuple(place.slug for place in places),
            domain_names=tuple(place.name for place in places),
        )
