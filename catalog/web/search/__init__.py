"""Pages of search: the results, their twins for programs, and what is suggested while typing."""

from catalog.web.search.autocomplete import search_suggestions
from catalog.web.search.exports import search_results_csv
from catalog.web.search.feeds import search_feed
from catalog.web.search.results import search_results

__all__ = [
    "search_feed",
    "search_results",
    "search_results_csv",
    "search_suggestions",
]
