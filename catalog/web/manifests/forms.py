"""The form that takes a manifest: typed, pasted, or uploaded as one file or several."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from catalog.domains.models import Domain
from catalog.manifests.formats.registry import FORMATS
from catalog.manifests.readers import MAX_BYTES, MAX_REQUEST_BYTES, Source
from catalog.types import FormValues

MAX_FILES = 20
TEXT = "manifest"


@dataclass(frozen=True)
class Upload:
    """A file that was uploaded to be planned; the page holds it until the plan is applied."""

    name: str
    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def source(self) -> Source:
        return Source(self.name, lambda: self.content, is_request=True)

    @property
    def encoded(self) -> str:
        """Return the file for a hidden field: its exact bytes, which a text field would change."""
        return f"{base64.b64encode(zlib.compress(self.content)).decode()} {self.name}"

    @classmethod
    def of(cls, encoded: str) -> Upload:
        """Return a file that the page carries. Raises ValueError for anything else."""
        text, _space, name = encoded.partition(" ")
        try:
            compressed = base64.b64decode(text, validate=True)
            content = zlib.decompressobj().decompress(compressed, MAX_REQUEST_BYTES + 1)
        except (binascii.Error, zlib.error) as error:
            raise ValueError("not a file of the page") from error
        return cls(name[:300] or TEXT, content)


class FilesInput(forms.ClearableFileInput):
    """An input of several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each checked as one; a list, empty if none was chosen."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = data if isinstance(data, Sequence) else [data] if data else []
        return [super(FilesField, self).clean(file, initial) for file in files]


class ManifestForm(forms.Form):
    """The documents of one or more products in any format, and how to treat them."""

    file = FilesField(
        label=_("Files"),
        required=False,
        help_text=_("YAML or JSON, up to 10 MB together. They replace the text above."),
    )
    text = forms.CharField(
        label=_("Manifest"),
        required=False,
        strip=False,
        max_length=MAX_BYTES,
        help_text=_("A product (Bitol ODPS) and its contracts (ODCS), separated by lines of ---."),
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "class": "code"}),
    )
    format = forms.ChoiceField(
        label=_("Format"),
        required=False,
        choices=[("", _("Detect")), *((known.name, known.title) for known in FORMATS)],
    )
    domain = forms.ChoiceField(
        label=_("Domain of products that name none"), required=False, choices=()
    )
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
        self.uploads: list[Upload] = []

    def clean(self) -> FormValues:
        """Put the texts to read into `contents`, by name; files replace the text."""
        cleaned = super().clean() or {}
        self.uploads = self._uploads(cleaned.get("file") or [])
        text = cleaned.get("text", "").encode()
        if not self.uploads and not text.strip() and not self.errors:
            self.add_error("text", _("Paste a manifest, or choose a file."))
        return cleaned | {"contents": self.uploads or [Upload(TEXT, text)]}

    def _uploads(self, files: Sequence[UploadedFile[bytes]]) -> list[Upload]:
        """Return the files that were chosen, or else those that the page carries."""
        values = self.data.getlist("upload") if isinstance(self.data, QueryDict) else []
        try:
            uploads = [Upload.of(value) for value in values[:MAX_FILES]]
        except ValueError:
            uploads = []
        uploads = [Upload(file.name or TEXT, file.read()) for file in files] or uploads
        if len(uploads) > MAX_FILES or sum(file.size for file in uploads) > MAX_REQUEST_BYTES:
            self.add_error("file", _("At most 20 files and 10 MB are read at once."))
            return []
        return uploads
