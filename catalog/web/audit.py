"""The history tab of a product, from the audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.audit.models import AuditEvent
from catalog.authorization.access import AccessContext
from catalog.identifiers import product_iri
from catalog.permissions import Permission
from catalog.products.models import PRODUCT, DataProduct
from catalog.web.components.badges import verdict_style
from catalog.web.feeds import MOST_ENTRIES, FeedEntry, atom_answer
from catalog.web.products.layout import django_context
from catalog.web.products.lookup import on_any_product

PAGE_SIZE = 30
PUBLISHED = "published"
TONES = {
    "published": "ok",
    "deprecated": "warn",
    "retired": "bad",
    "deleted": "bad",
}


@dataclass(frozen=True)
class Change:
    """One value that an event changed; values are None for a reader who may not see them."""

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
        """Return what happened, in words; a turned verdict says to what."""
        verdict = self.event.after.get("slo_verdict")
        if verdict:
            return _("SLO turned to “{verdict}”").format(verdict=verdict_style(str(verdict)).label)
        return self.event.verb.capitalize()


@on_any_product
def product_history(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    """Show what happened to a product, newest first."""
    sees_values = reader.can(Permission.READ_AUDIT, product.domain_id)
    page = _page(request, product, whole=sees_values)
    context = django_context(request, product, reader, tab="product_history")
    context |= {
        "page": page,
        "entries": [_entry(event, sees_values=sees_values) for event in page.object_list],
        "sees_values": sees_values,
        "sees_people": reader.is_signed_in,
    }
    return render(request, "catalog/products/history.html", context)


@on_any_product
def product_history_json(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponse:
    """Give a program the same page of the history."""
    sees_values = reader.can(Permission.READ_AUDIT, product.domain_id)
    page = _page(request, product, whole=sees_values)
    entries = [_entry(event, sees_values=sees_values) for event in page.object_list]
    pages = {"page": page.number, "pages": page.paginator.num_pages}
    events = [_json(entry, sees_people=reader.is_signed_in) for entry in entries]
    return JsonResponse({"count": page.paginator.count, **pages, "events": events})


@on_any_product
def product_history_feed(
    request: HttpRequest, product: DataProduct, reader: AccessContext
) -> HttpResponseBase:
    """Tell of what happened to a product; who did it only to people signed in."""
    page = reverse("product_history", args=[product.domain.slug, product.slug])
    iri = product_iri(product.uuid, base=settings.ASSAY_BASE_IRI)
    sees_values = reader.can(Permission.READ_AUDIT, product.domain_id)
    events = history_of(product, whole=sees_values)[:MOST_ENTRIES]
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


def history_of(product: DataProduct, *, whole: bool) -> QuerySet[AuditEvent]:
    """Return a product's events; a reader from outside sees them from the first publication on."""
    events = AuditEvent.objects.about(PRODUCT, str(product.uuid))
    if whole:
        return events
    first = events.filter(verb=PUBLISHED).order_by("id").values_list("id", flat=True)[:1]
    since = next(iter(first), None)
    return events.filter(id__gte=since) if since else events


def _page(request: HttpRequest, product: DataProduct, *, whole: bool) -> Page[AuditEvent]:
    events = history_of(product, whole=whole)
    return Paginator(events, PAGE_SIZE).get_page(request.GET.get("page"))


def _entry(event: AuditEvent, *, sees_values: bool) -> Entry:
    changes = _changes(event)
    if not sees_values:
        changes = [Change(change.place, "", "") for change in changes]
    verdict = str(event.after.get("slo_verdict") or "")
    tone = verdict_style(verdict).tone if verdict else TONES.get(event.verb, "none")
    return Entry(event, tone, changes)


def _changes(event: AuditEvent) -> list[Change]:
    """Return what changed by place: of a patch its steps, else the values before and after."""
    patch = event.after.get("patch")
    if isinstance(patch, list):
        steps = [step for step in patch if isinstance(step, dict)]
        return [
            Change(
                place=str(step.get("path", "")),
                before=_short(event.before.get(str(step.get("path", "")))),
                after=_short(step.get("value")),
            )
            for step in steps[:40]
        ]
    places = sorted({*event.before, *event.after})
    pairs = [(place, event.before.get(place), event.after.get(place)) for place in places]
    return [
        Change(place, _short(before), _short(after))
        for place, before, after in pairs
        if before != after
    ]


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 300 else f"{text[:300]}…"


def _json(entry: Entry, *, sees_people: bool) -> dict[str, Any]:
    event = entry.event
    return {
        "id": event.pk,
        "occurred_at": event.occurred_at,
        "verb": event.verb,
        "actor": event.actor_name if sees_people else None,
        "reason": event.reason,
        "revision": event.revision,
        "changes": [
            {"place": change.place, "before": change.before, "after": change.after}
            for change in entry.changes
        ],
    }
