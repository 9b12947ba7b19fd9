"""The form of a route."""

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.people.models import Team
from catalog.types import JSONObject
from catalog.web.domains.forms import PersonField
from catalog.web.forms.fields import SingleLineField
from catalog.web.forms.versioned import VersionedForm
from governance.alerts.kinds import Severity, kinds
from governance.alerts.models import Channel, Route
from governance.alerts.services import RouteFields
from governance.web.alerts.labels import SEVERITIES

CHANNELS = {
    Channel.MAIL: _("E-mail"),
    Channel.IN_APP: _("Inbox of Assay"),
    Channel.WEBHOOK: _("Webhook, signed (Standard Webhooks)"),
    Channel.SLACK: _("Webhook of Slack, Mattermost or Rocket.Chat"),
}
DAYS = {
    0: _("Monday"),
    1: _("Tuesday"),
    2: _("Wednesday"),
    3: _("Thursday"),
    4: _("Friday"),
    5: _("Saturday"),
    6: _("Sunday"),
}
CLOCK = {"type": "time"}


class RouteForm(VersionedForm):
    """Where alerts are sent, which of them, and when not."""

    FIELD_PATHS: ClassVar = {
        "quiet_hours.from": "quiet_from",
        "quiet_hours.to": "quiet_to",
        "quiet_hours.timezone": "quiet_timezone",
        "quiet_hours.days": "quiet_days",
        "quiet_hours": "quiet_from",
        "severities": "severities",
        "kinds": "kinds",
    }

    name = SingleLineField(label=_("Name"), max_length=120)
    channel = forms.ChoiceField(
        label=_("Channel"), choices=list(CHANNELS.items()), widget=forms.RadioSelect
    )
    person = PersonField(
        required=False, help_text=_("For e-mail and inbox: a person, by username or email.")
    )
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        label=_("Team"),
        required=False,
        empty_label=_("no team"),
        help_text=_("For e-mail and inbox: a team instead of a person."),
    )
    address = SingleLineField(
        label=_("Address"),
        max_length=1000,
        required=False,
        help_text=_(
            "For webhooks the whole URL; for e-mail an address that is no person or team. "
            "It is stored encrypted; left empty, it stays as it is."
        ),
    )
    severities = forms.MultipleChoiceField(
        label=_("Severities"),
        choices=[(severity.value, SEVERITIES[severity]) for severity in Severity],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None chosen means all."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Kinds of alerts"),
        choices=lambda: [(kind.key, kind.label) for kind in kinds().values()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None chosen means all."),
    )
    quiet_from = forms.CharField(
        label=_("Quiet from"),
        required=False,
        widget=forms.TextInput(attrs=CLOCK),
        help_text=_("In quiet hours all but critical alerts wait until these end. Empty for none."),
    )
    quiet_to = forms.CharField(
        label=_("Quiet until"), required=False, widget=forms.TextInput(attrs=CLOCK)
    )
    quiet_timezone = SingleLineField(
        label=_("Time zone"),
        max_length=60,
        required=False,
        help_text=_("As Europe/Oslo; UTC if empty."),
    )
    quiet_days = forms.TypedMultipleChoiceField(
        label=_("Quiet on"),
        choices=list(DAYS.items()),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("None chosen means every day."),
    )
    receives_synthetic = forms.BooleanField(
        label=_("Send the hourly synthetic alert too, which proves that the route works"),
        required=False,
    )
    is_enabled = forms.BooleanField(label=_("The route is on"), required=False)

    def route_fields(self) -> RouteFields:
        """Return what the services of routes take."""
        values = self.cleaned_data
        names = ("channel", "address", "person", "team", "severities", "kinds")
        flags = ("receives_synthetic", "is_enabled")
        chosen = {name: values[name] for name in ("name", *names, *flags)}
        return RouteFields(**chosen, quiet_hours=self._quiet_hours())

    def _quiet_hours(self) -> JSONObject:
        values = self.cleaned_data
        if not (values["quiet_from"] or values["quiet_to"]):
            return {}
        hours = {
            "from": values["quiet_from"],
            "to": values["quiet_to"],
            "timezone": values["quiet_timezone"],
            "days": sorted(values["quiet_days"]),
        }
        return {key: value for key, value in hours.items() if value}


def initial_of(route: Route | None) -> JSONObject:
    """Return what the form shows of a route; of a new one, what most have."""
    if route is None:
        return {"edition": 0, "channel": Channel.MAIL, "is_enabled": True}
    hours = route.quiet_hours
    return {
        "edition": route.edition,
        "name": route.name,
        "channel": route.channel,
        "person": route.person.username if route.person else "",
        "team": route.team_id,
        "severities": route.severities,
        "kinds": route.kinds,
        "quiet_from": hours.get("from", ""),
        "quiet_to": hours.get("to", ""),
        "quiet_timezone": hours.get("timezone", ""),
        "quiet_days": hours.get("days", []),
        "receives_synthetic": route.receives_synthetic,
        "is_enabled": route.is_enabled,
    }
