"""The page on which a product's owners promise availability and latency."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.products.services import replace_document
from catalog.web.forms import VersionedForm
from catalog.web.products.editing import TableView
from governance.slo.projection import KEY
from governance.web.slo.forms import ObjectivesForm, rows_of


class Objectives(TableView):
    """The promises of a product, a row each."""

    step = "objectives"
    form_class = ObjectivesForm
    template_name = "governance/slo/objectives.html"

    def get_initial(self) -> dict[str, Any]:
        return {"rows": rows_of(self.product.tree)}

    def save_form(self, form: ObjectivesForm) -> DataProduct:
        """Put the promises into the tree; the projector of objectives checks them."""
        promised = form.objectives()
        form.document = with_custom(self.product.tree, KEY, promised or None)
        edition = form.cleaned_data["edition"]
        return replace_document(
            product=self.product, tree=form.document, edition=edition, actor=self.person
        )

    def render(self, form: VersionedForm, status: int = 200, **context: Any) -> HttpResponse:
        """Offer the names of the product's ports."""
        names = self.product.output_ports.values_list("name", flat=True).distinct()
        return super().render(form, status, ports=names, **context)
