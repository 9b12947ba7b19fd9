"""Pages on which a file is uploaded for an output port, new or not; they work without script."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.contracts.hosted_data import hosted_server
from catalog.contracts.services import UploadedData, served_tag, upload_data
from catalog.exceptions import NameConflict
from catalog.ports.file_formats import SUFFIXES, format_of
from catalog.ports.uploads import Snapshot, Upload, UploadConflict, snapshots_of
from catalog.products.models import DataProduct
from catalog.types import FormValues
from catalog.web.forms.fields import SingleLineField
from catalog.web.forms.versioned import VersionedForm
from catalog.web.ports.views import OnePort
from catalog.web.products.editing import EditPage, EditView


class UploadForm(VersionedForm):
    """A file; `replaces` is the tag of the data that was there as the form was shown."""

    replaces = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": SUFFIXES})
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        largest = settings.ASSAY_MAX_UPLOAD_MB
        self.fields["file"].help_text = _("CSV, JSON or Parquet, up to {n} MB.").format(n=largest)

    def upload(self) -> Upload:
        return as_upload(self.cleaned_data["file"])


class NewUploadForm(UploadForm):
    """A file and the name of the port that will serve it."""

    name = SingleLineField(
        label=gettext_lazy("Name of the port"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Leave empty for the name of the file."),
    )

    def port_name(self) -> str:
        """Return the name that was typed, or that of the file without its ending."""
        name: str = self.cleaned_data["name"]
        return name or PurePosixPath(self.cleaned_data["file"].name).stem[:120]


def as_upload(file: "UploadedFile[Any]") -> Upload:
    """Return a file of a form as the services take it; it is on disk already, so none is cut."""
    name = file.name or ""
    return Upload(
        chunks=file.chunks(),
        name=name,
        format=format_of(name, file.content_type or ""),
        size=file.size,
    )


@dataclass(frozen=True, kw_only=True)
class UploadPage(EditPage):
    """`snapshots` are the uploads that are kept, of at most `max_snapshots`."""

    snapshots: list[Snapshot]
    max_snapshots: int


class UploadView(EditView):
    """What the pages share on which a file is uploaded."""

    step = "ports"
    template_name = "catalog/editing/upload.html"
    uploaded: UploadedData

    @property
    def success_message(self) -> str:  # type: ignore[override]  # it depends on the upload
        if self.uploaded.is_live:
            return _("Uploaded. The port serves this file now.")
        return _("Uploaded. Readers get this file once the product is published.")

    def get_success_url(self) -> str:
        return self.url("product_ports")

    def get_snapshots(self) -> list[Snapshot]:
        return []

    def get_page(self, form: Any) -> UploadPage:
        maximum = settings.ASSAY_UPLOAD_SNAPSHOTS
        return UploadPage(
            frame=self.frame(form), snapshots=self.get_snapshots(), max_snapshots=maximum
        )


class AddUpload(UploadView):
    """A new output port that serves an uploaded file."""

    title = gettext_lazy("Upload a file")
    form_class = NewUploadForm

    def save_form(self, form: Any) -> DataProduct:
        name = form.port_name()
        if self.product.output_ports.filter(name=name).exists():
            hint = _("Upload its next file on the list of ports, or give another name.")
            raise NameConflict(
                _("There is a port {name}.").format(name=name), location="name", hint=hint
            )
        self.uploaded = upload_data(
            product=self.product,
            name=name,
            upload=form.upload(),
            replaces="",
            actor=self.person,
        )
        return self.uploaded.product


class UploadData(UploadView, OnePort):
    """The next file of an output port."""

    title = gettext_lazy("Upload data")
    form_class = UploadForm

    def get_initial(self) -> FormValues:
        port = self.find_port()
        return {"replaces": served_tag(self.product, port.name, port.version)}

    def save_form(self, form: Any) -> DataProduct:
        port = self.find_port()
        try:
            self.uploaded = upload_data(
                product=self.product,
                name=port.name,
                version=port.version,
                upload=form.upload(),
                replaces=form.cleaned_data["replaces"],
                actor=self.person,
            )
        except UploadConflict as conflict:
            form.replace_submitted(replaces=conflict.current)
            raise
        return self.uploaded.product

    def get_snapshots(self) -> list[Snapshot]:
        server = hosted_server(self.find_port())
        root = Path(settings.ASSAY_FILES_ROOT)
        return snapshots_of(root / server.location) if server else []
