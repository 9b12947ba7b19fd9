"""Why a product meets a filter about the groups in its data."""

from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _

from catalog.provenance.representation import AttributeSummary, BiasState, BiasSummary
from catalog.search.fields import BIAS, BIAS_FIELDS
from catalog.search.filters import Filter
from catalog.search.port import Reason, SearchRequest
from catalog.search.query_ast import filters_in
from catalog.web.components.humanize import day, percent, short_number

MAX_TEXTS = 5


def bias_reasons(bias: BiasSummary | None, request: SearchRequest) -> tuple[Reason, ...]:
    """Return the reason of a product if the request asks for its groups."""
    filters = _bias_filters(request)
    if bias is None or not filters:
        return ()
    attributes = _attributes(bias, filters)
    texts = [one.sentence.rstrip(".") for one in bias.contradictions]
    texts += [_sentence(one, filters) for one in attributes] or list(_states(bias))
    return (Reason(BIAS, tuple(texts[:MAX_TEXTS]), len(texts)),) if texts else ()


def asks_for_groups(request: SearchRequest) -> bool:
    """Return True if a result has to say what is known of its groups."""
    return bool(_bias_filters(request))


def _bias_filters(request: SearchRequest) -> list[Filter]:
    return [
        one
        for one in (*request.filters, *filters_in(request.query))
        if one.field in BIAS_FIELDS or (one.field == "has" and "bias-notes" in one.values)
    ]


def _attributes(bias: BiasSummary, filters: Iterable[Filter]) -> Sequence[AttributeSummary]:
    """Return the attributes that the filters name, or all if they name none of the product's."""
    attributes = {one.key.removeprefix(f"{one.field}.") for one in filters if one.key}
    values = [value for one in filters if one.field == "imbalance" for value in one.values]
    attributes |= {value.partition("=")[0] for value in values}
    return [one for one in bias.attributes if one.attribute in attributes] or bias.attributes


def _sentence(one: AttributeSummary, filters: Sequence[Filter]) -> str:
    """Return such as "sex: smallest group female 32 %, measured 12 Nov 2026"."""
    parts = [_share(one)] if one.smallest_share is not None else []
    if one.largest_gap is not None and any(other.field == "max_gap" for other in filters):
        points = short_number(one.largest_gap * 100)
        parts.append(_("largest gap %(n)s points") % {"n": points})
    if one.measured_at:
        parts.append(_("measured %(day)s") % {"day": day(one.measured_at)})
    else:
        parts.append(_("declared"))
    return f"{one.attribute.replace('_', ' ')}: {', '.join(parts)}"


def _share(one: AttributeSummary) -> str:
    if one.is_hidden:
        return _("%(group)s has too few records to show its share") % {"group": one.smallest_group}
    share = percent(one.smallest_share, 1)
    if not one.smallest_group:
        return _("groups not listed %(share)s together") % {"share": share}
    return _("smallest group %(group)s %(share)s") % {"group": one.smallest_group, "share": share}


def _states(bias: BiasSummary) -> Iterator[str]:
    if BiasState.NOT_ASSESSED in bias.states:
        yield _("Nobody assessed the groups in this data")
    elif BiasState.DECLARED in bias.states:
        yield _("Described as text, without shares of groups")
