"""Routes of the catalog's pages, one list for each kind of work."""

from django.urls import URLPattern, URLResolver

from catalog.urls import reading, words

urlpatterns: list[URLPattern | URLResolver] = [*reading.urlpatterns, *words.urlpatterns]
