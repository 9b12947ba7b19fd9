"""The form of a rule: its parameters are those that its kind of alert has."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.types import JSONObject
from catalog.web.forms.fields import SingleLineField
from catalog.web.forms.versioned import VersionedForm
from governance.alerts.kinds import AlertKind, Severity
from governance.alerts.models import AlertRule
from governance.alerts.services import RuleFields
from governance.web.alerts.labels import SEVERITIES

PARAMETER = "parameter_"
NUMBERS = {"number": forms.FloatField, "integer": forms.IntegerField}


class RuleForm(VersionedForm):
    """How severe alerts of a kind are, and from when on they open."""

    severity = forms.ChoiceField(
        label=_("Severity"),
        choices=[(severity.value, SEVERITIES[severity]) for severity in Severity],
    )
    is_enabled = forms.BooleanField(
        label=_("The rule is on"),
        required=False,
        help_text=_("A rule that is off keeps the rules of the domains above from applying here."),
    )

    def __init__(self, *args: Any, kind: AlertKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in parameter_fields(kind.schema).items():
            self.fields[f"{PARAMETER}{name}"] = field
        self.order_fields(["severity", *self.parameter_names(), "is_enabled"])

    def parameter_names(self) -> list[str]:
        return [name for name in self.fields if name.startswith(PARAMETER)]

    def path_of(self, location: str) -> str:
        """Return the field of a parameter, whose issues say `parameters.burn_rate`."""
        return location.replace("parameters.", PARAMETER, 1)

    def rule_fields(self) -> RuleFields:
        """Return what the services of rules take; empty parameters are left out."""
        values = {name: self.cleaned_data[name] for name in self.parameter_names()}
        return RuleFields(
            severity=self.cleaned_data["severity"],
            parameters={
                name.removeprefix(PARAMETER): value
                for name, value in values.items()
                if value not in (None, "")
            },
            is_enabled=self.cleaned_data["is_enabled"],
        )


def parameter_fields(schema: JSONObject) -> dict[str, forms.Field]:
    """Return a form field for each parameter of a JSON Schema."""
    required = schema.get("required", ())
    return {
        name: _field(name, definition, is_required=name in required)
        for name, definition in schema.get("properties", {}).items()
    }


def _field(name: str, definition: JSONObject, *, is_required: bool) -> forms.Field:
    label = definition.get("title") or name.replace("_", " ").capitalize()
    hint = definition.get("description", "")
    if choices := definition.get("enum"):
        empty = [] if is_required else [("", _("any"))]
        pairs = [*empty, *((choice, str(choice).replace("_", " ")) for choice in choices)]
        return forms.ChoiceField(label=label, choices=pairs, required=is_required, help_text=hint)
    if number := NUMBERS.get(definition.get("type", "")):
        return number(
            label=label,
            required=is_required,
            min_value=definition.get("minimum"),
            max_value=definition.get("maximum"),
            help_text=hint,
        )
    return SingleLineField(label=label, max_length=400, required=is_required, help_text=hint)


def initial_of_rule(rule: AlertRule | None, kind: AlertKind) -> JSONObject:
    """Return what the form shows of a rule; of a new one, what the first standard rule says."""
    if rule is None:
        standard = kind.standard_rules[0] if kind.standard_rules else None
        severity = standard.severity if standard else Severity.WARNING
        values: JSONObject = {"edition": 0, "severity": severity, "is_enabled": True}
        parameters = standard.parameters if standard else {}
    else:
        values = {"edition": rule.edition, "severity": rule.severity}
        values |= {"is_enabled": rule.is_enabled}
        parameters = rule.parameters
    return values | {f"{PARAMETER}{name}": value for name, value in parameters.items()}
