"""Fields of a representation plan, as people type edges, shares and lists of values."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from catalog.web.forms.fields import PercentField, SingleLineField, TextAreaField


class EdgesField(SingleLineField):
    """Numbers between which groups lie: 18, 30, 45."""

    def clean(self, value: Any) -> Any:
        """Return the numbers as a list. Raises ValidationError."""
        texts = re.split(r"[;,\s]+", str(super().clean(value) or "").strip())
        try:
            return [float(text) for text in texts if text]
        except ValueError:
            raise forms.ValidationError(_("Write numbers, such as 18, 30, 45, 65.")) from None

    def prepare_value(self, value: Any) -> Any:
        return (
            ", ".join(f"{edge:g}" for edge in value) if isinstance(value, tuple | list) else value
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class SharesField(TextAreaField):
    """A line for each group of a reference with its percentage: Female = 51.1."""

    def clean(self, value: Any) -> Any:
        """Return the shares (0 to 1) by group. Raises ValidationError that names the line."""
        shares: dict[str, float] = {}
        lines = str(super().clean(value) or "").split("\n")
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            group, _sign, text = re.sub(r"[;\t]", "=", line).rpartition("=")
            try:
                share = PercentField(required=True).clean(text)
            except forms.ValidationError:
                share = None
            if share is None or not group.strip() or group.strip() in shares:
                text = _("Line {n}: write each group once with its percentage: Female = 51.1.")
                raise forms.ValidationError(text.format(n=number))
            shares[group.strip()] = share
        return shares

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        show = PercentField().prepare_value
        return "\n".join(f"{group} = {show(float(share))}" for group, share in value.items())

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class ValuesField(SingleLineField):
    """Texts separated by commas."""

    def clean(self, value: Any) -> Any:
        texts = (text.strip() for text in str(super().clean(value) or "").split(","))
        return list(dict.fromkeys(text for text in texts if text))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(filter(None, value)) if isinstance(value, tuple | list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)
