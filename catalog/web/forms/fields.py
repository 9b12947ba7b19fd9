"""Fields for texts that a database keeps, and for shares as people type them."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.identifiers import unstorable

LONGEST = 20_000


def with_plain_breaks(value: Any) -> str:
    return "" if value is None else str(value).replace("\r\n", "\n").replace("\r", "\n")


def storable(text: str) -> None:
    if bad := unstorable(text):
        raise ValidationError(_("Contains %(bad)s. Remove it.") % {"bad": bad})


class SingleLineField(forms.CharField):
    """A text of one line."""

    default_validators = [storable]

    def __init__(self, *, max_length: int = 200, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return True if the text differs by more than spaces around it and kinds of line break."""
        return self.as_sent(initial) != self.as_sent(data)

    def as_sent(self, value: Any) -> str:
        """Return a text as a browser sends it back that was given it in this field."""
        return re.sub(r"[\r\n]", "", "" if value is None else str(value)).strip()


class TextAreaField(SingleLineField):
    """A text of several lines."""

    def __init__(self, *, rows: int = 4, max_length: int = LONGEST, **options: Any) -> None:
        options.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(max_length=max_length, **options)

    def to_python(self, value: Any) -> str:
        """Return the text with plain line breaks; browsers send two characters for each."""
        return str(super().to_python(with_plain_breaks(value)))

    def as_sent(self, value: Any) -> str:
        return with_plain_breaks(value).strip()


class ListedField(forms.ChoiceField):
    """One value of a list, which may have a stored value of any text."""

    def to_python(self, value: Any) -> str:
        """Return the choice that a browser sent, which rewrites its line breaks."""
        text = with_plain_breaks(value)
        values = (str(choice) for choice, _label in self.widget.choices)
        return next((v for v in values if with_plain_breaks(v) == text), text)


class PercentField(forms.Field):
    """A share of one, typed as a percentage: 31.5 or 31,5 % is 0.315."""

    def __init__(self, *, more_than: int = -1, **options: Any) -> None:
        self.more_than = more_than
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal"}))
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        """Return the share, or None. Raises ValidationError for what is no percentage."""
        text = str(value or "")[:40].replace("%", "").replace(",", ".").strip()
        if not text:
            return None
        try:
            percentage = Decimal(text)
        except InvalidOperation:
            raise ValidationError(_("Give a percentage, such as 31.5.")) from None
        if not percentage.is_finite() or not self.more_than < percentage <= 100:
            least = max(self.more_than, 0)
            raise ValidationError(_("A percentage lies between %(n)s and 100.") % {"n": least})
        return float(percentage / 100)

    def prepare_value(self, value: Any) -> Any:
        """Return a share as its percentage; what was typed stays as it was typed."""
        if not isinstance(value, int | float):
            return value
        text = f"{Decimal(str(value)) * 100:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return True if the submitted text means another share."""
        try:
            return bool(self.to_python(data) != initial)
        except ValidationError:
            return True
