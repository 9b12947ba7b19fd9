"""The types of results: each is declared once, in a file of its own."""

from catalog.search.result_types.domains import DOMAINS
from catalog.search.result_types.products import PRODUCTS
from catalog.search.result_types.result_type import CHUNK_SIZE, ResultType
from catalog.search.result_types.terms import TERMS

# In the order of the tabs of the results page, in which an index is filled too.
RESULT_TYPES = {result_type.name: result_type for result_type in (PRODUCTS, TERMS, DOMAINS)}

__all__ = ["CHUNK_SIZE", "RESULT_TYPES", "ResultType"]
