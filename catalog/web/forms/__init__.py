"""Forms that show issues next to their fields and lose nothing on an edit conflict."""

from catalog.web.forms.fields import PercentField, SingleLineField, TextAreaField, storable
from catalog.web.forms.formsets import MORE_ROWS, RowForm, TableForm
from catalog.web.forms.versioned import (
    CatalogForm,
    FieldConflict,
    Values,
    VersionedForm,
    changed_fields,
    display_value,
    format_issue,
    issues_from,
)

__all__ = [
    "MORE_ROWS",
    "CatalogForm",
    "FieldConflict",
    "PercentField",
    "RowForm",
    "SingleLineField",
    "TableForm",
    "TextAreaField",
    "Values",
    "VersionedForm",
    "changed_fields",
    "display_value",
    "format_issue",
    "issues_from",
    "storable",
]
