"""The page on which owners state where a product's data comes from."""

from dataclasses import dataclass
from typing import Any

from catalog.products.models import DataProduct
from catalog.products.projection import custom, with_custom
from catalog.provenance.models import Imbalance
from catalog.provenance.projection import KEY
from catalog.provenance.services import declare_provenance
from catalog.web.products.editing import EditPage, TableView
from catalog.web.provenance.forms import AnswersForm, initial_from

MAX_ATTRIBUTES = 100


@dataclass(frozen=True, kw_only=True)
class AnswersPage(EditPage):
    """`attributes` are those that other products name."""

    attributes: list[str]


class Answers(TableView):
    """The questions of provenance and the known imbalances."""

    step = "provenance"
    form_class = AnswersForm
    shows_stored = True
    template_name = "catalog/editing/answers.html"

    def get_initial(self) -> dict[str, Any]:
        return initial_from(self.product.tree)

    def save_form(self, form: AnswersForm) -> DataProduct:
        provenance = form.declaration(custom(self.product.tree, KEY) or {})
        form.document = with_custom(self.product.tree, KEY, provenance or None)
        return declare_provenance(
            product=self.product,
            provenance=provenance,
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )

    def get_page(self, form: AnswersForm) -> AnswersPage:
        visible = DataProduct.objects.visible_to(self.access)
        used = Imbalance.objects.filter(visible.has("record__product_id")).order_by("attribute")
        attributes = used.values_list("attribute", flat=True).distinct()
        return AnswersPage(frame=self.frame(form), attributes=list(attributes[:MAX_ATTRIBUTES]))
