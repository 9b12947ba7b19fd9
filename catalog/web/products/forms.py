"""Forms of a product: its description and its readers."""

import csv
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from catalog.domains.models import Domain
from catalog.identifiers import is_slug, slug_issues, slug_of
from catalog.people.models import Team
from catalog.products.models import DataProduct, Sensitivity, Visibility
from catalog.products.projection import (
    DEFAULT_VISIBILITY,
    SENSITIVITIES,
    custom,
    new_tree,
    slug_from,
    with_columns,
)
from catalog.products.reuse import MAILTO, MAX_CITATION_LENGTH, MAX_LICENSE_LENGTH
from catalog.types import FormValues, JSONObject
from catalog.web.components.badges import SENSITIVITIES as SENSITIVITY_WORDS
from catalog.web.forms.fields import SingleLineField, TextAreaField
from catalog.web.forms.versioned import CatalogForm, VersionedForm, edited_names

CUSTOM_PATH = re.compile(r"/customProperties/(\d+)/value(/.*)?\Z")
MAX_TAGS, LONGEST_TAG = 200, 400

VISIBILITY_CHOICES = [
    (Visibility.PUBLIC.value, _("Everyone, signed in or not")),
    (Visibility.MEMBERS.value, _("Everyone who is signed in")),
    (Visibility.RESTRICTED.value, _("Its domain, and the domains and teams you choose")),
]
SENSITIVITY_CHOICES = [
    (word, format_lazy("{}: {}", SENSITIVITY_WORDS[level], meaning))
    for (word, level), meaning in zip(
        SENSITIVITIES.items(),
        (
            _("a leak would harm nobody"),
            _("meant for the organisation"),
            _("a leak would harm people or business"),
            _("a leak would do serious harm"),
        ),
        strict=True,
    )
]
FIELD_OF_PATH = {
    "/name": "name",
    "/version": "version",
    "/description/purpose": "purpose",
    "/description/limitations": "limitations",
    "/description/usage": "usage",
    "/tags": "tags",
    "assaySlug": "slug",
    "assaySensitivity": "sensitivity",
    "assayVisibility": "visibility",
}


class DocumentForm(VersionedForm):
    """An edit of a product's document; `document` is what was sent to the service."""

    document: JSONObject = {}

    def path_of(self, location: str) -> str:
        """Return our own properties by their key, whatever their index in the list."""
        match = CUSTOM_PATH.match(location)
        if match is None:
            return super().path_of(location)
        properties = self.document.get("customProperties") or []
        index = int(match[1])
        key = properties[index].get("property", "") if index < len(properties) else ""
        return f"{key}{match[2] or ''}"


