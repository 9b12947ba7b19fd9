"""Routes of the catalog's pages, one list for each kind of work."""

from django.urls import URLPattern, URLResolver

from catalog.web.urls import accounts, editing, glossary, manifests, people, reading, search

urlpatterns: list[URLPattern | URLResolver] = [
    *accounts.urlpatterns,
    *editing.urlpatterns,
    *manifests.urlpatterns,
    *people.urlpatterns,
    *reading.urlpatterns,
    *search.urlpatterns,
    *glossary.urlpatterns,
]
