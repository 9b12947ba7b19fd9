"""The page on which a product's owners set its objectives."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from catalog.contracts.models import Server, contracts_of
from catalog.manifests.service_levels import stated_objectives
from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.products.services import replace_document
from catalog.types import FormValues
from catalog.web.products.editing import EditPage, TableView
from governance.slo.declaration import parse_objective
from governance.slo.evaluation import ValueSource
from governance.slo.models import IndicatorValue, Measurement, RollUp
from governance.slo.preview import preview_objectives
from governance.slo.projection import KEY, declared_objectives
from governance.slo.proposals import ObjectiveProposal, propose_for_data, propose_objectives
from governance.slo.stats import Stats, merge
from governance.slo.wording import format_objective
from governance.web.slo.forms import ObjectivesForm, rows_of
from governance.web.slo.previews import PreviewRow, preview_rows

EVIDENCE = timedelta(days=7)
VALUES_EVIDENCE = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class ObjectivesPage(EditPage):
    """`ports` are the names of the product's output ports.

    `proposals` come from `checks` measurements of the last week, the first of them `since` then,
    and from the values of the last month; `stated` are objectives that its contracts state. They
    are shown to a product without objectives. `preview` is what the objectives in the form would
    say of what was recorded, on request.
    """

    ports: list[str]
    proposals: Sequence[ObjectiveProposal]
    stated: Sequence[str]
    preview: Sequence[PreviewRow] | None
    checks: int
    since: datetime | None
    is_filled_in: bool
    is_measurable: bool


class Objectives(TableView):
    """The objectives of a product, a row each."""

    step = "objectives"
    form_class = ObjectivesForm
    shows_stored = True
    preview: Sequence[PreviewRow] | None = None
    template_name = "governance/slo/objectives.html"

    def post(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        """Show on request what the objectives would say of what was recorded; else save."""
        if "preview" not in request.POST:
            return super().post(request, **kwargs)
        form: Any = self.get_form(request.POST)
        if form.is_valid():
            form.document = with_custom(self.product.tree, KEY, form.objectives() or None)
            with form.catch_issues():
                declared = declared_objectives(form.document)
                now = timezone.now()
                self.preview = preview_rows(preview_objectives([self.product], declared, now))
        return self.render(form, status=422 if form.errors else 200)

    def get_initial(self) -> FormValues:
        """Return the stored objectives; on request the proposed ones of a product without any."""
        rows = rows_of(self.product.tree)
        if not rows and self.is_filled_in:
            fields = [proposal.fields for proposal in self.proposals]
            rows = rows_of(with_custom({}, KEY, [*fields, *self.stated_only(fields)]))
        return {"rows": rows}

    @property
    def is_filled_in(self) -> bool:
        return self.request.method == "GET" and "proposed" in self.request.GET

    @cached_property
    def stats(self) -> Stats:
        """Return what was measured of the product's ports in the last week."""
        now = timezone.now()
        ports = list(self.product.output_ports.values_list("pk", flat=True))
        hours = RollUp.objects.hours(ports, now - EVIDENCE, now)
        rows = hours.values("outcomes", "latencies")
        return merge(Stats.from_json(row) for row in rows)

    @cached_property
    def proposals(self) -> Sequence[ObjectiveProposal]:
        now = timezone.now()
        ports = list(self.product.output_ports.values_list("pk", flat=True))
        rows = IndicatorValue.objects.between(ports, now - VALUES_EVIDENCE, now)
        values: dict[str, list[float]] = defaultdict(list)
        measured = rows.filter(source=ValueSource.MEASURED)
        for indicator, value in measured.values_list("indicator", "value"):
            values[indicator].append(value)
        return [*propose_objectives(self.stats), *propose_for_data(values)]

    def stated_only(self, proposed: Sequence[FormValues]) -> list[FormValues]:
        """Return what the contracts state of indicators for which nothing was measured."""
        known = {fields["indicator"] for fields in proposed}
        contracts = [contract.tree for contract in contracts_of(self.product)]
        newest = {tree.get("id"): tree for tree in reversed(contracts)}
        stated = stated_objectives(list(newest.values()))
        return [item for item in stated if item["indicator"] not in known]

    def save_form(self, form: ObjectivesForm) -> DataProduct:
        """Put the objectives into the document; their projector checks them."""
        objectives = form.objectives()
        form.document = with_custom(self.product.tree, KEY, objectives or None)
        edition = form.cleaned_data["edition"]
        return replace_document(
            product=self.product, tree=form.document, edition=edition, actor=self.person
        )

    def stated_texts(self) -> list[str]:
        """Return the objectives that only the contracts state, as text."""
        stated = self.stated_only([proposal.fields for proposal in self.proposals])
        parsed = (parse_objective(item, "", []) for item in stated)
        return [format_objective(objective.spec) for objective in parsed if objective]

    def get_page(self, form: ObjectivesForm) -> ObjectivesPage:
        names = self.product.output_ports.values_list("name", flat=True).distinct()
        servers = Server.objects.filter(contract__port_contracts__port__product=self.product)
        has_objectives = bool(rows_of(self.product.tree))
        measured = Measurement.objects.filter(port__product=self.product)
        first = measured.filter(measured_at__gte=timezone.now() - EVIDENCE)
        return ObjectivesPage(
            frame=self.frame(form),
            ports=list(names),
            proposals=[] if has_objectives else self.proposals,
            stated=[] if has_objectives else self.stated_texts(),
            checks=0 if has_objectives else self.stats.total,
            since=None if has_objectives else first.aggregate(since=Min("measured_at"))["since"],
            preview=self.preview,
            is_filled_in=self.is_filled_in,
            is_measurable=servers.filter(is_probed=True).exists(),
        )
