"""The bias tab of a product: what is measured of its groups, declared, inherited, not assessed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext
from catalog.authorization.values import may_see_data
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.web.csv_lines import csv_response
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.links import Link
from catalog.web.products.lookup import on_product
from governance.representation.models import RepresentationPlan, RepresentationRun
from governance.representation.services import latest_run, runs_of, visible_result
from governance.representation.services.schedules import MEASURER
from governance.representation.visible import (
    VisibleAttribute,
    VisibleGroup,
    VisibleRepresentation,
)
from governance.web.representation.cards import (
    AttributeCard,
    attribute_card,
    share_text,
    words,
)
from governance.web.representation.declared import Statements, statements_of
from governance.web.representation.history import History, history_of
from governance.web.representation.measure_texts import MeasureText, measure_texts

# Measurements whose shares are drawn, and failed ones before the last good one that are looked at.
MAX_RUNS = 12
CSV_COLUMNS = (
    "port measured_at attribute group n share interval_low interval_high reference_share gap "
    "disparity_ratio verdict"
).split()


@dataclass(frozen=True, kw_only=True)
class PortBias:
    """What is measured of one port.

    `attempt` is the last measurement, `run` the last good one; `result` is None if nothing of it
    may be shown. `next_at` is None without a schedule.
    """

    port: OutputPort
    plan: RepresentationPlan | None
    attempt: RepresentationRun | None
    run: RepresentationRun | None
    result: VisibleRepresentation | None
    next_at: datetime | None
    attributes: Sequence[AttributeCard]
    pairs: Sequence[AttributeCard]
    histories: Sequence[History]
    moves: Sequence[str]
    plan_url: str

    @property
    def failure(self) -> RepresentationRun | None:
        """Return the last measurement if it failed, whatever was measured before."""
        is_failed = self.attempt is not None and not self.attempt.is_ok
        return self.attempt if is_failed else None

    @property
    def is_scheduled(self) -> bool:
        """Return True if the measurement that is shown was made by the schedule."""
        return self.run is not None and self.run.requested_by == MEASURER.audit_name

    @property
    def is_of_older_plan(self) -> bool:
        """Return True if the plan was changed after the measurement that is shown."""
        if self.plan is None or self.run is None:
            return False
        return self.plan.edition != self.run.plan_edition


@dataclass(frozen=True, kw_only=True)
class BiasPage:
    """`may_plan` is True for those who may say what is measured; `edit_url` is theirs too."""

    frame: ProductFrame
    ports: Sequence[PortBias]
    statements: Statements
    measures: Sequence[MeasureText]
    may_plan: bool
    edit_url: str
    csv_url: str
    croissant: Sequence[Link]
    datasheet_url: str

    @property
    def measured(self) -> list[PortBias]:
        return [row for row in self.ports if row.result]

    @property
    def planned(self) -> list[PortBias]:
        return [row for row in self.ports if row.plan]


@on_product
def product_bias(request: HttpRequest, product: DataProduct, access: AccessContext) -> HttpResponse:
    address = [product.domain.slug, product.slug]
    ports = [port_bias(port, access) for port in ports_to_measure(product)]
    api_url = reverse("api:product_provenance", args=[product.uuid])
    if planned := [row.port.pk for row in ports if row.plan or row.run]:
        api_url = reverse("api:representation", args=planned[:1])
    frame = product_frame(request, product, access, tab="product_bias", api_url=api_url)
    labels = [card.label for row in ports for card in row.attributes if card.label]
    page = BiasPage(
        frame=frame,
        ports=ports,
        statements=statements_of(product, access),
        measures=measure_texts(column.code for label in labels for column in label.measures),
        may_plan=frame.can_edit and not frame.is_external,
        edit_url=reverse("product_answers", args=address) if frame.can_edit else "",
        csv_url=reverse("product_bias_csv", args=address),
        croissant=croissant_links(product, ports),
        datasheet_url=reverse("product_datasheet", args=address),
    )
    return render_page(request, "governance/representation/bias.html", page)


def ports_to_measure(product: DataProduct) -> list[OutputPort]:
    ports = product.output_ports.select_related(
        "product__domain", "representation_plan", "representation_schedule"
    )
    return list(ports.order_by("position", "pk"))


def port_bias(port: OutputPort, access: AccessContext) -> PortBias:
    plan: RepresentationPlan | None = getattr(port, "representation_plan", None)
    schedule = getattr(port, "representation_schedule", None)
    recent = list(runs_of(port)[:MAX_RUNS])
    run = next((row for row in recent if row.is_ok), None) or (latest_run(port) if recent else None)
    result = visible_result(run, access) if run else None
    attributes = (
        [attribute_card(row, port_id=port.pk) for row in result.attributes] if result else []
    )
    pairs = [attribute_card(row, port_id=port.pk) for row in result.pairs] if result else []
    measured = comparable(recent, run, access) if run else []
    histories = [history_of(card.attribute, measured) for card in attributes]
    address = [port.product.domain.slug, port.product.slug, port.pk]
    return PortBias(
        port=port,
        plan=plan,
        attempt=recent[0] if recent else None,
        run=run,
        result=result,
        next_at=schedule.next_due_at if schedule and plan else None,
        attributes=attributes,
        pairs=pairs,
        histories=[history for history in histories if history],
        moves=move_texts(run, access) if run else [],
        plan_url=reverse("port_representation_plan", args=address),
    )


def move_texts(run: RepresentationRun, access: AccessContext) -> list[str]:
    """Return which shares moved by more than the band since the measurement before."""
    sees_data = may_see_data(access, run.port.product.domain_id)
    text = _("{group} ({attribute}): from {before} to {after}; the band is {band} points.")
    return [
        text.format(
            group=move.group,
            attribute=words(move.attribute),
            before=share_text(move.share_before),
            after=share_text(move.share_after),
            band=f"{100 * move.band:g}",
        )
        for move in run.moves.all()
        if sees_data or move.is_visible
    ]


def croissant_links(product: DataProduct, ports: Sequence[PortBias]) -> list[Link]:
    """Return the Croissant files of the ports, which have the same figures."""
    names = dict.fromkeys(row.port.name for row in ports)
    return [
        Link(name, url=reverse("api:port_croissant", kwargs={"uuid": product.uuid, "port": name}))
        for name in names
    ]


def comparable(
    runs: Sequence[RepresentationRun], newest: RepresentationRun, access: AccessContext
) -> list[tuple[datetime, VisibleRepresentation]]:
    """Return the good measurements that counted the same groups, the oldest first."""
    key = newest.comparison_key
    good = [run for run in reversed(runs) if run.is_ok and run.comparison_key == key]
    results = [(run.at, visible_result(run, access)) for run in good]
    return [(at, result) for at, result in results if result is not None]


@on_product
def product_bias_csv(
    request: HttpRequest, product: DataProduct, access: AccessContext
) -> StreamingHttpResponse:
    """Return the last good measurement of each port, a row for each group and pair of groups."""
    rows = [
        _csv_row(port, row.run.at, attribute, group)
        for port in ports_to_measure(product)
        for row in [port_bias(port, access)]
        if row.run and row.result
        for attribute in (*row.result.attributes, *row.result.pairs)
        for group in attribute.groups
    ]
    return csv_response(f"{product.slug}-representation.csv", CSV_COLUMNS, rows)


def _csv_row(
    port: OutputPort, at: datetime, attribute: VisibleAttribute, group: VisibleGroup
) -> list[object]:
    return [
        str(port),
        at,
        attribute.attribute,
        group.group,
        group.count.text if group.is_hidden else group.count.n,
        group.share,
        group.interval_low,
        group.interval_high,
        group.reference_share,
        group.gap,
        group.disparity_ratio,
        attribute.verdict.value,
    ]
