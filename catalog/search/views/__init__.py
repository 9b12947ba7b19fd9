"""Pages of search: the results, their twins for programs, and what is suggested while typing."""

from catalog.search.views.feeds import search_feed
from catalog.search.views.programs import search_results_csv, search_results_json
from catalog.search.views.results import search_results
from catalog.search.views.suggesting import search_suggestions

__all__ = [
    "search_feed",
    "search_results",
    "search_results_csv",
    "search_results_json",
    "search_suggestions",
]
