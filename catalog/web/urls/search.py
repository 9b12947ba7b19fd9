"""Routes of search: the results, their twins for programs, and suggestions."""

from django.urls import path

from catalog.web.search import (
    search_feed,
    search_results,
    search_results_csv,
    search_suggestions,
)

urlpatterns = [
    path("search", search_results, name="search_results"),
    path("search.atom", search_feed, name="search_feed"),
    path("search.csv", search_results_csv, name="search_results_csv"),
    path("search/suggest", search_suggestions, name="search_suggestions"),
]
