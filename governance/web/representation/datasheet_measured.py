"""What a datasheet says of groups: measured, contradicted, inherited and not assessed."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from catalog.types import JSONObject
from catalog.web.components.humanize import day, percent
from governance.representation.visible import VisibleGroup
from governance.web.representation.bias import PortBias
from governance.web.representation.cards import NONE, AttributeCard, LabelCard, TwoWayTable
from governance.web.representation.datasheet import Section, Table
from governance.web.representation.declared import Inherited, StatedAttribute, Statements
from governance.web.representation.jsonld import share_value


def measured_section(port: PortBias) -> Section:
    """Return the last good measurement of a port, and why a later one failed."""
    assert port.run is not None
    tables = [table for card in (*port.attributes, *port.pairs) for table in _tables(card)]
    title = _("Measured representation: {port}").format(port=port.port)
    return Section(code="measured", title=title, tables=tuple(tables), notes=tuple(_notes(port)))


def _notes(port: PortBias) -> Iterator[str]:
    assert port.run is not None
    limits = port.run.plan.thresholds
    method = _(
        "All records were counted on {date} ({source}). Intervals are Wilson score intervals at "
        "{level}. Imbalanced is what lies beyond {gap} percentage points or a ratio below {ratio} "
        "with its whole interval."
    )
    yield method.format(
        date=day(port.run.at),
        source=port.run.source or port.port,
        level=percent(limits.level),
        gap=f"{100 * limits.max_gap:g}",
        ratio=f"{limits.min_ratio:g}",
    )
    if port.result is None:
        yield _("All groups have fewer than ten records; none is shown.")
    if port.result and port.result.note:
        yield port.result.note
    if port.failure:
        text = _("A later measurement on {date} failed: {reason}")
        yield text.format(date=day(port.failure.at), reason=port.failure.reason)


def _tables(card: AttributeCard) -> Iterator[Table]:
    reference = _("Reference: {reference}.").format(reference=card.reference)
    notes = tuple(filter(None, (f"{card.sentence} {reference}", card.hidden_reason)))
    caption = f"{card.title}: {card.verdict.label}"
    if card.two_way:
        yield _two_way(card.two_way, caption, notes)
        return
    columns = (
        _("Group"),
        _("Records"),
        _("Share"),
        _("Interval"),
        _("Reference"),
        _("Gap, points"),
        _("Ratio"),
    )
    rows = tuple(
        (
            f"{row.group} ({row.note})" if row.note else row.group,
            row.n,
            row.share,
            row.interval,
            row.reference,
            row.gap,
            row.ratio,
        )
        for row in card.groups
    )
    yield Table(caption=caption, columns=columns, rows=rows, numbers=6, notes=notes)
    if card.label:
        yield _label(card.label, card.title)


def _two_way(table: TwoWayTable, caption: str, notes: tuple[str, ...]) -> Table:
    return Table(
        caption=caption,
        columns=(table.first, *table.columns),
        rows=tuple(
            (row, *(f"{cell.share} ({cell.n})" if cell.share else cell.n for cell in cells))
            for row, cells in table.rows
        ),
        numbers=len(table.columns),
        notes=notes,
    )


def _label(label: LabelCard, attribute: str) -> Table:
    caption = _("{label} by {attribute}: {verdict}")
    return Table(
        caption=caption.format(label=label.label, attribute=attribute, verdict=label.verdict.label),
        columns=(
            _("Group"),
            _("Records"),
            _("Favourable"),
            _("Interval"),
            _("Against all others"),
            _("Interval"),
        ),
        rows=tuple(
            (row.group, row.n, row.rate, row.interval, row.difference, row.difference_interval)
            for row in label.rows
        ),
        numbers=5,
        notes=(label.sentence,),
    )


def declared_table(attribute: StatedAttribute) -> Table:
    """Return a declared attribute, with what was measured of it if anything was."""
    columns = [_("Group"), _("Records"), _("Share"), _("Reference"), _("Gap, points")]
    rows = [[row.group, row.n, row.share, row.reference, row.gap] for row in attribute.rows]
    if attribute.is_compared:
        columns += [_("Measured"), _("Comparison")]
        for cells, row in zip(rows, attribute.rows, strict=True):
            state = str(row.state.label) if row.state else _("not measured")
            cells += [row.measured or NONE, ": ".join(filter(None, (state, row.explanation)))]
    return Table(
        caption=_("Declared: representation by {attribute}").format(attribute=attribute.title),
        columns=tuple(columns),
        rows=tuple(map(tuple, rows)),
        numbers=len(columns) - 1,
        notes=(_assessment(attribute),),
    )


def _assessment(attribute: StatedAttribute) -> str:
    """Return who assessed a declared attribute and when, and with what it is compared."""
    text = _("Stated by the owner; no assessor is named.")
    if attribute.assessor:
        dated = day(attribute.assessed_on) or _("a day that is not stated")
        text = _("Assessed by {who} on {day}.").format(who=attribute.assessor, day=dated)
    if not attribute.reference:
        return f"{text} {_('No reference is named.')}"
    return f"{text} {_('Reference: {name}.').format(name=attribute.reference)}"


def statement_sections(statements: Statements) -> Iterator[Section]:
    """Yield what is contradicted, inherited and not assessed, as far as there is any."""
    if statements.contradictions:
        notes = tuple(row.sentence for row in statements.contradictions)
        yield Section(code="contradictions", title=_("Contradictions"), notes=notes)
    if statements.inherited:
        tables = tuple(_inherited(row) for row in statements.inherited)
        yield Section(code="inherited", title=_("Inherited imbalances"), tables=tables)
    if statements.not_assessed:
        text = _("Sensitive attributes that no one has declared or measured: {names}.")
        notes = (text.format(names=", ".join(statements.not_assessed)),)
        yield Section(code="not-assessed", title=_("Not assessed"), notes=notes)


def _inherited(row: Inherited) -> Table:
    caption = _("{attribute} in {product}") if row.is_measured else _("{attribute} by {product}")
    return Table(
        caption=caption.format(attribute=row.attribute.title, product=row.origin.name),
        columns=(_("Group"), _("Share"), _("Reference"), _("Gap, points")),
        rows=tuple((r.group, r.share, r.reference, r.gap) for r in row.attribute.rows),
        numbers=3,
    )


def measured_shares(ports: Sequence[PortBias]) -> list[JSONObject]:
    """Return the measured shares of ports as PropertyValues; hidden ones have their interval."""
    return [
        share_value(
            attribute=attribute.attribute,
            group=group.group,
            share=group.share,
            reference_share=group.reference_share,
            reference=attribute.reference_name,
            technique=(
                f"counted in {row.port} on {row.run.at:%Y-%m-%d}, "
                f"Wilson interval at {row.run.plan.thresholds.level:g}"
            ),
            interval=_interval(group),
        )
        for row in ports
        if row.run and row.result
        for attribute in (*row.result.attributes, *row.result.pairs)
        for group in attribute.groups
    ]


def _interval(group: VisibleGroup) -> tuple[float, float] | None:
    if group.interval_low is None or group.interval_high is None:
        return None
    return group.interval_low, group.interval_high
