"""Routes of search: the results, their CSV and feed, and suggestions."""

from django.urls import path

from catalog.web.search.autocomplete import search_suggestions
from catalog.web.search.exports import search_feed, search_results_csv
from catalog.web.search.results import search_results

urlpatterns = [
    path("search", search_results, name="search_results"),
    path("search.atom", search_feed, name="search_feed"),
    path("search.csv", search_results_csv, name="search_results_csv"),
    path("search/suggest", search_suggestions, name="search_suggestions"),
]
