"""Forms of ports: where consumers get the data, and which products it is made from."""

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.contracts.probe_settings import KEY as PROBE
from catalog.manifests.issues import ParseError
from catalog.manifests.readers import read_documents
from catalog.manifests.serializers import yaml_of
from catalog.ports.projection import MAX_INTERVAL, MIN_INTERVAL
from catalog.products.projection import custom, with_custom
from catalog.types import FormValues, JSONObject, JSONValue
from catalog.web.forms.fields import ListedField, SingleLineField, TextAreaField
from catalog.web.forms.versioned import VersionedForm, offer_choice
from catalog.web.products.forms import DocumentForm

API, FILE, DATABASE, OTHER = "api", "local", "database", "other"
KINDS = [
    (API, _("An HTTP API")),
    (FILE, _("A file")),
    (DATABASE, _("A database")),
    (OTHER, _("Other")),
]
FORMATS = [("parquet", "Parquet"), ("csv", "CSV"), ("json", "JSON"), ("sqlite", "SQLite")]
DATABASE_TYPES = [("postgres", "PostgreSQL"), ("mysql", "MySQL"), ("mariadb", "MariaDB")]
# The types of server that the fields of a database are for, and what they leave unsaid.
USUAL: Mapping[str, JSONObject] = {
    "postgres": {"port": 5432, "schema": "public"},
    "postgresql": {"port": 5432, "schema": "public"},
    "mysql": {"port": 3306},
    "mariadb": {"port": 3306},
}
# The fields that choose among the types of server of one kind.
TYPE_FIELDS = {DATABASE: "database_type", OTHER: "other_type"}
OTHER_TYPES = [("s3", "S3"), ("sftp", "SFTP"), ("kafka", "Kafka"), ("custom", _("other"))]
MAX_PROBE = 50_000
CREDENTIALS = {"user": "assayUser", "secret": "assaySecret"}
SECRET_NAME = re.compile(r"[A-Za-z0-9_]+\Z")
VARIABLE = re.compile(r"\$\{[^{}]+\}\Z")
PORT_PATH = re.compile(r"/(?:outputPorts/\d+|servers/0)/(\w+)")


