"""Forms of a new product's source: where the data is, in which domain, under which name."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.domains.models import Domain
from catalog.identifiers import slug_issues, slug_of
from catalog.ports.file_formats import BY_SUFFIX, SUFFIXES
from catalog.ports.s3 import InvalidLocation, parse_place
from catalog.ports.uploads import Upload
from catalog.products.projection import new_tree
from catalog.types import FormValues, JSONObject
from catalog.web.forms.fields import SingleLineField
from catalog.web.forms.versioned import CatalogForm
from catalog.web.ports.forms import PORT_PATH, CredentialFields, DatabaseFields
from catalog.web.ports.uploads import as_upload
from governance.sandbox.database_servers import POSTGRES, database_types, dialect_of

TYPE_LABELS = {"postgres": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
ALIASES = frozenset({"postgresql"})
USUAL = {
    "port": _("Leave empty for the usual one."),
    "schema": _("Leave empty for the usual one: public in PostgreSQL, none in MySQL."),
}
FORMATS = BY_SUFFIX | {".sqlite": "sqlite"}
NAME_OF_TAKEN = ("slug", "name", "/name", "assaySlug", "/customProperties")


class SourceForm(CatalogForm):
    """What every source needs: the domain that owns the product, and what the product is called."""

    FIELD_PATHS: ClassVar[Mapping[str, str]] = dict.fromkeys(NAME_OF_TAKEN, "name")
    PORT: ClassVar[str] = ""

    domain = forms.ModelChoiceField(
        label=_("Domain"), queryset=Domain.objects.none(), help_text=_("The domain that owns it.")
    )
    name = SingleLineField(
        label=_("Name of the product"),
        max_length=200,
        help_text=_("What people call the data, such as Daily orders. You can change it later."),
    )

    def __init__(self, *args: Any, domain_ids: Collection[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("domain")
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Domain.objects.filter(pk__in=domain_ids)
            if len(field.queryset) == 1:
                field.initial, field.empty_label = field.queryset[0], None

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if name and slug_issues(slug_of(name), name):
            raise ValidationError(_("Use at least one letter or digit."))
        return name

    def path_of(self, location: str) -> str:
        """Return the field of a location in the first server of the contract."""
        match = PORT_PATH.match(location)
        return match[1] if match else super().path_of(location)

    @property
    def owner(self) -> Domain:
        domain: Domain = self.cleaned_data["domain"]
        return domain

    def tree(self) -> JSONObject:
        """Return the document of the new product."""
        return new_tree(
            identifier=str(uuid4()), name=self.cleaned_data["name"], domain=self.owner.slug
        )

    def port_name(self) -> str:
        return "-".join(filter(None, (slug_of(self.cleaned_data["name"], 100), self.PORT)))

    def server(self) -> JSONObject:
        """Return the server as a contract has it."""
        raise NotImplementedError


class EndpointForm(SourceForm):
    """An HTTP endpoint."""

    PORT = "api"
    FIELD_PATHS: ClassVar[Mapping[str, str]] = {**SourceForm.FIELD_PATHS, "location": "url"}
    field_order = ["url", "name", "domain"]

    url = SingleLineField(
        label=_("URL"),
        max_length=2000,
        help_text=_("An http or https URL that answers a GET with the data, without signing in."),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )

    def server(self) -> JSONObject:
        return {"server": "production", "type": "api", "location": self.cleaned_data["url"]}


class DatabaseForm(DatabaseFields, SourceForm):
    """A schema of a database."""

    PORT = "database"
    field_order = ["host", "port", "database", "schema", "user", "secret", "name", "domain"]

    type = forms.ChoiceField(label=_("Type"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = (name for name in database_types() if name not in ALIASES)
        field = self.fields["type"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, TYPE_LABELS.get(name, name)) for name in types]
        self.fields["host"].required = self.fields["database"].required = True
        for name, hint in USUAL.items():
            self.fields[name].initial, self.fields[name].help_text = "", hint

    def clean(self) -> FormValues:
        """Fill in the usual port and schema of the type."""
        cleaned = super().clean() or {}
        dialect = dialect_of(str(cleaned.get("type")))
        if not cleaned.get("port") and "port" not in self.errors and dialect:
            if dialect.port:
                cleaned["port"] = int(dialect.port)
            else:
                self.add_error("port", _("This type of database has no usual port. Give it."))
        if not cleaned.get("schema") and dialect == POSTGRES:
            cleaned["schema"] = "public"
        return cleaned

    def server(self) -> JSONObject:
        names = ("type", "host", "port", "database", "schema")
        location = {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}
        return self.signed_in({"server": "production"} | location)


class ObjectStorageForm(CredentialFields, SourceForm):
    """Objects of a bucket."""

    PORT = "s3"
    FIELD_PATHS: ClassVar[Mapping[str, str]] = {
        **SourceForm.FIELD_PATHS,
        "endpointUrl": "endpoint",
    }
    field_order = ["location", "format", "endpoint", "user", "secret", "name", "domain"]

    location = SingleLineField(
        label=_("Location"),
        max_length=2000,
        help_text=_("One object, or several: s3://bucket/orders.parquet, s3://bucket/2026/*.csv"),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    format = forms.ChoiceField(
        label=_("Format"), choices=[("parquet", "Parquet"), ("csv", "CSV"), ("json", "JSON")]
    )
    endpoint = SingleLineField(
        label=_("Endpoint"),
        max_length=2000,
        required=False,
        help_text=_("The address of the S3 server. Leave empty for Amazon's own."),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].label = _("Access key")
        self.fields["user"].help_text = _("Leave empty for open data.")
        self.fields["secret"].help_text = _("The name of the secret with the key, never the key.")

    def clean(self) -> FormValues:
        """Say next to the field what of the location or the endpoint cannot be used."""
        cleaned = super().clean() or {}
        if not {"location", "endpoint", "format"} & set(self.errors):
            try:
                parse_place(self.server())
            except InvalidLocation as error:
                self.add_error("location", str(error))
        return cleaned

    def server(self) -> JSONObject:
        keys = {"location": "location", "format": "format", "endpoint": "endpointUrl"}
        place = {key: self.cleaned_data[name] for name, key in keys.items()}
        server = {"server": "production", "type": "s3"} | {k: v for k, v in place.items() if v}
        return self.signed_in(server)


class UploadForm(SourceForm):
    """A file from the person's computer."""

    # The table is called as the file that is kept, and that as its port.
    PORT = ""
    field_order = ["file", "name", "domain"]
    file = forms.FileField(
        label=_("File"), widget=forms.FileInput(attrs={"accept": SUFFIXES}), max_length=255
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        largest = settings.ASSAY_MAX_UPLOAD_MB
        self.fields["file"].help_text = _("CSV, JSON or Parquet, up to {n} MB.").format(n=largest)
        name_after_file(self)

    def clean(self) -> FormValues:
        """Name the product after its file unless it has a name."""
        cleaned = super().clean() or {}
        return with_name_from(self, cleaned, getattr(cleaned.get("file"), "name", ""))

    def upload(self) -> Upload:
        return as_upload(self.cleaned_data["file"])


class FileForm(SourceForm):
    """A file in the folder of a domain; its folder says which domain."""

    PORT = "file"
    domain = None  # type: ignore[assignment]
    FIELD_PATHS: ClassVar[Mapping[str, str]] = {**SourceForm.FIELD_PATHS, "path": "file"}
    file = forms.ChoiceField(
        label=_("File"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a file."), "invalid_choice": _("It is gone.")},
    )

    def __init__(
        self, *args: Any, domains: Mapping[str, Domain], paths: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.domains = domains
        name_after_file(self)
        field = self.fields["file"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(path, path) for path in paths]

    def clean(self) -> FormValues:
        """Name the product after its file unless it has a name."""
        cleaned = super().clean() or {}
        return with_name_from(self, cleaned, cleaned.get("file", ""))

    @property
    def owner(self) -> Domain:
        return self.domains[self.cleaned_data["file"].partition("/")[0]]

    def server(self) -> JSONObject:
        path = self.cleaned_data["file"]
        file_format = FORMATS[PurePosixPath(path).suffix.casefold()]
        return {"server": "files", "type": "local", "path": path, "format": file_format}


def name_after_file(form: SourceForm) -> None:
    form.fields["name"].required = False
    form.fields["name"].help_text = _("Made from the file's name if empty.")


def with_name_from(form: SourceForm, cleaned: FormValues, path: str) -> FormValues:
    """Return the cleaned fields with a name that is made from a file's, if none was typed."""
    if path and not cleaned.get("name") and "name" not in form.errors:
        cleaned["name"] = name = name_from(path)
        if slug_issues(slug_of(name), name):
            form.add_error("name", _("No name can be made from the file's name. Give one."))
    return cleaned


def name_from(path: str) -> str:
    """Return a product's name from a file's: "sales/daily_orders.csv" is "Daily orders"."""
    words = re.sub(r"[\W_]+", " ", PurePosixPath(path).name.partition(".")[0]).strip()
    return (words[:1].upper() + words[1:])[:200]
