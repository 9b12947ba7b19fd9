"""Forms of ports: where consumers get the data, and which products it is made from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.ports.projection import MAX_INTERVAL, MIN_INTERVAL
from catalog.web.forms import SingleLineField, TextAreaField, VersionedForm
from catalog.web.products.forms import DocumentForm

API, FILE, POSTGRES, OTHER = "api", "local", "postgres", "other"
KINDS = [
    (API, _("An HTTP API")),
    (FILE, _("A file")),
    (POSTGRES, _("A table of a Postgres database")),
    (OTHER, _("Something else")),
]
FORMATS = [("parquet", "Parquet"), ("csv", "CSV"), ("json", "JSON"), ("sqlite", "SQLite")]
OTHER_TYPES = [("s3", "S3"), ("sftp", "SFTP"), ("kafka", "Kafka"), ("custom", _("anything else"))]
PORT_PLACE = re.compile(r"/(?:outputPorts/\d+|servers/0)/(\w+)")


class PortForm(DocumentForm):
    """An output port and the server that answers behind it."""

    FIELD_PATHS: ClassVar[Mapping[str, str]] = {
        "customProperties": "interval",
        "endpointUrl": "url",
    }
    # What each kind of server needs, and under which name the contract says it.
    NEEDS: ClassVar[Mapping[str, Mapping[str, str]]] = {
        API: {"url": "location"},
        FILE: {"path": "path", "format": "format"},
        POSTGRES: {"host": "host", "port": "port", "database": "database", "schema": "schema"},
        OTHER: {"place": "location"},
    }

    name = SingleLineField(
        label=_("Name"),
        max_length=120,
        help_text=_("What it serves and how, such as orders-api."),
    )
    description = TextAreaField(label=_("Description"), required=False, rows=2)
    kind = forms.ChoiceField(
        label=_("What stands behind it"), widget=forms.RadioSelect, choices=KINDS, initial=API
    )
    url = SingleLineField(
        label=_("Address of the API"),
        max_length=2000,
        required=False,
        help_text=_("An http or https URL that answers a GET; polling calls it."),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )
    path = SingleLineField(
        label=_("Path of the file"),
        max_length=1000,
        required=False,
        help_text=_("Below the installation's folder for files, such as sales/orders.parquet."),
    )
    format = forms.ChoiceField(label=_("Format"), choices=FORMATS, required=False)
    host = SingleLineField(label=_("Host"), max_length=253, required=False)
    port = forms.IntegerField(
        label=_("Port"), min_value=1, max_value=65535, required=False, initial=5432
    )
    database = SingleLineField(label=_("Database"), max_length=120, required=False)
    schema = SingleLineField(label=_("Schema"), max_length=120, required=False, initial="public")
    other_type = forms.ChoiceField(label=_("Kind"), choices=OTHER_TYPES, required=False)
    place = SingleLineField(label=_("Where it is"), max_length=2000, required=False)
    version = SingleLineField(label=_("Version"), max_length=60, initial="1.0.0")
    interval = forms.IntegerField(
        label=_("Poll it every"),
        required=False,
        min_value=MIN_INTERVAL,
        max_value=MAX_INTERVAL,
        help_text=_("Seconds, 5 to 86 400. Empty for the installation's own interval."),
    )

    def clean(self) -> dict[str, Any]:
        """Demand what the chosen kind of server needs."""
        cleaned = super().clean() or {}
        for name in self.NEEDS.get(str(cleaned.get("kind")), {}):
            if name not in self.errors and cleaned.get(name) in (None, ""):
                self.add_error(name, _("This kind of server needs it."))
        return cleaned

    def server(self, held: Mapping[str, Any]) -> dict[str, Any]:
        """Return the server as a contract names it; of one of the same type, the rest is kept."""
        kind = self.cleaned_data["kind"]
        kept = dict(held) if held.get("type") == self._type() else {}
        places = {key: self.cleaned_data[name] for name, key in self.NEEDS[kind].items()}
        named = {"server": kept.get("server") or held.get("server") or "production"}
        return kept | named | {"type": self._type()} | places

    def port_fields(self) -> dict[str, str]:
        """Return what the port's own entry says."""
        return {name: self.cleaned_data[name] for name in ("name", "version", "description")}

    def path_of(self, location: str) -> str:
        """Read a place in the port's entry or in its first server as the field of that name."""
        found = PORT_PLACE.match(location)
        if found is None:
            return super().path_of(location)
        if found[1] == "location":
            return "url" if self.cleaned_data.get("kind") == API else "place"
        return found[1]

    def _type(self) -> str:
        kind: str = self.cleaned_data["kind"]
        return self.cleaned_data["other_type"] or "custom" if kind == OTHER else kind


def initial_from(entry: Mapping[str, Any], server: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the fields show of a port's entry and of its server."""
    kind = server.get("type")
    shown = {
        "name": entry.get("name", ""),
        "version": entry.get("version") or "1.0.0",
        "description": entry.get("description", ""),
        "kind": kind if kind in PortForm.NEEDS else OTHER,
        "other_type": kind if kind in dict(OTHER_TYPES) else "custom",
    }
    for name, key in PortForm.NEEDS[shown["kind"]].items():
        shown[name] = server.get(key, "")
    return shown


class DropForm(VersionedForm):
    """That an output port shall go."""


class CheckboxSet(forms.MultipleChoiceField):
    """Ticked rows. One that went meanwhile is no fault: it is what the tick asked for."""

    def valid_value(self, value: str) -> bool:
        """Take every tick."""
        return True


def checkbox_choices(entries: Sequence[Any]) -> list[str]:
    """Name the entries of a list by what they say, so that no edit gives a name to another."""
    said = [json.dumps(entry, sort_keys=True).encode() for entry in entries]
    names = [blake2b(text, digest_size=8).hexdigest() for text in said]
    return [f"{name}-{names[:place].count(name)}" for place, name in enumerate(names)]


class InputsForm(VersionedForm):
    """The products that a product is made from: some go, one comes."""

    gone = CheckboxSet(
        label=_("No longer used"), required=False, widget=forms.CheckboxSelectMultiple
    )
    source = SingleLineField(
        label=_("A product that it uses"),
        max_length=250,
        required=False,
        help_text=_("Its address, domain/product, as in sales/orders."),
        widget=forms.TextInput(attrs={"list": "sources", "autocapitalize": "none"}),
    )
    port = SingleLineField(
        label=_("Its output port"),
        max_length=120,
        required=False,
        help_text=_("Where it has several; empty for the first."),
    )

    def clean(self) -> dict[str, Any]:
        """Demand that something is said at all."""
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("gone") and not cleaned.get("source"):
            self.add_error("source", _("Name a product, or tick one that goes."))
        return cleaned
