"""Forms that show refusals beside their fields and lose nothing when somebody was faster."""

from catalog.web.forms.fields import Line, Passage, Share, storable
from catalog.web.forms.formsets import RowedSheet, Rows
from catalog.web.forms.versioned import (
    Difference,
    EditSheet,
    Sheet,
    faults_of,
    sentence,
    shown,
)

__all__ = [
    "Difference",
    "EditSheet",
    "Line",
    "Passage",
    "RowedSheet",
    "Rows",
    "Share",
    "Sheet",
    "faults_of",
    "sentence",
    "shown",
    "storable",
]
