"""Routes of the glossary."""

from django.urls import path

from catalog.web.glossary.views import (
    term_edit,
    term_list,
    term_list_json,
    term_new,
    term_page,
    term_page_json,
)

urlpatterns = [
    path("glossary", term_list, name="term_list"),
    path("glossary.json", term_list_json, name="term_list_json"),
    path("glossary/new", term_new, name="term_new"),
    path("glossary/<str:slug>.json", term_page_json, name="term_page_json"),
    path("glossary/<str:slug>", term_page, name="term_page"),
    path("glossary/<str:slug>/<int:pk>/edit", term_edit, name="term_edit"),
]
