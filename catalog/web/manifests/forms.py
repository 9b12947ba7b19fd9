"""The form that takes a manifest: typed, pasted or uploaded."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.domains.models import Domain
from catalog.manifests.readers import MAX_BYTES
from catalog.types import FormValues


class ManifestForm(forms.Form):
    """One text with the documents of one or more products, and how to treat them."""

    file = forms.FileField(
        label=_("A file"),
        required=False,
        help_text=_("YAML or JSON, up to 2 MB. It replaces the text above."),
    )
    text = forms.CharField(
        label=_("Manifest"),
        required=False,
        strip=False,
        max_length=MAX_BYTES,
        help_text=_("A product (Bitol ODPS) and its contracts (ODCS), separated by lines of ---."),
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "class": "code"}),
    )
    domain = forms.ChoiceField(label=_("Default domain"), required=False, choices=())
    overwrite = forms.BooleanField(
        label=_("Replace what people have edited here since the last import"), required=False
    )
    seal = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        slugs = Domain.objects.filter(is_external=False).values_list("slug", "name")
        domain = self.fields["domain"]
        assert isinstance(domain, forms.ChoiceField)
        domain.choices = [("", _("None")), *slugs]

    def clean(self) -> FormValues:
        """Put the bytes to read into `content`; a file replaces the text."""
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        content = file.read(MAX_BYTES + 1) if file else cleaned.get("text", "").encode()
        if not content.strip() and "text" not in self.errors:
            self.add_error("text", _("Paste a manifest, or choose a file."))
        return cleaned | {"content": content}

    def shown_again(self) -> ManifestForm:
        """Return the form with the uploaded file as its text, so that an upload is not lost."""
        values: FormValues = {name: self.data.get(name) for name in self.data}
        values["text"] = self.cleaned_data["content"].decode("utf-8", "replace").replace("\0", "�")
        form = type(self)(values)
        form.is_valid()
        return form
