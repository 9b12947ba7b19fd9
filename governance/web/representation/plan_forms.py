"""The form of a representation plan: which columns are counted, in which groups, against what."""

import csv
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.types import FormValues, JSONObject
from catalog.web.forms.fields import PercentField, SingleLineField, TextAreaField
from catalog.web.forms.formsets import RowForm, TableForm
from catalog.web.forms.versioned import Values, offer_choice
from governance.representation.plan import Frequency, Plan, PlannedAttribute, Reference
from governance.web.representation.plan_fields import EdgesField, SharesField, ValuesField

MAX_HIERARCHY = 1_000_000
SCHEDULES = [
    (Frequency.DAILY.value, gettext_lazy("every day")),
    (Frequency.WEEKLY.value, gettext_lazy("every week")),
    (Frequency.MONTHLY.value, gettext_lazy("every 30 days")),
    (Frequency.ON_DEMAND.value, gettext_lazy("only on demand")),
]
LEVELS = [("0.9", "90 %"), ("0.95", "95 %"), ("0.99", "99 %")]
ROW_PATH = re.compile(r"attributes/(\d+)/?(.*)")
# The fields of a row, by the place of an issue in the attribute.
FIELD_OF_PATH = {
    "hierarchy/level": "level",
    "hierarchy": "hierarchy",
    "groups": "hierarchy",
    "reference/name": "reference_name",
    "reference/date": "reference_date",
    "reference/port": "reference_port",
    "reference/attribute": "reference_port",
    "reference": "reference_shares",
}


