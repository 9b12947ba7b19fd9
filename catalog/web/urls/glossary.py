"""Routes of the glossary."""

from django.urls import path

from catalog.web.glossary.views import (
    term_edit,
    term_list,
    term_new,
    term_page,
)

urlpatterns = [
    path("glossary", term_list, name="term_list"),
    path("glossary/new", term_new, name="term_new"),
    path("glossary/<str:slug>", term_page, name="term_page"),
    path("glossary/<str:slug>/<int:pk>/edit", term_edit, name="term_edit"),
]
