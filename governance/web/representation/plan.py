"""The page on which editors say what is measured of a port: a setting, which applies at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from catalog.contracts.columns import iter_columns
from catalog.contracts.models import contract_of
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.types import FormValues
from catalog.web.forms.versioned import VersionedForm
from catalog.web.products.editing import EditPage, TableView
from governance.inspection.declarations import physical_name
from governance.representation.models import RepresentationPlan
from governance.representation.services import save_plan, source_tables
from governance.tasks import hint_representation
from governance.web.representation.plan_forms import PlanForm, initial_from

# Classifications of columns that are proposed as attributes: what distinguishes groups of people.
SENSITIVE = ("special-category", "quasi-identifier", "pii")
PROPOSED = SENSITIVE[:2]
MAX_PROPOSED, MAX_REFERENCES = 5, 200


@dataclass(frozen=True, kw_only=True)
class PlanPage(EditPage):
    """`has_plan` is False while the rows are only proposed from classified columns."""

    port: OutputPort
    form: PlanForm
    has_plan: bool
    has_columns: bool


class MeasurementPlan(TableView):
    """What is measured of one port: attributes, label, schedule and thresholds."""

    title = _("Measurement plan")
    form_class = PlanForm
    template_name = "governance/representation/plan.html"
    success_message = _("Plan saved. It applies at once and is no part of a version.")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        self.number = kwargs.pop("port")
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def port(self) -> OutputPort:
        """Return the port of the address. Raises Http404."""
        ports = self.product.published_row.output_ports.select_related(
            "product__domain", "port_contract__contract", "representation_plan"
        )
        return get_object_or_404(ports, pk=self.number)

    @property
    def plan_row(self) -> RepresentationPlan | None:
        row: RepresentationPlan | None = getattr(self.port, "representation_plan", None)
        return row

    def get_form(self, data: Any = None, **options: Any) -> VersionedForm:
        return super().get_form(
            data,
            tables=list(source_tables(self.port)),
            columns=[(name, label) for name, label, _class in self.columns],
            references=list(self._references()),
            **options,
        )

    def get_initial(self) -> FormValues:
        proposed = [
            name for name, _label, classification in self.columns if classification in PROPOSED
        ]
        plan = self.plan_row.plan if self.plan_row else None
        return initial_from(plan, list(dict.fromkeys(proposed))[:MAX_PROPOSED])

    @cached_property
    def columns(self) -> Sequence[tuple[str, str, str]]:
        """Return name, label and classification of the columns, the sensitive ones first."""
        known = [name for columns in source_tables(self.port).values() for name in columns]
        classes = dict.fromkeys(known, "")
        contract = contract_of(self.port)
        schema = contract.tree.get("schema") if contract else None
        for table in schema or ():
            for column in iter_columns(table) if isinstance(table, dict) else ():
                name = physical_name(column.node)
                if name in classes:
                    classes[name] = str(column.node.get("classification") or "").lower()
        rows = sorted(classes.items(), key=lambda row: _rank(row[1]))
        return [
            (name, f"{name} ({classification})" if classification else name, classification)
            for name, classification in rows
        ]

    def _references(self) -> Iterator[tuple[str, str]]:
        """Yield the measured attributes of other ports that this person can see."""
        visible = DataProduct.objects.visible_to(self.access)
        plans = RepresentationPlan.objects.filter(port__product__in=visible)
        plans = plans.exclude(port=self.port.pk).select_related("port__product__domain")
        for row in plans.order_by("port__product__name", "pk")[:MAX_REFERENCES]:
            for attribute in row.plan.attributes:
                product = row.port.product
                label = f"{product.domain.name}: {product.name}, {row.port}: {attribute.name}"
                yield f"{row.port_id}:{attribute.name}", label

    def save_form(self, form: PlanForm) -> DataProduct:
        save_plan(
            port=self.port,
            body=form.body(),
            edition=form.cleaned_data["edition"],
            actor=self.person,
        )
        hint_representation()
        return self.product

    def refresh(self) -> None:
        super().refresh()
        self.__dict__.pop("port", None)

    def get_success_url(self) -> str:
        return self.url("product_bias")

    def get_page(self, form: PlanForm) -> PlanPage:
        return PlanPage(
            frame=self.frame(form),
            port=self.port,
            form=form,
            has_plan=self.plan_row is not None,
            has_columns=bool(self.columns),
        )


def _rank(classification: str) -> int:
    return SENSITIVE.index(classification) if classification in SENSITIVE else len(SENSITIVE)