class Description(forms.Form):
    """The fields that say what a product is and what it is for."""

    name = SingleLineField(label=_("Name"), max_length=200, help_text=_("What people call it."))
    slug = SingleLineField(
        label=_("URL name"),
        max_length=120,
        required=False,
        help_text=_("Made from the name if empty. Lowercase letters, digits and dashes."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    purpose = TextAreaField(
        label=_("Purpose"),
        required=False,
        help_text=_("What it is for, and for whom. The first sentence is shown under the name."),
    )
    limitations = TextAreaField(
        label=_("Limitations"),
        required=False,
        rows=3,
        help_text=_("What is missing, and what it must not be used for."),
    )
    usage = TextAreaField(
        label=_("Usage"),
        required=False,
        rows=3,
        help_text=_("How to work with it well: joins, filters, questions it answers."),
    )
    tags = SingleLineField(
        label=_("Tags"),
        max_length=4000,
        required=False,
        help_text=_("Words that people may search for, separated by commas."),
    )
    sensitivity = forms.ChoiceField(
        label=_("Sensitivity"),
        widget=forms.RadioSelect,
        choices=SENSITIVITY_CHOICES,
        initial="internal",
    )
    visibility = forms.ChoiceField(
        label=_("Who can see it once published"),
        widget=forms.RadioSelect,
        choices=VISIBILITY_CHOICES,
        initial=DEFAULT_VISIBILITY,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A draft may be saved without it; its label says that publishing needs it.
        vars(self.fields["purpose"])["is_for_publishing"] = True

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"]).casefold()
        if slug and not is_slug(slug):
            raise ValidationError(_("Use lowercase letters, digits, dots, dashes and underscores."))
        return slug

    def clean(self) -> FormValues:
        """Ask for a URL name where none can be made from the name."""
        cleaned = super().clean() or {}
        if "name" in cleaned and not cleaned.get("slug") and "slug" not in self.errors:
            for issue in slug_issues(slug_of(cleaned["name"]), cleaned["name"]):
                self.add_error("slug", f"{issue.message} {issue.hint}")
        return cleaned

    def clean_tags(self) -> list[str]:
        line = csv.reader([str(self.cleaned_data["tags"])], skipinitialspace=True)
        parts = (tag.strip() for tag in next(line, []))
        tags = list(dict.fromkeys(tag for tag in parts if tag))
        # A document may have brought more and longer ones.
        limit = max(MAX_TAGS, str(self.initial.get("tags") or "").count(","))
        if len(tags) > limit or any(len(tag) > LONGEST_TAG for tag in tags):
            raise ValidationError(_("At most 200 tags, each of at most 400 characters."))
        return tags

    def described(self, tree: JSONObject) -> JSONObject:
        """Return a tree with the values that were edited; all others stay as they are."""
        stored = described_by(tree) | dict(self.initial)
        edited = edited_names(self, stored) & stored.keys()
        columns = {name: self.cleaned_data[name] for name in edited}
        if edited & {"name", "slug"}:
            # A name that changes does not move the product to another address.
            columns["slug"] = self.cleaned_data["slug"] or None
            is_default = columns["slug"] == slug_from(tree | {"name": self.cleaned_data["name"]})
            if is_default and custom(tree, "assaySlug") is None:
                columns["slug"] = None
        return with_columns(tree, columns)


def described_by(tree: JSONObject) -> FormValues:
    description = tree.get("description")
    words: Mapping[str, Any] = description if isinstance(description, Mapping) else {}
    return {
        "name": tree.get("name", ""),
        "version": tree.get("version", ""),
        "slug": custom(tree, "assaySlug") or "",
        "purpose": words.get("purpose", ""),
        "limitations": words.get("limitations", ""),
        "usage": words.get("usage", ""),
        "tags": _tags_text(tree.get("tags") or []),
        "sensitivity": custom(tree, "assaySensitivity") or Sensitivity.INTERNAL.label,
        "visibility": custom(tree, "assayVisibility") or DEFAULT_VISIBILITY,
    }


def _tags_text(tags: Sequence[str]) -> str:
    """Return tags separated by commas; one that has a comma is in quotes."""
    return ", ".join(
        '"{}"'.format(tag.replace('"', '""')) if set(tag) & {",", '"'} else tag for tag in tags
    )


class RegisterForm(Description, CatalogForm):
    """A new product: its domain, then its description."""

    FIELD_PATHS: ClassVar[Mapping[str, str]] = FIELD_OF_PATH
    domain = forms.ModelChoiceField(
        label=_("Domain"), queryset=Domain.objects.none(), help_text=_("The domain that owns it.")
    )
    field_order = ["domain"]

    def __init__(self, *args: Any, domain_ids: Collection[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["domain"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Domain.objects.filter(pk__in=domain_ids, is_external=False)
        if len(field.queryset) == 1:
            field.initial, field.empty_label = field.queryset[0], None

    def tree(self) -> JSONObject:
        """Return a new document with what was submitted."""
        name, domain = self.cleaned_data["name"], self.cleaned_data["domain"]
        return self.described(new_tree(identifier=str(uuid4()), name=name, domain=domain.slug))


class DescribeForm(Description, DocumentForm):
    """What a product is, what it is for, and its next version."""

    FIELD_PATHS: ClassVar[Mapping[str, str]] = FIELD_OF_PATH
    version = SingleLineField(
        label=_("Version"),
        max_length=60,
        help_text=_("Increase it with each publication; a published version never changes."),
    )
    field_order = ["name", "slug", "purpose"]


class ReuseForm(DocumentForm):
    """Licence, citation and contact."""

    FIELD_PATHS: ClassVar[Mapping[str, str]] = {
        "license": "license",
        "citation": "citation",
        "/support": "channel",
    }
    license = SingleLineField(
        label=_("Licence"),
        max_length=MAX_LICENSE_LENGTH,
        required=False,
        help_text=_("What others may do with the data: choose one, or write a name or address."),
        widget=forms.TextInput(attrs={"list": "licenses", "autocomplete": "off"}),
    )
    citation = TextAreaField(
        label=_("Citation"),
        required=False,
        rows=3,
        max_length=MAX_CITATION_LENGTH,
        help_text=_("How to cite the data in a report or paper. The page offers one if empty."),
    )
    channel = SingleLineField(
        label=_("Contact"),
        required=False,
        help_text=_("Whom consumers ask: a team, a mailing list, a chat channel."),
    )
    contact_url = SingleLineField(
        label=_("Address of the contact"),
        max_length=1000,
        required=False,
        help_text=_("An email or web address. Readers of the product see it."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_contact_url(self) -> str:
        text = str(self.cleaned_data["contact_url"]).strip()
        if not text or text.startswith(("https://", "http://")):
            return text
        address = text.removeprefix(MAILTO)
        try:
            validate_email(address)
        except ValidationError:
            message = _("Give an email address, or a web address that begins with https://.")
            raise ValidationError(message) from None
        return f"{MAILTO}{address}"


class ReadersForm(VersionedForm):
    """Which domains and teams may read a restricted product in addition to its own domain."""

    domains = forms.ModelMultipleChoiceField(
        label=_("Domains"),
        queryset=Domain.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    teams = forms.ModelMultipleChoiceField(
        label=_("Teams"),
        queryset=Team.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, product: DataProduct, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["domains"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        # An external domain is not offered, but one that can read already is not dropped silently.
        readers = product.readers.values("group__domain")
        offered = Domain.objects.filter(Q(is_external=False) | Q(pk__in=readers))
        field.queryset = offered.exclude(pk=product.domain_id)
