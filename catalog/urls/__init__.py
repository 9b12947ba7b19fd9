"""Routes of the catalog's pages, one list for each kind of work."""

from django.urls import URLPattern, URLResolver

from catalog.urls import accounts, editing, interchange, people, reading, searching, words

urlpatterns: list[URLPattern | URLResolver] = [
    *accounts.urlpatterns,
    *editing.urlpatterns,
    *interchange.urlpatterns,
    *people.urlpatterns,
    *reading.urlpatterns,
    *searching.urlpatterns,
    *words.urlpatterns,
]
