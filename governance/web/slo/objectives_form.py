"""The page on which a product's owners set objectives for availability and latency."""

from dataclasses import dataclass
from typing import Any

from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.products.services import replace_document
from catalog.web.products.editing import EditPage, TableView
from governance.slo.projection import KEY
from governance.web.slo.forms import ObjectivesForm, rows_of


@dataclass(frozen=True, kw_only=True)
class ObjectivesPage(EditPage):
    """`ports` are the names of the product's output ports."""

    ports: list[str]


class Objectives(TableView):
    """The objectives of a product, a row each."""

    step = "objectives"
    form_class = ObjectivesForm
    shows_stored = True
    template_name = "governance/slo/objectives.html"

    def get_initial(self) -> dict[str, Any]:
        return {"rows": rows_of(self.product.tree)}

    def save_form(self, form: ObjectivesForm) -> DataProduct:
        """Put the objectives into the document; their projector checks them."""
        objectives = form.objectives()
        form.document = with_custom(self.product.tree, KEY, objectives or None)
        edition = form.cleaned_data["edition"]
        return replace_document(
            product=self.product, tree=form.document, edition=edition, actor=self.person
        )

    def get_page(self, form: ObjectivesForm) -> ObjectivesPage:
        names = self.product.output_ports.values_list("name", flat=True).distinct()
        return ObjectivesPage(frame=self.frame(form), ports=list(names))
