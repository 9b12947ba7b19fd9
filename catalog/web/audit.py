"""The history tab of a product, from the audit trail."""

from dataclasses import dataclass

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.audit.models import AuditEvent
from catalog.authorization.access import AccessContext
from catalog.identifiers import product_iri
from catalog.permissions import Permission
from catalog.products.models import PRODUCT, WORKING_COPY, DataProduct
from catalog.types import JSONValue
from catalog.web.components.badges import contract_style, verdict_style
from catalog.web.feeds import MOST_ENTRIES, FeedEntry, atom_answer
from catalog.web.pages import render_page
from catalog.web.products.layout import ProductFrame, product_frame
from catalog.web.products.lookup import on_any_product

PAGE_SIZE = 30
MAX_CHANGES, MAX_TEXT = 40, 300
PUBLISHED = "published"
TONES = {
    "published": "ok",
    "deprecated": "warn",
    "retired": "bad",
    "deleted": "bad",
}


@dataclass(frozen=True)
class Change:
    """One value that an event changed; values are empty for a reader who may not see them."""

    place: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One event as a reader sees it."""

    event: AuditEvent
    tone: str
    changes: list[Change]

    @property
    def title(self) -> str:
        """Return what happened as text; for an SLO status, the new one."""
        verdict = self.event.after.get("slo_verdict")
        if verdict:
            return _("SLO status changed to “{verdict}”").format(
                verdict=verdict_style(str(verdict)).label
            )
        state = self.event.after.get("contract_state")
        if state:
            return str(contract_style(str(state)).label)
        return self.event.verb.capitalize()


@dataclass(frozen=True, kw_only=True)
class HistoryPage:
    frame: ProductFrame
    events: Page[AuditEvent]
    entries: list[Entry]
    sees_values: bool
    sees_people: bool


@on_any_product
def product_history(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    sees_values = reader.can(Permission.READ_AUDIT, product.domain_id)
    paginator = Paginator(history_of(product, reader), PAGE_SIZE)
    events = paginator.get_page(request.GET.get("page"))
    api_url = reverse("api:product_history", args=[product.uuid])
    page = HistoryPage(
        frame=product_frame(request, product, reader, tab="product_history", api_url=api_url),
        events=events,
        entries=[_entry(event, sees_values=sees_values) for event in events.object_list],
        sees_values=sees_values,
        sees_people=reader.is_signed_in,
    )
    return render_page(request, "catalog/products/history.html", page)


@on_any_product
def product_history_feed(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponseBase:
    """Return the events of a product; who acted is only for people signed in."""
    page = reverse("product_history", args=[product.domain.slug, product.slug])
    iri = product_iri(product.uuid, base=settings.ASSAY_BASE_IRI)
    sees_values = reader.can(Permission.READ_AUDIT, product.domain_id)
    events = history_of(product, reader)[:MOST_ENTRIES]
    entries = [
        FeedEntry(
            identity=f"{iri}#event-{entry.event.pk}",
            title=f"{product.name}: {entry.title}",
            path=f"{page}#event-{entry.event.pk}",
            updated=entry.event.occurred_at,
            author=entry.event.actor_name if reader.is_signed_in else product.domain.name,
            summary=entry.event.reason,
        )
        for entry in (_entry(event, sees_values=sees_values) for event in events)
    ]
    title = _("History of %(product)s") % {"product": product.name}
    # Not the page's address: a product that moves keeps its feed.
    return atom_answer(request, title=title, page=page, identity=f"{iri}#history", entries=entries)


def history_of(product: DataProduct, reader: AccessContext) -> QuerySet[AuditEvent]:
    """Return a product's events; those who see drafts also see the edits of working copies.

    Other readers see them from the first publication on.
    """
    events = AuditEvent.objects.about(PRODUCT, str(product.uuid))
    if reader.can(Permission.VIEW_DRAFTS, product.domain_id):
        kinds = [PRODUCT, WORKING_COPY]
        both = AuditEvent.objects.filter(object_kind__in=kinds, object_id=str(product.uuid))
        return both.order_by("-id")
    first = events.filter(verb=PUBLISHED).order_by("id").values_list("id", flat=True)[:1]
    since = next(iter(first), None)
    return events.filter(id__gte=since) if since else events


def _entry(event: AuditEvent, *, sees_values: bool) -> Entry:
    changes = _changes(event)
    if not sees_values:
        changes = [Change(change.place, "", "") for change in changes]
    verdict = str(event.after.get("slo_verdict") or "")
    tone = verdict_style(verdict).tone if verdict else TONES.get(event.verb, "none")
    if state := event.after.get("contract_state"):
        tone = contract_style(str(state)).tone
    return Entry(event, tone, changes)


def _changes(event: AuditEvent) -> list[Change]:
    """Return the changes of a patch by operation, else the values before and after."""
    patch = event.after.get("patch")
    if isinstance(patch, list):
        operations = [operation for operation in patch if isinstance(operation, dict)]
        return [
            Change(
                place=_short(operation.get("path", "")),
                before=_short(event.before.get(str(operation.get("path", "")))),
                after=_short(operation.get("value")),
            )
            for operation in operations[:MAX_CHANGES]
        ]
    places = sorted({*event.before, *event.after})[:MAX_CHANGES]
    pairs = [(place, event.before.get(place), event.after.get(place)) for place in places]
    return [
        Change(_short(place), _short(before), _short(after))
        for place, before, after in pairs
        if before != after
    ]


def _short(value: JSONValue) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
