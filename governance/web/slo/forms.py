"""The form of a product's objectives: what it promises, in percentages and seconds."""

import re
from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.products.projection import custom, with_changes
from catalog.types import FormValues, JSONObject
from catalog.web.forms.fields import PercentField, SingleLineField
from catalog.web.forms.formsets import RowForm, TableForm
from catalog.web.forms.versioned import Values, offer_choice
from catalog.web.products.forms import DocumentForm
from governance.slo.declaration import MAX_THRESHOLD
from governance.slo.evaluation import BudgetingMethod, Indicator
from governance.slo.projection import KEY

INDICATORS = [
    ("", "–"),
    (Indicator.AVAILABILITY.value, _("Availability")),
    (Indicator.LATENCY.value, _("Latency")),
]
BUDGETINGS = [
    (BudgetingMethod.OCCURRENCES.value, _("every call")),
    (BudgetingMethod.TIMESLICES.value, _("every five minutes")),
]
WINDOWS = [("24h", _("a day")), ("7d", _("7 days")), ("30d", _("30 days")), ("90d", _("90 days"))]
ROW_PATH = re.compile(rf"{KEY}/(\d+)/?(\w*)\Z")


class ObjectiveRow(RowForm):
    """One objective; the preset choices alone do not make one."""

    PRESETS: ClassVar[frozenset[str]] = frozenset({"window", "budgeting"})

    indicator = forms.ChoiceField(label=_("Indicator"), choices=INDICATORS, required=False)
    target = PercentField(label=_("Target, %"), more_than=0, required=False)
    threshold = forms.FloatField(
        label=_("Threshold (s)"),
        min_value=0.001,
        max_value=MAX_THRESHOLD,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    window = forms.ChoiceField(label=_("Window"), choices=WINDOWS, initial="30d", required=False)
    budgeting = forms.ChoiceField(
        label=_("Budgeting method"),
        choices=BUDGETINGS,
        initial=BudgetingMethod.OCCURRENCES.value,
        required=False,
    )
    percentile = PercentField(label=_("Percentile"), more_than=0, required=False)
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
        """Require an indicator and a target, and of a latency its limit."""
        cleaned = super().clean() or {}
        needed = ["indicator", "target"]
        needed += ["threshold"] if cleaned.get("indicator") == Indicator.LATENCY.value else []
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
        is_latency = row["indicator"] == Indicator.LATENCY.value
        is_sliced = row["budgeting"] == BudgetingMethod.TIMESLICES.value
        objective = {
            "indicator": row["indicator"],
            "target": row["target"],
            "threshold": row["threshold"] if is_latency else None,
            "percentile": row["percentile"] if is_latency and is_sliced else None,
            "window": row["window"] or "30d",
            "budgeting": row["budgeting"] or BudgetingMethod.OCCURRENCES.value,
            "port": row["port"] or None,
        }
        return {name: value for name, value in objective.items() if value is not None}


class ObjectivesForm(TableForm, DocumentForm):
    """A row for each objective of a product."""

    row_form = ObjectiveRow
    max_num = 50

    def prepare_row(self, row: RowForm, values: Values) -> None:
        """Offer the window that a manifest gave the objective."""
        offer_choice(row, "window", values["window"])

    def objectives(self) -> list[FormValues]:
        return [row.objective() for row in self.filled_rows if isinstance(row, ObjectiveRow)]

    def field_for(self, location: str) -> tuple[forms.Form, str | None]:
        """Return the field of the row that a location is in."""
        match = ROW_PATH.match(self.path_of(location))
        if match is None or int(match[1]) >= len(self.filled_rows):
            return super().field_for(location)
        return self.filled_rows[int(match[1])], match[2] or "indicator"


def rows_of(tree: JSONObject) -> list[FormValues]:
    """Return the objectives of a tree as the fields show them."""
    usual = {"window": "30d", "budgeting": BudgetingMethod.OCCURRENCES.value}
    names = ("indicator", "target", "threshold", "window", "budgeting", "percentile", "port")
    declared = custom(tree, KEY) or []
    rows = [{name: row.get(name, usual.get(name)) for name in names} for row in declared]
    for row in rows:
        if row["percentile"] is not None:
            row["budgeting"] = BudgetingMethod.TIMESLICES.value
    return [row | {"declared": item} for row, item in zip(rows, declared, strict=True)]
