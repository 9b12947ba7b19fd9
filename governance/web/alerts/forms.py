"""What people say of an alert."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.people.models import Person
from catalog.types import JSONObject
from catalog.web.forms.fields import TextAreaField
from catalog.web.forms.versioned import CatalogForm
from governance.alerts.models import Alert
from governance.alerts.services import acknowledge, assign, resolve, silence

SILENCES = {1: _("1 hour"), 8: _("8 hours"), 24: _("1 day"), 168: _("1 week"), 0: _("End it now")}


class ActForm(CatalogForm):
    """Something that a person does with an alert as they have read it."""

    edition = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def apply(self, alert: Alert, person: Person) -> None:
        """Do it. Raises PermissionDenied, EditConflict, InvalidTransition, ValidationFailed."""
        raise NotImplementedError

    def options(self, alert: Alert, person: Person) -> JSONObject:
        """Return what each service of alerts takes."""
        edition, now = self.cleaned_data["edition"], timezone.now()
        alert.edition = edition
        return {"alert": alert, "edition": edition, "actor": person, "now": now}


class AcknowledgeForm(ActForm):
    """Nothing but the button."""

    def apply(self, alert: Alert, person: Person) -> None:
        acknowledge(**self.options(alert, person))


class ResolveForm(ActForm):
    """Why an alert is over."""

    reason = TextAreaField(label=_("Reason"), max_length=2000)

    def apply(self, alert: Alert, person: Person) -> None:
        resolve(**self.options(alert, person), reason=self.cleaned_data["reason"])


class AssignForm(ActForm):
    """Who acts on an alert."""

    person = forms.ModelChoiceField(
        Person.objects.none(), label=_("Person"), required=False, empty_label=_("nobody")
    )

    def __init__(self, *args: Any, people: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Person.objects.filter(pk__in=[person.pk for person in people])

    def apply(self, alert: Alert, person: Person) -> None:
        assign(**self.options(alert, person), person=self.cleaned_data["person"])


class SilenceForm(ActForm):
    """For how long nothing of an alert is sent."""

    hours = forms.TypedChoiceField(label=_("For"), choices=list(SILENCES.items()), coerce=int)
    reason = TextAreaField(label=_("Reason"), max_length=2000, required=False)

    def apply(self, alert: Alert, person: Person) -> None:
        options, hours = self.options(alert, person), self.cleaned_data["hours"]
        until = options["now"] + timedelta(hours=hours) if hours else None
        silence(**options, until=until, reason=self.cleaned_data["reason"])
