"""The form of a product's objectives: what it promises, in percentages and seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.products.projection import Tree, custom
from catalog.web.forms import PercentField, Rows, SingleLineField, TableForm
from catalog.web.products.forms import DocumentForm
from governance.slo.evaluation import BudgetingMethod, Indicator
from governance.slo.projection import KEY, LONGEST_THRESHOLD

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
ROW_PLACE = re.compile(rf"{KEY}/(\d+)/?(\w*)\Z")


def _columns() -> Mapping[str, forms.Field]:
    return {
        "indicator": forms.ChoiceField(label=_("What"), choices=INDICATORS),
        "target": PercentField(label=_("Target, %"), more_than=0),
        "threshold": forms.FloatField(
            label=_("Within, s"),
            min_value=0.001,
            max_value=LONGEST_THRESHOLD,
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        ),
        "window": forms.ChoiceField(label=_("Over"), choices=WINDOWS, initial="30d"),
        "budgeting": forms.ChoiceField(label=_("Counted by"), choices=BUDGETINGS),
        "percentile": PercentField(label=_("Percentile"), more_than=0),
        "port": SingleLineField(
            label=_("Port"), max_length=120, widget=forms.TextInput(attrs={"list": "ports"})
        ),
        "gone": forms.BooleanField(label=_("Remove")),
    }


class PromiseRows(Rows):
    """Rows in which the ready-made choices alone say nothing."""

    def values(self, cleaned: Mapping[str, Any], count: int) -> list[tuple[int, dict[str, Any]]]:
        """Return the rows that name an indicator or a figure."""
        telling = ("indicator", "target", "threshold", "percentile", "port")
        return [
            (index, row)
            for index, row in super().values(cleaned, count)
            if any(row[name] for name in telling)
        ]


class ObjectivesForm(TableForm, DocumentForm):
    """A row for each promise of a product."""

    rows: ClassVar[Rows] = PromiseRows("rows", _columns)
    most = 50

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sent: list[int] = []
        for index in range(self.count):
            self._offer_unusual(index, "window", WINDOWS)

    def clean(self) -> dict[str, Any]:
        """Demand an indicator and a target of each row, and of a latency its limit."""
        cleaned = super().clean() or {}
        for index, row in self.rows.values(cleaned, self.count):
            needed = ["indicator", "target"]
            needed += ["threshold"] if row["indicator"] == Indicator.LATENCY.value else []
            for name in needed if not row["gone"] else ():
                field = self.rows.field_name(index, name)
                if not row[name] and field not in self.errors:
                    self.add_error(field, _("This promise needs it."))
        return cleaned

    def _offer_unusual(self, index: int, column: str, usual: list[Any]) -> None:
        """Let a row keep a value that a manifest gave it and the list does not offer."""
        name = self.rows.field_name(index, column)
        field, held = self.fields[name], self.initial.get(name)
        if held and held not in dict(usual) and isinstance(field, forms.ChoiceField):
            field.choices = [*usual, (held, held)]

    def objectives(self) -> list[dict[str, Any]]:
        """Return the value of the product's own property."""
        rows = [(index, row) for index, row in self.given() if not row["gone"]]
        self.sent = [index for index, _row in rows]
        return [_objective(row) for _index, row in rows]

    def field_at(self, location: str) -> str | None:
        """Find the row that a fault is about."""
        found = ROW_PLACE.match(self.place_of(location))
        if found is None or int(found[1]) >= len(self.sent):
            return super().field_at(location)
        return self.rows.field_name(self.sent[int(found[1])], found[2] or "indicator")


def rows_of(tree: Tree) -> list[dict[str, Any]]:
    """Return the objectives of a tree as the fields show them."""
    usual = {"window": "30d", "budgeting": BudgetingMethod.OCCURRENCES.value}
    names = ("indicator", "target", "threshold", "window", "budgeting", "percentile", "port")
    declared = custom(tree, KEY) or []
    shown = [{name: row.get(name, usual.get(name)) for name in names} for row in declared]
    for row in shown:
        if row["percentile"] is not None:
            row["budgeting"] = BudgetingMethod.TIMESLICES.value
    return shown


def _objective(row: Mapping[str, Any]) -> dict[str, Any]:
    is_latency = row["indicator"] == Indicator.LATENCY.value
    by_slice = row["budgeting"] == BudgetingMethod.TIMESLICES.value
    said = {
        "indicator": row["indicator"],
        "target": row["target"],
        "threshold": row["threshold"] if is_latency else None,
        "percentile": row["percentile"] if is_latency and by_slice else None,
        "window": row["window"] or "30d",
        "budgeting": row["budgeting"] or BudgetingMethod.OCCURRENCES.value,
        "port": row["port"] or None,
    }
    return {name: value for name, value in said.items() if value is not None}
