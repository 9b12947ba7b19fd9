"""Forms that show refusals beside their fields and lose nothing when somebody was faster."""

from catalog.web.forms.fields import PercentField, SingleLineField, TextAreaField, storable
from catalog.web.forms.formsets import Rows, TableForm
from catalog.web.forms.versioned import (
    CatalogForm,
    FieldConflict,
    VersionedForm,
    issues_from,
    sentence,
    shown,
)

__all__ = [
    "CatalogForm",
    "FieldConflict",
    "PercentField",
    "Rows",
    "SingleLineField",
    "TableForm",
    "TextAreaField",
    "VersionedForm",
    "issues_from",
    "sentence",
    "shown",
    "storable",
]
