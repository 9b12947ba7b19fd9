"""What a page sends about a business term."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.domains.models import Domain
from catalog.glossary.models import Term
from catalog.web.forms.fields import SingleLineField, TextAreaField
from catalog.web.forms.versioned import CatalogForm, VersionedForm


def split_words(text: str) -> list[str]:
    """Return the words of a text that has one on each line, or commas between."""
    return [word.strip() for line in text.splitlines() for word in line.split(",") if word.strip()]


class TermForm(CatalogForm):
    """A new term."""

    FIELD_PATHS = {"synonyms": "synonyms", "acronyms": "acronyms"}

    name = SingleLineField(label=_("Word"), max_length=120)
    definition = TextAreaField(label=_("What it means"), max_length=5000)
    synonyms = TextAreaField(
        label=_("Synonyms"), required=False, rows=3, help_text=_("One on each line.")
    )
    acronyms = SingleLineField(
        label=_("Acronyms"), required=False, help_text=_("With commas between.")
    )

    def fields_of_term(self) -> dict[str, Any]:
        """Return what the services take."""
        cleaned = self.cleaned_data
        return {
            "name": cleaned["name"],
            "definition": cleaned["definition"],
            "synonyms": split_words(cleaned["synonyms"]),
            "acronyms": split_words(cleaned["acronyms"]),
        }


class NewTermForm(TermForm):
    """A new term with the place where it holds."""

    domain = forms.ModelChoiceField(
        Domain.objects.none(),
        label=_("Where it means this"),
        required=False,
        empty_label=_("in the whole mesh"),
    )


class EditTermForm(TermForm, VersionedForm):
    """A term as it stands, to be changed."""

    @staticmethod
    def initial_of(term: Term) -> dict[str, Any]:
        """Return the fields of a term as the form shows them."""
        return {
            "name": term.name,
            "definition": term.definition,
            "synonyms": "\n".join(term.synonyms),
            "acronyms": ", ".join(term.acronyms),
            "edition": term.edition,
        }
