"""The page on which a steward confirms or rejects suggested classifications."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.types import FormValues
from catalog.web.forms.fields import SingleLineField
from catalog.web.forms.versioned import VersionedForm
from catalog.web.products.editing import EditPage, EditView
from governance.inspection.classification import Suggestion
from governance.inspection.models import RejectedClassification
from governance.inspection.services import decide_classifications, suggestions_of

CONFIRM, REJECT, RESTORE = "confirm", "reject", "restore"
MAX_ROWS = 500


class DecisionForm(VersionedForm):
    """The chosen suggestions, or rejections, and what is decided of them."""

    chosen = forms.MultipleChoiceField(
        required=False,
        error_messages={"invalid_choice": _("A suggestion has changed. Choose again.")},
    )
    decision = forms.ChoiceField(choices=[(name, name) for name in (CONFIRM, REJECT, RESTORE)])
    reason = SingleLineField(label=_("Reason"), max_length=500, required=False)

    def __init__(self, *args: Any, keys: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["chosen"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(key, key) for key in keys]

    def clean(self) -> FormValues | None:
        if not self.errors and not self.cleaned_data.get("chosen"):
            self.add_error(None, _("Choose at least one column."))
        return super().clean()


@dataclass(frozen=True, kw_only=True)
class ClassificationPage(EditPage):
    suggestions: Sequence[Suggestion]
    rejected: Sequence[RejectedClassification]
    chosen: frozenset[str]
    more: int
    can_decide: bool


class Classification(EditView):
    """Suggested classifications; editors of the product see them, stewards decide."""

    title = _("Suggested classifications")
    template_name = "governance/inspection/classification.html"
    form_class: ClassVar[type[VersionedForm]] = DecisionForm

    @cached_property
    def suggestions(self) -> list[Suggestion]:
        return suggestions_of(self.product)

    @cached_property
    def rejected(self) -> list[RejectedClassification]:
        return list(
            RejectedClassification.objects.filter(product=self.product.published_row)[:MAX_ROWS]
        )

    def get_form(self, data: Any = None, **options: Any) -> VersionedForm:
        keys = [suggestion.key for suggestion in self.suggestions]
        keys += [str(row.pk) for row in self.rejected]
        return super().get_form(data, keys=keys, **options)

    def save_form(self, form: Any) -> DataProduct:
        data = form.cleaned_data
        chosen = data["chosen"]
        if data["decision"] == RESTORE:
            chosen = [int(key) for key in chosen if key.isdecimal()]
        return decide_classifications(
            product=self.product,
            actor=self.person,
            edition=data["edition"],
            reason=data["reason"],
            **{data["decision"]: chosen},
        )

    def refresh(self) -> None:
        super().refresh()
        self.__dict__.pop("suggestions", None)

    def get_success_url(self) -> str:
        return self.url("product_classification")

    def get_page(self, form: Any) -> ClassificationPage:
        listed = self.suggestions[:MAX_ROWS]
        evident = {suggestion.key for suggestion in listed if suggestion.is_by_values}
        return ClassificationPage(
            frame=self.frame(form),
            suggestions=listed,
            rejected=self.rejected,
            chosen=frozenset(form["chosen"].data if form.is_bound else evident),
            more=len(self.suggestions) - len(listed),
            can_decide=self.access.can(Permission.STEWARD_PRODUCTS, self.product.domain_id),
        )
