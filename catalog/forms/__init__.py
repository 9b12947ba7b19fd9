"""Forms that show refusals beside their fields and lose nothing when somebody was faster."""

from catalog.forms.fields import Line, Passage, Share, storable
from catalog.forms.rows import RowedSheet, Rows
from catalog.forms.sheets import (
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
