"""Sheets: forms that show refusals beside their fields and both states of a conflict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _

from catalog.exceptions import CatalogError, EditConflict, ValidationFailed
from catalog.issues import Issue
from catalog.web.forms.fields import PercentField


@dataclass(frozen=True, kw_only=True)
class FieldConflict:
    """One field on which what stands and what was typed differ."""

    label: str
    stands: str
    yours: str
    href: str


class CatalogForm(forms.Form):
    """A form that shows a service's refusal beside the field it is about.

    `places` names the field of each place that a fault may name, by the longest beginning.
    """

    places: ClassVar[Mapping[str, str]] = {}

    def refuse(self, refusal: CatalogError) -> None:
        """Put each fault of a refusal beside its field, or above all where it has none."""
        for issue in issues_from(refusal):
            name = self.field_at(issue.location)
            text = sentence(issue) if name else sentence(issue, with_place=True)
            self.add_error(name, text)

    def field_at(self, location: str) -> str | None:
        """Return the name of the field that a fault's place is shown at."""
        place = self.place_of(location)
        if place in self.fields:
            return place
        known = [start for start in self.places if place.startswith(start)]
        name = self.places[max(known, key=len)] if known else None
        return name if name in self.fields else None

    def place_of(self, location: str) -> str:
        """Return a fault's place in the words of `places`; a form with a document translates."""
        return location.removeprefix("/") if "/" not in location[1:] else location


class VersionedForm(CatalogForm):
    """A sheet on something with an edition, carried along in a hidden field."""

    edition = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    conflict: EditConflict | None = None
    differences: tuple[FieldConflict, ...] = ()

    def meet(self, conflict: EditConflict, stands: Mapping[str, Any]) -> None:
        """Show what stands beside what was typed; sending again then replaces what stands."""
        self.conflict = conflict
        self.differences = tuple(self._differences(stands))
        sent: Any = self.data
        typed = sent.copy()
        typed[self.add_prefix("edition")] = str(conflict.current)
        self.data = typed

    def typed(self) -> dict[str, Any]:
        """Return what was sent for each field, unchecked."""
        return {bound.name: bound.data for bound in self if bound.name in self.fields}

    def _differences(self, stands: Mapping[str, Any]) -> Iterable[FieldConflict]:
        for bound in self:
            kept = stands.get(bound.name, bound.field.initial)
            if bound.is_hidden or not bound.field.has_changed(kept, bound.data):
                continue
            yield FieldConflict(
                label=str(bound.label),
                stands=shown(bound.field, kept),
                yours=shown(bound.field, bound.data),
                href=f"#{bound.id_for_label or bound.auto_id}",
            )


def issues_from(refusal: CatalogError) -> tuple[Issue, ...]:
    """Return a refusal's faults; one that has none of its own counts as one fault."""
    if isinstance(refusal, ValidationFailed):
        return refusal.issues
    return (Issue(location=refusal.location, message=refusal.message, hint=refusal.hint),)


def sentence(issue: Issue, *, with_place: bool = False) -> str:
    """Return what is wrong and the way out, and the place where nothing else shows it."""
    text = " ".join(part for part in (issue.message, issue.hint) if part)
    return f"{issue.location}: {text}" if with_place and issue.location.startswith("/") else text


def shown(field: forms.Field, value: Any) -> str:
    """Return a field's value as a person reads it."""
    if value in (None, "", [], ()):
        return _("nothing")
    if isinstance(field, PercentField):
        return str(field.prepare_value(value))
    if isinstance(value, bool) or isinstance(field, forms.BooleanField):
        return _("yes") if value in (True, "on", "true", "True") else _("no")
    names = dict(_choices(field))
    values = value if isinstance(value, list | tuple) else [value]
    return ", ".join(str(names.get(str(item), item)) for item in values)


def _choices(field: forms.Field) -> Iterable[tuple[str, Any]]:
    for value, label in getattr(field, "choices", ()):
        if isinstance(label, list | tuple):
            yield from ((str(inner), text) for inner, text in label)
        else:
            yield str(value), label
