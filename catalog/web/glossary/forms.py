"""What a page sends about a business term."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.domains.models import Domain
from catalog.glossary.models import Term
from catalog.types import FormValues
from catalog.web.forms.fields import SingleLineField, TextAreaField
from catalog.web.forms.versioned import CatalogForm, VersionedForm


def split_words(text: str) -> list[str]:
    """Return the words of a text that has one on each line, or commas between."""
    return [word.strip() for line in text.splitlines() for word in line.split(",") if word.strip()]


class TermForm(CatalogForm):
    FIELD_PATHS = {"synonyms": "synonyms", "acronyms": "acronyms"}

    name = SingleLineField(label=_("Term"), max_length=120)
    definition = TextAreaField(label=_("Definition"), max_length=5000)
    synonyms = TextAreaField(
        label=_("Synonyms"), required=False, rows=3, help_text=_("One per line.")
    )
    acronyms = SingleLineField(
        label=_("Acronyms"), required=False, help_text=_("Separated by commas.")
    )

    def clean_synonyms(self) -> list[str]:
        return split_words(self.cleaned_data["synonyms"])

    def clean_acronyms(self) -> list[str]:
        return split_words(self.cleaned_data["acronyms"])


class NewTermForm(TermForm):
    slug = SingleLineField(
        label=_("URL name"),
        max_length=120,
        required=False,
        help_text=_("Made from the term if empty. Lowercase letters, digits and dashes."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    domain = forms.ModelChoiceField(
        Domain.objects.none(),
        label=_("Domain"),
        required=False,
        empty_label=_("whole mesh"),
    )


class EditTermForm(TermForm, VersionedForm):
    @staticmethod
    def initial_of(term: Term) -> FormValues:
        """Return the fields of a term as the form shows them."""
        return {
            "name": term.name,
            "definition": term.definition,
            "synonyms": "\n".join(term.synonyms),
            "acronyms": ", ".join(term.acronyms),
            "edition": term.edition,
        }
