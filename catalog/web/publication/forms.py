"""Forms of the steps in a product's life: publish, deprecate, retire, adopt."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.authorization.access import AccessContext
from catalog.products.models import DataProduct, Status
from catalog.web.forms import SingleLineField, TextAreaField, VersionedForm


class PublishForm(VersionedForm):
    """What has changed since the last version."""

    reason = TextAreaField(
        label=_("What is new"),
        required=False,
        rows=3,
        max_length=2000,
        help_text=_("Consumers read it in the product's history."),
    )


class AdoptForm(VersionedForm):
    """Why an entry from outside comes under governance."""

    reason = SingleLineField(label=_("Reason"), max_length=500, required=False)


class EndingForm(VersionedForm):
    """Why a product ends, and what comes after it."""

    successor = SingleLineField(
        label=_("What to use instead"),
        max_length=250,
        required=False,
        help_text=_("The address of a product, domain/product. Its readers are led there."),
        widget=forms.TextInput(attrs={"list": "successors", "autocapitalize": "none"}),
    )
    reason = TextAreaField(
        label=_("Reason"), rows=3, max_length=2000, help_text=_("Consumers read it on the page.")
    )

    def __init__(
        self, *args: Any, product: DataProduct, reader: AccessContext, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.product, self.reader = product, reader

    def clean_successor(self) -> DataProduct | None:
        """Return the product at that address. Refuse one that is not there to be used."""
        address = str(self.cleaned_data["successor"]).strip("/").removeprefix("p/")
        if not address:
            return None
        domain, _slash, slug = address.partition("/")
        visible = DataProduct.objects.visible_to(self.reader).exclude(pk=self.product.pk)
        found = visible.filter(domain__slug=domain, slug=slug).first()
        if found is None:
            raise ValidationError(_("No other product at this address is open to you."))
        if found.status in (Status.DRAFT, Status.RETIRED):
            raise ValidationError(_("This one is not published, so nobody could use it instead."))
        return found


class DeprecateForm(EndingForm):
    """The same with the day on which it ends."""

    ends_on = forms.DateField(
        label=_("Ends on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Until then it is served and measured as before."),
    )
    field_order = ["successor", "ends_on", "reason"]
