"""Forms that publish, deprecate, retire, delete, move and adopt a product."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.authorization.access import AccessContext
from catalog.domains.models import Domain
from catalog.identifiers import normalize
from catalog.products.models import DataProduct, Status
from catalog.types import FormValues
from catalog.web.forms.fields import SingleLineField, TextAreaField
from catalog.web.forms.versioned import VersionedForm
from catalog.web.products.lookup import find_other


class PublishForm(VersionedForm):
    """The number of the version, what is new, and why a breaking change cannot wait.

    Without a number the document keeps the one that it has.
    """

    version = SingleLineField(label=_("Version"), max_length=60, required=False)
    note = TextAreaField(
        label=_("What is new"),
        required=False,
        rows=3,
        max_length=2000,
        help_text=_("Consumers read it on the page of the version and in the history."),
    )
    break_reason = TextAreaField(
        label=_("Reason to publish without a notice period"),
        required=False,
        rows=2,
        max_length=2000,
        help_text=_("Readers see it on the page of the version."),
    )


class NoticeForm(VersionedForm):
    """Keeps the former major version of the ports that would break."""


class DiscardForm(VersionedForm):
    """Why unpublished changes are discarded."""

    reason = SingleLineField(label=_("Reason"), max_length=500, required=False)


class AdoptForm(VersionedForm):
    """Why an entry from outside comes under governance."""

    reason = SingleLineField(label=_("Reason"), max_length=500, required=False)


class DeleteForm(VersionedForm):
    """Why a draft is deleted."""

    reason = SingleLineField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_("Kept in the audit trail after the product is deleted."),
    )


class MoveForm(VersionedForm):
    """Which domain a product is moved to, and why."""

    domain = forms.ModelChoiceField(label=_("New domain"), queryset=Domain.objects.none())
    reason = SingleLineField(
        label=_("Reason"), max_length=500, help_text=_("Shown in the product's history.")
    )

    def __init__(self, *args: Any, domain_ids: Collection[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["domain"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Domain.objects.filter(pk__in=domain_ids, is_external=False)


class EndForm(VersionedForm):
    """Why a product ends, and what comes after it."""

    successor = SingleLineField(
        label=_("What to use instead"),
        max_length=250,
        required=False,
        help_text=_("A product as domain/product. Readers are sent there."),
        widget=forms.TextInput(attrs={"list": "successors", "autocapitalize": "none"}),
    )
    reason = TextAreaField(
        label=_("Reason"), rows=3, max_length=2000, help_text=_("Consumers read it on the page.")
    )

    def __init__(
        self, *args: Any, product: DataProduct, access: AccessContext, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.product, self.access = product, access

    def clean_successor(self) -> DataProduct | None:
        """Return the product at that address; reject one that cannot be used."""
        if not self.cleaned_data["successor"].strip("/"):
            return None
        successor = find_other(self.access, self.cleaned_data["successor"], than=self.product)
        if successor is None:
            raise ValidationError(_("No other product at this address that you can see."))
        if successor.status in (Status.DRAFT, Status.RETIRED):
            raise ValidationError(_("This product is not published, so no one can use it."))
        return successor


class RetireForm(EndForm):
    """The end of a product for good; its name is typed to confirm it."""

    confirmed_name = SingleLineField(
        label=_("Type the name of the product to confirm"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["successor", "reason", "confirmed_name"]

    def clean_confirmed_name(self) -> str:
        name: str = self.cleaned_data["confirmed_name"]
        if normalize(name) != normalize(self.product.name):
            message = _("This is not the name of the product: %(name)s.")
            raise ValidationError(message, params={"name": self.product.name})
        return name

    def clean(self) -> FormValues:
        """Return what the service takes."""
        cleaned = super().clean() or self.cleaned_data
        return {name: value for name, value in cleaned.items() if name != "confirmed_name"}


class DeprecateForm(EndForm):
    """Why and when a product ends, and what comes after it."""

    ends_on = forms.DateField(
        label=_("Ends on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Until then it is still served and measured."),
    )
    field_order = ["successor", "ends_on", "reason"]