class CredentialFields(forms.Form):
    """Who signs in to a server; the password stays in the environment."""

    user = SingleLineField(
        label=_("User"),
        max_length=120,
        required=False,
        help_text=_("A user that can only read. Shown to readers of the contract."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    secret = SingleLineField(
        label=_("Secret"),
        max_length=60,
        required=False,
        help_text=_("The name of the secret with its password, never the password itself."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )

    def clean_secret(self) -> str:
        secret = str(self.cleaned_data["secret"])
        if "secret" in self.changed_data and secret and not SECRET_NAME.match(secret):
            message = _("Only letters, digits and underscores: the name after ASSAY_SECRET_.")
            raise ValidationError(message)
        return secret

    def signed_in(self, server: JSONObject) -> JSONObject:
        """Return a server with the submitted user and secret."""
        for name, key in CREDENTIALS.items():
            value = self.cleaned_data[name] or None
            if value != custom(server, key):
                server = with_custom(server, key, value)
        return server


class DatabaseFields(CredentialFields):
    """Where a database is, and who signs in to it."""

    host = SingleLineField(label=_("Host"), max_length=253, required=False)
    port = SingleLineField(
        label=_("Port"),
        required=False,
        help_text=_("Empty: the usual one of the type."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    database = SingleLineField(label=_("Database"), max_length=120, required=False)
    schema = SingleLineField(
        label=_("Schema"),
        max_length=120,
        required=False,
        help_text=_("Empty: public in PostgreSQL; MySQL has none."),
    )

    def clean_port(self) -> int | str:
        """Return the number of the port, or a reference to a variable."""
        text = str(self.cleaned_data["port"])
        if text.isascii() and text.isdecimal() and 0 < int(text[:6]) <= 65535:
            return int(text)
        if text and not VARIABLE.match(text):
            raise ValidationError(_("Give a number from 1 to 65535."))
        return text


class PortForm(DatabaseFields, DocumentForm):
    """An output port and the server that answers behind it."""

    FIELD_PATHS: ClassVar[Mapping[str, str]] = {
        "customProperties": "interval",
        "endpointUrl": "url",
    }
    # What each type of server needs, and its key in the contract.
    NEEDS: ClassVar[Mapping[str, Mapping[str, str]]] = {
        API: {"url": "location"},
        FILE: {"path": "path", "format": "format"},
        DATABASE: {"host": "host", "port": "port", "database": "database", "schema": "schema"},
        OTHER: {"place": "location"},
    }

    name = SingleLineField(
        label=_("Name"),
        max_length=120,
        help_text=_("What it serves and how, such as orders-api."),
    )
    description = TextAreaField(label=_("Description"), required=False, rows=2)
    kind = forms.ChoiceField(
        label=_("Type of server"), widget=forms.RadioSelect, choices=KINDS, initial=API
    )
    url = SingleLineField(
        label=_("URL"),
        max_length=2000,
        required=False,
        help_text=_("An http or https URL that answers a GET; polling calls it."),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    path = SingleLineField(
        label=_("Path of the file"),
        max_length=1000,
        required=False,
        help_text=_("Begins with your domain's folder, such as sales/orders.parquet."),
    )
    format = ListedField(label=_("Format"), choices=FORMATS, required=False)
    database_type = ListedField(label=_("Type"), choices=DATABASE_TYPES, required=False)
    other_type = ListedField(label=_("Type"), choices=OTHER_TYPES, required=False)
    place = SingleLineField(label=_("Location"), max_length=2000, required=False)
    version = SingleLineField(label=_("Version"), max_length=60, initial="1.0.0")
    interval = forms.IntegerField(
        label=_("Polling interval"),
        required=False,
        min_value=MIN_INTERVAL,
        max_value=MAX_INTERVAL,
        help_text=_("Seconds, 5 to 86 400. Leave empty for the default."),
    )

    probe = TextAreaField(
        label=_("How it is checked"),
        required=False,
        rows=4,
        max_length=MAX_PROBE,
        help_text=_(
            "Empty: by a GET, or by opening the file. As YAML: method, headers (secretName, never "
            "the secret), body, expectedStatus, maxBytes, assertions and schema of the JSON body; "
            "query for a database; heartbeat for what cannot be reached."
        ),
        widget=forms.Textarea(
            attrs={"rows": 4, "spellcheck": "false", "placeholder": "expectedStatus: [200]"}
        ),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("format", "database_type", "other_type"):
            offer_choice(self, name, str(self.initial.get(name) or ""))

    def clean(self) -> FormValues:
        """Require what the chosen type of server needs; what a document left out may stay out."""
        cleaned = super().clean() or {}
        needed = self.NEEDS.get(str(cleaned.get("kind")), {})
        edited = self.edited()
        if self.keeps_type:
            needed = {name: key for name, key in needed.items() if name in edited}
        elif cleaned.get("kind") == DATABASE:
            usual = USUAL.get(self._type(), {})
            cleaned |= {name: value for name, value in usual.items() if not cleaned.get(name)}
        for name in needed:
            is_empty = name not in self.errors and cleaned.get(name) in (None, "")
            if is_empty and name != "schema":
                self.add_error(name, _("Required for this type of server."))
        return cleaned

    def clean_probe(self) -> JSONObject | None:
        """Return the settings as the contract has them; what they say is checked with it."""
        text = str(self.cleaned_data["probe"])
        if not text.strip():
            return None
        try:
            documents = read_documents(text.encode(), name="probe")
        except ParseError as error:
            issue = error.issue
            raise ValidationError(f"{issue.message}. {issue.hint}") from error
        return documents[0].tree

    @property
    def keeps_type(self) -> bool:
        """Return True if the server keeps its type, and so the members that it has."""
        kind = str(self.cleaned_data.get("kind"))
        return bool(self.initial.get("kind")) and not self.edited() & {
            "kind",
            TYPE_FIELDS.get(kind, "kind"),
        }

    def server(self, current: JSONObject) -> JSONObject | None:
        """Return the server as a contract has it, with what was edited; None if nothing was.

        All keys of a server of another type go.
        """
        keys, edited = self.NEEDS[self.cleaned_data["kind"]], self.edited()
        if self.keeps_type:
            changed = {key: self.cleaned_data[name] for name, key in keys.items() if name in edited}
            if not changed and not edited & {*CREDENTIALS, "probe"}:
                return None
            server = {"server": "production", "type": self._type()} | current | changed
        else:
            server = {"server": current.get("server") or "production", "type": self._type()}
            values = {key: self.cleaned_data[name] for name, key in keys.items()}
            server |= {key: value for key, value in values.items() if value or key != "schema"}
        if "probe" in edited:
            server = with_custom(server, PROBE, self.cleaned_data["probe"])
        return self.signed_in(server) if self.cleaned_data["kind"] == DATABASE else server

    def port_fields(self) -> dict[str, str]:
        names = {"name", "version", "description"}
        if self.initial.get("name"):
            names &= self.edited()
        return {name: self.cleaned_data[name] for name in sorted(names)}

    def path_of(self, location: str) -> str:
        """Return the field of a location in the port's entry or in its first server."""
        match = PORT_PATH.match(location)
        if match is None:
            return super().path_of(location)
        if location.startswith("/servers/0/customProperties/"):
            return "probe"
        if match[1] == "location":
            return "url" if self.cleaned_data.get("kind") == API else "place"
        return match[1]

    def _type(self) -> str:
        kind: str = self.cleaned_data["kind"]
        if kind == DATABASE:
            return self.cleaned_data.get("database_type") or "postgres"
        return self.cleaned_data["other_type"] or "custom" if kind == OTHER else kind


def initial_from(entry: JSONObject, server: JSONObject) -> FormValues:
    type_ = server.get("type")
    kind = DATABASE if type_ in USUAL else type_ if type_ in PortForm.NEEDS else OTHER
    initial = {
        "name": entry.get("name", ""),
        "version": entry.get("version") or "1.0.0",
        "description": entry.get("description", ""),
        "kind": kind,
        "database_type": type_ if kind == DATABASE else "",
        "other_type": type_ if type_ and kind == OTHER else "custom",
    }
    for name, key in PortForm.NEEDS[initial["kind"]].items():
        initial[name] = server.get(key, "")
    probe = custom(server, PROBE)
    initial["probe"] = yaml_of(probe) if probe else ""
    return initial | {name: custom(server, key) or "" for name, key in CREDENTIALS.items()}


class ConfirmForm(VersionedForm):
    """How a steward knows that a port works."""

    reason = SingleLineField(
        label=_("How you know"), max_length=500, help_text=_("Shown in the product's history.")
    )


class CheckboxSet(forms.MultipleChoiceField):
    """Checked rows. One that was removed meanwhile is no error: it is what was asked for."""

    def valid_value(self, value: str) -> bool:
        return True


def checkbox_choices(entries: Sequence[JSONValue]) -> list[str]:
    """Return a value for each entry made from its content, so that no edit moves it to another."""
    contents = [json.dumps(entry, sort_keys=True).encode() for entry in entries]
    digests = [blake2b(content, digest_size=8).hexdigest() for content in contents]
    return [f"{digest}-{digests[:index].count(digest)}" for index, digest in enumerate(digests)]


class InputsForm(VersionedForm):
    """The products that a product is made from: remove some, add one."""

    removed = CheckboxSet(label=_("Remove"), required=False, widget=forms.CheckboxSelectMultiple)
    source = SingleLineField(
        label=_("Add a product"),
        max_length=250,
        required=False,
        help_text=_("As domain/product, such as sales/orders."),
        widget=forms.TextInput(attrs={"list": "sources", "autocapitalize": "none"}),
    )
    port = SingleLineField(
        label=_("Its output port"),
        max_length=120,
        required=False,
        help_text=_("Leave empty for the first one."),
    )

    def clean(self) -> FormValues:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("removed") and not cleaned.get("source"):
            self.add_error("source", _("Name a product, or check one to remove."))
        return cleaned
