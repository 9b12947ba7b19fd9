"""The form of objectives: what a product, or a domain for its products, lets consumers expect."""

import re
from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.products.projection import custom, with_changes
from catalog.types import FormValues, JSONObject, JSONValue
from catalog.web.forms.fields import PercentField, SingleLineField
from catalog.web.forms.formsets import RowForm, TableForm
from catalog.web.forms.versioned import Values, offer_choice
from catalog.web.products.forms import DocumentForm
from governance.slo.evaluation import PROBED_INDICATORS, BudgetingMethod, Indicator, ValueSource
from governance.slo.projection import KEY, MAX_OBJECTIVES
from governance.slo.wording import INDICATORS
from governance.web.slo.threshold_field import ThresholdField, format_threshold, parse_threshold

CHOICES = [("", "–"), *((indicator.value, INDICATORS[indicator]) for indicator in Indicator)]
BUDGETINGS = [
    (BudgetingMethod.OCCURRENCES.value, _("occurrences")),
    (BudgetingMethod.TIMESLICES.value, _("time slices")),
]
WINDOWS = [
    ("24h", _("last day")),
    ("7d", _("last 7 days")),
    ("30d", _("last 30 days")),
    ("90d", _("last 90 days")),
    ("week", _("calendar week")),
    ("month", _("calendar month")),
    ("quarter", _("calendar quarter")),
]
INTERVALS = [
    ("", _("as the port")),
    ("10s", _("10 seconds")),
    ("30s", _("30 seconds")),
    ("1m", _("minute")),
    ("5m", _("5 minutes")),
    ("15m", _("15 minutes")),
    ("1h", _("hour")),
    ("6h", _("6 hours")),
    ("1d", _("day")),
]
SOURCES = [
    (ValueSource.MEASURED.value, _("measured")),
    (ValueSource.REPORTED.value, _("reported")),
]
ROW_PATH = re.compile(rf"{KEY}/(\d+)/?(\w*)\Z")
NAMES = ("indicator target threshold window budgeting percentile interval source port").split()
USUAL = {
    "window": "30d",
    "budgeting": BudgetingMethod.OCCURRENCES.value,
    "source": ValueSource.MEASURED.value,
}


class ObjectiveRow(RowForm):
    """One objective; the preset choices alone do not make one."""

    PRESETS: ClassVar[frozenset[str]] = frozenset({"window", "budgeting", "interval", "source"})

    indicator = forms.ChoiceField(label=_("Indicator"), choices=CHOICES, required=False)
    threshold = ThresholdField(label=_("Threshold"))
    target = PercentField(label=_("Target, %"), more_than=0, required=False)
    window = forms.ChoiceField(label=_("Window"), choices=WINDOWS, initial="30d", required=False)
    budgeting = forms.ChoiceField(
        label=_("Budgeting method"),
        choices=BUDGETINGS,
        initial=BudgetingMethod.OCCURRENCES.value,
        required=False,
    )
    percentile = PercentField(label=_("Percentile"), more_than=0, required=False)
    interval = forms.ChoiceField(label=_("Check every"), choices=INTERVALS, required=False)
    source = forms.ChoiceField(
        label=_("Values"),
        choices=SOURCES,
        initial=ValueSource.MEASURED.value,
        required=False,
    )
    port = SingleLineField(
        label=_("Port"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"list": "ports"}),
    )

    def has_changed(self) -> bool:
        """Return True if an indicator or a figure was written."""
        return bool(set(self.changed_data) - self.PRESETS)

    def clean(self) -> FormValues:
        """Require an indicator and a target, and a threshold of all but availability."""
        cleaned = super().clean() or {}
        indicator = str(cleaned.get("indicator") or "")
        try:
            parse_threshold(str(cleaned.get("threshold") or ""), indicator)
        except ValidationError as error:
            self.add_error("threshold", error)
        needed = ["indicator", "target"]
        if indicator and indicator != Indicator.AVAILABILITY.value:
            needed.append("threshold")
        for name in needed:
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("This objective needs it."))
        return cleaned

    def objective(self) -> FormValues:
        """Return the objective as it was declared, with what was edited in it."""
        if not self.stored:
            return self.applicable(self.cleaned_data)
        sent = dict(self.stored) | {name: self.cleaned_data[name] for name in self.edited()}
        before, after = self.applicable(self.stored), self.applicable(sent)
        return with_changes(self.stored["declared"], before, after)

    @staticmethod
    def applicable(row: Values) -> FormValues:
        """Return the values of a row as an objective, without what does not apply."""
        indicator = row["indicator"]
        is_probed = indicator in PROBED_INDICATORS
        budgeting = row["budgeting"] or BudgetingMethod.OCCURRENCES.value
        is_sliced = is_probed and budgeting == BudgetingMethod.TIMESLICES.value
        has_percentile = is_sliced and indicator == Indicator.LATENCY.value
        has_threshold = indicator != Indicator.AVAILABILITY.value
        is_reported = not is_probed and row["source"] == ValueSource.REPORTED.value
        threshold = parse_threshold(row["threshold"] or "", indicator) if has_threshold else None
        objective = {
            "indicator": indicator,
            "target": row["target"],
            "threshold": threshold,
            "percentile": row["percentile"] if has_percentile else None,
            "window": row["window"] or "30d",
            "budgeting": budgeting if is_probed else None,
            "interval": row["interval"] or None,
            "source": row["source"] if is_reported else None,
            "port": row.get("port") or None,
        }
        return {name: value for name, value in objective.items() if value is not None}


class ObjectiveTable(TableForm):
    """A row for each objective."""

    row_form = ObjectiveRow
    max_num = MAX_OBJECTIVES

    def prepare_row(self, row: RowForm, values: Values) -> None:
        """Offer the window and the interval that a document gave the objective."""
        offer_choice(row, "window", values["window"])
        offer_choice(row, "interval", values["interval"] or "")

    def objectives(self) -> list[FormValues]:
        return [row.objective() for row in self.filled_rows if isinstance(row, ObjectiveRow)]

    def row_at(self, index: int, name: str) -> tuple[forms.Form, str | None] | None:
        """Return the field of a filled row; None if there is no such row."""
        if index >= len(self.filled_rows):
            return None
        row = self.filled_rows[index]
        return row, name if name in row.fields else "indicator"


class ObjectivesForm(ObjectiveTable, DocumentForm):
    """The objectives of a product."""

    def field_for(self, location: str) -> tuple[forms.Form, str | None]:
        """Return the field of the row that a location is in."""
        match = ROW_PATH.match(self.path_of(location))
        field = self.row_at(int(match[1]), match[2]) if match else None
        return field or super().field_for(location)


def rows_of(tree: JSONObject) -> list[FormValues]:
    """Return the objectives of a tree as the fields show them."""
    return rows_from(custom(tree, KEY) or [])


def rows_from(declared: list[JSONValue]) -> list[FormValues]:
    """Return objectives as the fields show them."""
    rows = [{name: item.get(name, USUAL.get(name)) for name in NAMES} for item in declared]
    for row in rows:
        row["threshold"] = format_threshold(row["threshold"], row["indicator"])
        if row["percentile"] is not None:
            row["budgeting"] = BudgetingMethod.TIMESLICES.value
    return [row | {"declared": item} for row, item in zip(rows, declared, strict=True)]
