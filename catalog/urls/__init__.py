"""Routes of the catalog's pages, one list for each kind of work."""

from django.urls import URLPattern, URLResolver

from catalog.urls import accounts, editing, people, reading, words

urlpatterns: list[URLPattern | URLResolver] = [
    *accounts.urlpatterns,
    *editing.urlpatterns,
    *people.urlpatterns,
    *reading.urlpatterns,
    *words.urlpatterns,
]
