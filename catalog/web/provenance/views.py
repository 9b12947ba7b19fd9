"""The page on which a product's owners answer for where its data comes from."""

from __future__ import annotations

from typing import Any

from catalog.products.models import DataProduct
from catalog.products.projection import custom, with_custom
from catalog.provenance.models import Imbalance
from catalog.provenance.projection import KEY
from catalog.provenance.services import declare_provenance
from catalog.web.forms import VersionedForm
from catalog.web.products.editing import TableView
from catalog.web.provenance.forms import AnswersForm, initial_from


class Answers(TableView):
    """The questions of provenance and the known imbalances."""

    step = "provenance"
    form_class = AnswersForm
    template_name = "catalog/editing/answers.html"

    def get_initial(self) -> dict[str, Any]:
        """Return what the tree declares."""
        return initial_from(self.product.tree)

    def save_form(self, form: AnswersForm) -> DataProduct:
        """Declare the provenance anew."""
        provenance = form.declaration(custom(self.product.tree, KEY) or {})
        form.document = with_custom(self.product.tree, KEY, provenance or None)
        return declare_provenance(
            product=self.product,
            provenance=provenance,
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> Any:
        """Offer the attributes that the mesh uses already."""
        visible = DataProduct.objects.visible_to(self.reader)
        known = Imbalance.objects.filter(visible.has("record__product_id")).order_by("attribute")
        attributes = known.values_list("attribute", flat=True).distinct()[:100]
        return super().render(form, status, attributes=attributes, **context)
