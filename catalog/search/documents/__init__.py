"""The kinds of things that search finds, and how each becomes a document; said once, here."""

from __future__ import annotations

from catalog.domains.models import DOMAIN, Domain
from catalog.glossary.models import TERM, Term
from catalog.products.models import PRODUCT, DataProduct
from catalog.search.documents.domains import documents_of_domains
from catalog.search.documents.products import documents_of
from catalog.search.documents.registry import CHUNK_SIZE, Kind
from catalog.search.documents.terms import documents_of_terms

# In the order in which an index is filled.
KINDS = {
    kind.name: kind
    for kind in (
        Kind(PRODUCT, DataProduct, documents_of),
        Kind(TERM, Term, documents_of_terms),
        Kind(DOMAIN, Domain, documents_of_domains),
    )
}

__all__ = ["CHUNK_SIZE", "KINDS", "Kind", "documents_of"]