class AttributeRow(RowForm):
    """One attribute: a column, how its values become groups, and what they are compared with."""

    column = forms.ChoiceField(label=gettext_lazy("Column"), required=False)
    name = SingleLineField(
        label=gettext_lazy("Attribute"),
        help_text=gettext_lazy("Such as age_band. Empty: the name of the column."),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocapitalize": "none"}),
    )
    bins = EdgesField(
        label=gettext_lazy("Edges, for numbers"),
        help_text=gettext_lazy("18, 65 makes: under 18, 18 to under 65, 65 or more."),
        max_length=2000,
        required=False,
    )
    hierarchy = TextAreaField(
        label=gettext_lazy("Hierarchy, for codes"),
        help_text=gettext_lazy("A line for each value: value;group. More cells are wider groups."),
        max_length=MAX_HIERARCHY,
        rows=3,
        required=False,
    )
    file = forms.FileField(label=gettext_lazy("Or a hierarchy file (CSV)"), required=False)
    level = forms.IntegerField(
        label=gettext_lazy("Level of the groups"),
        help_text=gettext_lazy("1 is the first cell after the value."),
        min_value=1,
        max_value=20,
        initial=1,
        required=False,
    )
    missing = ValuesField(
        label=gettext_lazy("Values that mean “missing”"),
        help_text=gettext_lazy("Separated by commas. Empty cells are always missing."),
        max_length=2000,
        required=False,
    )
    reference_name = SingleLineField(label=gettext_lazy("Name of the reference"), required=False)
    reference_date = forms.DateField(
        label=gettext_lazy("Date of the reference"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reference_shares = SharesField(
        label=gettext_lazy("Shares of the reference, %"),
        help_text=gettext_lazy("A line for each group: Female = 51.1."),
        rows=3,
        required=False,
    )
    reference_port = forms.ChoiceField(
        label=gettext_lazy("Or what is measured of another product"), required=False
    )

    def has_changed(self) -> bool:
        """Return True if a column was chosen or something else was written."""
        return bool(set(self.changed_data) - {"level"})

    def clean(self) -> FormValues:
        """Require a column, and read an uploaded hierarchy."""
        cleaned = super().clean() or {}
        if not cleaned.get("column") and "column" not in self.errors:
            self.add_error("column", _("Choose the column."))
        if upload := cleaned.get("file"):
            try:
                cleaned["hierarchy"] = upload.read(MAX_HIERARCHY + 1).decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("The file is not UTF-8 text."))
            if upload.size > MAX_HIERARCHY:
                self.add_error("file", _("The file is larger than one megabyte."))
        return cleaned

    def body(self) -> JSONObject:
        """Return the attribute as a plan has it in JSON."""
        values = self.cleaned_data
        body = {
            "column": values["column"],
            "name": values["name"],
            "bins": values["bins"],
            "missing": ["", *values["missing"]],
            "reference": self._reference(),
        }
        return body | self._groups() if values["hierarchy"].strip() else body

    def _groups(self) -> JSONObject:
        """Return the hierarchy; the stored groups if nobody changed them."""
        values, level = self.cleaned_data, self.cleaned_data["level"] or 1
        if not values["file"] and not {"hierarchy", "level"} & self.edited() and self.stored:
            return {"groups": self.stored["groups"], "hierarchy": self.stored["source"]}
        name = values["file"].name if values["file"] else ""
        return {"hierarchy": {"csv": values["hierarchy"], "level": level, "name": name[:200]}}

    def _reference(self) -> JSONObject | None:
        values = self.cleaned_data
        port, _colon, attribute = values["reference_port"].partition(":")
        entered = {
            "name": values["reference_name"],
            "date": values["reference_date"].isoformat() if values["reference_date"] else "",
            "shares": values["reference_shares"],
        }
        if not any(entered.values()):
            return {"port": int(port), "attribute": attribute} if port else None
        return entered | ({"port": int(port), "attribute": attribute} if port else {})


class PlanForm(TableForm):
    """What is measured of one port; a row for each attribute."""

    row_form = AttributeRow
    extra = 1
    max_num = 10
    FIELD_PATHS: ClassVar[Mapping[str, str]] = {
        "label/favourable": "favourable",
        "label/missing": "label_missing",
        "label": "label_column",
        "thresholds": "max_gap",
        "thresholds/min_ratio": "min_ratio",
        "thresholds/small_group": "small_group",
        "thresholds/level": "level",
    }

    table = forms.ChoiceField(label=gettext_lazy("Table"), required=False)
    label_column = forms.ChoiceField(
        label=gettext_lazy("Column of the label"),
        help_text=gettext_lazy(
            "A decision or an outcome, such as a salary class or a granted loan."
        ),
        required=False,
    )
    favourable = ValuesField(
        label=gettext_lazy("Favourable values"),
        help_text=gettext_lazy("Those that are good for a person, separated by commas."),
        max_length=2000,
        required=False,
    )
    label_missing = ValuesField(
        label=gettext_lazy("Values of the label that mean “missing”"), required=False
    )
    schedule = forms.ChoiceField(label=gettext_lazy("Measured"), choices=SCHEDULES)
    band = PercentField(
        label=gettext_lazy("Report a share that moves by more than, points"),
        help_text=gettext_lazy("From one measurement to the next."),
    )
    max_gap = PercentField(
        label=gettext_lazy("Imbalanced beyond a gap of, points"),
        help_text=gettext_lazy("Judged by the whole interval of the share."),
    )
    min_ratio = forms.FloatField(
        label=gettext_lazy("Or below a ratio of"),
        help_text=gettext_lazy("0.8 is the four-fifths rule; above its inverse counts too."),
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    level = forms.ChoiceField(label=gettext_lazy("Level of the intervals"), choices=LEVELS)
    small_group = forms.IntegerField(label=gettext_lazy("A group is small below, records"))

    def __init__(
        self,
        *args: Any,
        tables: Sequence[str],
        columns: Sequence[tuple[str, str]],
        references: Sequence[tuple[str, str]],
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._offer(self, "table", [(table, table) for table in tables], self.initial)
        self._offer(self, "label_column", columns, self.initial)
        self._offer(self, "level", LEVELS, self.initial)
        for row in self.rows.forms:
            self._offer(row, "column", columns, row.stored)
            self._offer(row, "reference_port", references, row.stored)
        if len(tables) < 2:
            del self.fields["table"]

    @staticmethod
    def _offer(
        form: forms.Form, name: str, choices: Sequence[tuple[str, str]], stored: Values
    ) -> None:
        """Offer choices and what is stored, which may not be among them any more."""
        field = form.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices if field.required else [("", "–"), *choices]
        offer_choice(form, name, str(stored.get(name) or ""))

    def path_of(self, location: str) -> str:
        return location.removeprefix("/")

    def field_for(self, location: str) -> tuple[forms.Form, str | None]:
        """Return the field of the row that a location such as /attributes/0/column is in."""
        match = ROW_PATH.match(self.path_of(location))
        if match is None or int(match[1]) >= len(self.filled_rows):
            return super().field_for(location)
        row, path = self.filled_rows[int(match[1])], match[2]
        if path in row.fields:
            return row, path
        known = [start for start in FIELD_OF_PATH if path.startswith(start)]
        name = FIELD_OF_PATH[max(known, key=len)] if known else "column"
        return row, "file" if name == "hierarchy" and row.files.get(
            row.add_prefix("file")
        ) else name

    def body(self) -> JSONObject:
        """Return the plan as JSON."""
        values = self.cleaned_data
        label = {
            "column": values["label_column"],
            "favourable": values["favourable"],
            "missing": ["", *values["label_missing"]],
        }
        rows = [row for row in self.filled_rows if isinstance(row, AttributeRow)]
        return {
            "table": values.get("table") or "",
            "attributes": [row.body() for row in rows],
            "label": self._stored_label() | label if values["label_column"] else None,
            "schedule": values["schedule"],
            "band": values["band"],
            "thresholds": {
                "max_gap": values["max_gap"],
                "min_ratio": values["min_ratio"],
                "level": float(values["level"]),
                "small_group": values["small_group"],
            },
        }

    def _stored_label(self) -> JSONObject:
        """Return what else the stored label has, if it is still that column."""
        stored: JSONObject = self.initial.get("label") or {}
        same = stored.get("column") == self.cleaned_data["label_column"]
        return {key: stored[key] for key in ("bins", "groups", "name") if same and key in stored}


def initial_from(plan: Plan | None, proposed: Sequence[str]) -> FormValues:
    """Return a plan as the fields show it; without one, rows for the proposed columns."""
    current = plan or Plan(attributes=())
    rows: list[Values] = [attribute_values(row) for row in current.attributes]
    if plan is None:
        rows = [{"column": column} for column in proposed]
    label, limits = current.label, current.thresholds
    return {
        "rows": rows,
        "table": current.table,
        "label": current.as_body()["label"],
        "label_column": label.column if label else "",
        "favourable": label.favourable if label else (),
        "label_missing": label.missing if label else (),
        "schedule": current.schedule.value,
        "band": current.band,
        "max_gap": limits.max_gap,
        "min_ratio": limits.min_ratio,
        "level": f"{limits.level:g}",
        "small_group": limits.small_group,
    }


def attribute_values(row: PlannedAttribute) -> Values:
    reference = row.reference or Reference()
    measured = f"{reference.port}:{reference.attribute}"
    return {
        "column": row.column,
        "name": row.name,
        "bins": row.bins,
        "hierarchy": hierarchy_text(row.groups),
        "groups": dict(row.groups),
        "source": {"name": row.hierarchy, "level": row.level or 1},
        # The groups that are current are one level deep, whatever file they came from.
        "level": 1,
        "missing": row.missing,
        "reference_name": reference.name,
        "reference_date": reference.date,
        "reference_shares": dict(reference.shares),
        "reference_port": "" if reference.is_entered else measured,
    }


def hierarchy_text(groups: Mapping[str, str]) -> str:
    """Return groups as CSV, one level deep."""
    lines = StringIO()
    csv.writer(lines, delimiter=";", lineterminator="\n").writerows(groups.items())
    return lines.getvalue().strip()
