"""The page on which a product's owners set objectives for availability and latency."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Min
from django.utils import timezone

from catalog.contracts.models import Server
from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.products.services import replace_document
from catalog.types import FormValues
from catalog.web.products.editing import EditPage, TableView
from governance.slo.models import Measurement, RollUp
from governance.slo.projection import KEY
from governance.slo.proposals import ObjectiveProposal, propose_objectives
from governance.slo.stats import Stats, merge
from governance.web.slo.forms import ObjectivesForm, rows_of

EVIDENCE = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class ObjectivesPage(EditPage):
    """`ports` are the names of the product's output ports.

    `proposals` come from `checks` measurements of the last week, the first of them `since` then;
    they are shown to a product without objectives.
    """

    ports: list[str]
    proposals: Sequence[ObjectiveProposal]
    checks: int
    since: datetime | None
    is_filled_in: bool
    is_measurable: bool


class Objectives(TableView):
    """The objectives of a product, a row each."""

    step = "objectives"
    form_class = ObjectivesForm
    shows_stored = True
    template_name = "governance/slo/objectives.html"

    def get_initial(self) -> FormValues:
        """Return the stored objectives; on request the proposed ones of a product without any."""
        rows = rows_of(self.product.tree)
        if not rows and self.is_filled_in:
            fields = [proposal.fields for proposal in propose_objectives(self.stats)]
            rows = rows_of(with_custom({}, KEY, fields))
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
        servers = Server.objects.filter(contract__port_contracts__port__product=self.product)
        has_objectives = bool(rows_of(self.product.tree))
        measured = Measurement.objects.filter(port__product=self.product)
        first = measured.filter(measured_at__gte=timezone.now() - EVIDENCE)
        return ObjectivesPage(
            frame=self.frame(form),
            ports=list(names),
            proposals=[] if has_objectives else propose_objectives(self.stats),
            checks=0 if has_objectives else self.stats.total,
            since=None if has_objectives else first.aggregate(since=Min("measured_at"))["since"],
            is_filled_in=self.is_filled_in,
            is_measurable=servers.filter(is_probed=True).exists(),
        )
