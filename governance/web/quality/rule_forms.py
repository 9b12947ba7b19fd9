"""The form of the quality rules of a table: a row for each rule."""

import re
from typing import NamedTuple

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.types import FormValues
from catalog.web.forms.fields import SingleLineField, TextAreaField
from catalog.web.forms.formsets import RowForm, TableForm
from governance.quality.dimensions import Dimension
from governance.quality.editing import RuleEdit, RuleRow
from governance.quality.rules import Operator

ROW_PATH = re.compile(r"rows/(\d+)/(\w*)\Z")
# Where an issue of a rule is shown, by the beginning of its place in the rule.
FIELDS_BY_MEMBER = {
    "mustBe": "limit",
    "mustNot": "limit",
    "unit": "unit",
    "dimension": "dimension",
    "name": "name",
    "arguments/properties": "columns",
    "implementation/columns": "columns",
    "implementation/key": "columns",
    "metric": "kind",
    "type": "kind",
}


class Kind(NamedTuple):
    """How a kind of rule is explained: what it counts, and what its details are."""

    value: str
    label: str | Promise
    counts: str | Promise
    details: str | Promise


KINDS = (
    Kind("row_count", _("Row count"), _("Rows of the table."), ""),
    Kind(
        "missing",
        _("Missing values"),
        _("Rows without a value in the column."),
        _("Texts that count as missing too: n/a, -"),
    ),
    Kind("duplicates", _("Duplicates"), _("Keys that occur more than once."), ""),
    Kind("range", _("Range"), _("Values outside the bounds."), _("0 to 100, or 2020-01-01 to")),
    Kind("length", _("Length"), _("Texts that are too short or too long."), _("1 to 40")),
    Kind(
        "allowed_values",
        _("Allowed values"),
        _("Values that are not listed."),
        _("The values: open, paid, sent"),
    ),
    Kind(
        "pattern",
        _("Pattern"),
        _("Values in which the regular expression is not found."),
        "^[A-Z]{2}[0-9]+$",
    ),
    Kind(
        "type_conformity",
        _("Type"),
        _("Values that cannot be read as the type."),
        _("integer, number, boolean, date, timestamp, time or string"),
    ),
    Kind(
        "reference",
        _("Found elsewhere"),
        _("Keys that the other table does not have."),
        _("Lines: product: sales/customers · port: table · table: customers · columns: id"),
    ),
    Kind(
        "accuracy",
        _("Equal to a reference"),
        _("Rows whose values differ from a table that is taken as true."),
        _("Lines as above, and compared: amount; the columns of this row are the key"),
    ),
    Kind("freshness", _("Freshness"), _("Age of the newest value."), _("24 h, 2 d or PT30M")),
    Kind(
        "distribution",
        _("Distribution"),
        _("Distance of the shares from those of the first run."),
        _("The greatest distance, from 0 to 1; 0.1 if nothing is written"),
    ),
    Kind(
        "expression",
        _("Condition"),
        _("Rows for which the condition on their columns is not true."),
        "shipped_at >= ordered_at",
    ),
    Kind(
        "sql",
        _("SQL query"),
        _("The number that a read-only SELECT gives."),
        "SELECT count(*) FROM ${table} WHERE total < 0",
    ),
)
OPERATORS = (
    ("", _("no row fails")),
    (Operator.LESS_OR_EQUAL.value, _("at most")),
    (Operator.GREATER_OR_EQUAL.value, _("at least")),
    (Operator.LESS.value, _("less than")),
    (Operator.GREATER.value, _("more than")),
    (Operator.EQUAL.value, _("exactly")),
    (Operator.NOT_EQUAL.value, _("not")),
    (Operator.BETWEEN.value, _("between")),
    (Operator.NOT_BETWEEN.value, _("not between")),
)
UNITS = (("", _("rows")), ("percent", _("% of rows")))
DIMENSIONS = (
    ("", _("that of the rule")),
    (Dimension.COMPLETENESS.value, _("completeness")),
    (Dimension.UNIQUENESS.value, _("uniqueness")),
    (Dimension.VALIDITY.value, _("validity")),
    (Dimension.CONSISTENCY.value, _("consistency")),
    (Dimension.ACCURACY.value, _("accuracy")),
    (Dimension.TIMELINESS.value, _("timeliness")),
)


class RuleForm(RowForm):
    """One quality rule; `pointer` in what is stored is its place in the table."""

    kind = forms.ChoiceField(
        label=_("Rule"), choices=[("", "–"), *((kind.value, kind.label) for kind in KINDS)]
    )
    columns = SingleLineField(
        label=_("Columns"),
        max_length=1000,
        required=False,
        widget=forms.TextInput(attrs={"list": "columns"}),
    )
    details = TextAreaField(label=_("Details"), rows=1, max_length=10_000, required=False)
    operator = forms.ChoiceField(label=_("Limit"), choices=OPERATORS, required=False)
    limit = SingleLineField(label=_("Number"), max_length=60, required=False)
    unit = forms.ChoiceField(label=_("Counted in"), choices=UNITS, required=False)
    dimension = forms.ChoiceField(label=_("Dimension"), choices=DIMENSIONS, required=False)
    name = SingleLineField(label=_("Name"), max_length=200, required=False)

    def edit(self) -> RuleEdit:
        """Return what becomes of the rule; a row without content removes it."""
        pointer = str(self.stored.get("pointer", ""))
        if not self.is_filled:
            return RuleEdit(pointer=pointer, row=None)
        names = RuleRow.__dataclass_fields__
        row = RuleRow(**{name: self.cleaned_data.get(name) or "" for name in names})
        return RuleEdit(pointer=pointer, row=row)


class RulesForm(TableForm):
    """A row for each quality rule of a table."""

    row_form = RuleForm
    extra = 2
    max_num = 300

    def edits(self) -> list[RuleEdit]:
        """Return one edit for each row, in their order."""
        return [row.edit() for row in self.rows.forms if isinstance(row, RuleForm)]

    def clean(self) -> FormValues:
        cleaned = super().clean()
        for row in self.filled_rows:
            if not row.cleaned_data.get("kind") and "kind" not in row.errors:
                row.add_error("kind", _("Choose what is checked."))
        return cleaned

    def field_for(self, location: str) -> tuple[forms.Form, str | None]:
        """Return the field of the row that an issue is of."""
        match = ROW_PATH.match(location)
        if match is None or int(match[1]) >= len(self.rows.forms):
            return super().field_for(location)
        row = self.rows.forms[int(match[1])]
        return row, match[2] if match[2] in row.fields else "kind"


def field_of(member: str) -> str:
    """Return the field that shows an issue at a place in a rule."""
    known = [start for start in FIELDS_BY_MEMBER if member.startswith(start)]
    if known:
        return FIELDS_BY_MEMBER[max(known, key=len)]
    return "details" if member else "limit"
