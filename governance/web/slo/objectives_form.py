"""The page on which a product's owners promise availability and latency."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.products.services import replace_tree
from catalog.web.forms import EditSheet
from catalog.web.products.editing import RowedPage
from governance.slo.projection import KEY
from governance.web.slo.forms import ObjectivesSheet, rows_of


class Objectives(RowedPage):
    """The promises of a product, a row each."""

    step = "objectives"
    sheet_class = ObjectivesSheet
    template_name = "governance/slo/objectives.html"

    def sheet(self, data: Any = None, **options: Any) -> EditSheet:
        """Make room for the rows that stand."""
        return super().sheet(data, held=len(rows_of(self.product.tree)), **options)

    def initial(self) -> dict[str, Any]:
        """Return what the tree promises."""
        return ObjectivesSheet.rows.initial(rows_of(self.product.tree))

    def write(self, sheet: ObjectivesSheet) -> DataProduct:
        """Put the promises into the tree; the projector of objectives checks them."""
        promised = sheet.objectives()
        sheet.document = with_custom(self.product.tree, KEY, promised or None)
        edition = sheet.cleaned_data["edition"]
        return replace_tree(
            product=self.product, tree=sheet.document, edition=edition, actor=self.person
        )

    def show(self, sheet: EditSheet, status: int = 200, **context: Any) -> HttpResponse:
        """Offer the names of the product's ports."""
        names = self.product.output_ports.values_list("name", flat=True).distinct()
        return super().show(sheet, status, ports=names, **context)
