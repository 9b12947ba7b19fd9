"""The start: a search box, what waits for the reader, what changed lately, and the domains."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, UUIDField, Value
from django.db.models.functions import Cast, Replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from catalog.audit.models import AuditEvent
from catalog.authorization.access import AccessContext, access_for
from catalog.permissions import Permission
from catalog.products.models import PRODUCT, DataProduct, Status, Verdict
from catalog.web.domains.domain_stats import DomainStats
from catalog.web.domains.pages import tiles_for

EXAMPLES = ("customer lifetime value", "slo:met has:bias-notes", "min_share(sex)>=0.4")
TOLD = ("published", "deprecated", "retired", "verdict turned")
MOST_TASKS = 5
MOST_NEWS = 7
MOST_READ = 150
# An event names its object in text, with dashes or without.
_OBJECT = Cast(Replace(OuterRef("object_id"), Value("-"), Value("")), UUIDField())


@dataclass(frozen=True)
class News:
    """One change that readers of a product care about."""

    product: DataProduct
    event: AuditEvent

    @property
    def verdict(self) -> str:
        """Return the verdict that the product turned to, where that is the news."""
        return str(self.event.after.get("slo_verdict") or "")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the start page over what this reader may see."""
    reader = access_for(request.user)
    tiles = tiles_for(reader)
    context = {
        "tiles": [tile for tile in tiles if tile.depth == 0 and not tile.domain.is_external],
        "whole": _whole([tile.tally for tile in tiles if tile.depth == 0]),
        "domain_count": sum(1 for tile in tiles if not tile.domain.is_external),
        "examples": EXAMPLES,
        "tasks": _tasks(reader),
        "news": _news(reader),
        "has_roles": any(reader.roles.values()),
    }
    return render(request, "pages/home.html", context)


def _whole(tallies: list[DomainStats]) -> DomainStats:
    whole = DomainStats()
    for tally in tallies:
        whole.statuses += tally.statuses
        whole.verdicts += tally.verdicts
        whole.certified += tally.certified
    return whole


def _tasks(reader: AccessContext) -> list[DataProduct]:
    """Return what the reader should act on: own products in breach first, then own drafts."""
    mine = reader.domains_with(Permission.EDIT_PRODUCTS)
    if not mine:
        return []
    own = DataProduct.objects.in_domains(mine).select_related("domain")
    live = (Status.PUBLISHED, Status.DEPRECATED)
    breached = own.filter(status__in=live, slo_verdict=Verdict.BREACHED).order_by("name")
    tasks = list(breached[:MOST_TASKS])
    room = MOST_TASKS - len(tasks)
    return tasks + list(own.filter(status=Status.DRAFT).order_by("-updated_at")[:room])


def _news(reader: AccessContext) -> list[News]:
    """Return the last changes, one for each product; what the reader may not see is no news."""
    latest: dict[str, AuditEvent] = {}
    seen = DataProduct.objects.visible_to(reader).exclude(status=Status.DRAFT)
    # Asked before the newest are taken: what is hidden must not push out what is not.
    events = AuditEvent.objects.filter(Exists(seen.filter(uuid=_OBJECT)), object_kind=PRODUCT)
    # Each verb by itself is read off its index; all at once would sort the whole trail.
    told = [e for verb in TOLD for e in events.filter(verb=verb).order_by("-id")[:MOST_READ]]
    for event in sorted(told, key=lambda event: event.pk, reverse=True)[:MOST_READ]:
        if not _is_first_reading(event):
            latest.setdefault(event.object_id, event)
    newest = dict(list(latest.items())[:MOST_NEWS])
    products = seen.select_related("domain").in_bulk(list(newest), field_name="uuid")
    return [News(products[UUID(key)], event) for key, event in newest.items()]


def _is_first_reading(event: AuditEvent) -> bool:
    """Say whether measuring has only begun, and well: that is no news."""
    turn = (event.before.get("slo_verdict"), event.after.get("slo_verdict"))
    return turn == (Verdict.NO_DATA, Verdict.MET)
