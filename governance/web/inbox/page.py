"""The inbox: one list of what a person must do or know."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.authorization.access import access_for, require_user
from catalog.web.pages import render_page
from governance.inbox.items import MAX_OF_A_KIND, InboxItem, ItemKind
from governance.inbox.reading import NextDue, inbox_of, next_due

PAGE_SIZE = 25


@dataclass(frozen=True)
class Facet:
    """The items of one kind; without a kind, all of them."""

    kind: str
    count: int
    url: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class InboxPage:
    """`full_kinds` have more than are listed; `next_due` is known only if nothing waits."""

    items: Page[InboxItem]
    facets: Sequence[Facet]
    kind: str
    full_kinds: Sequence[str]
    max_of_a_kind: int
    next_due: NextDue | None
    api_url: str


@login_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """List what waits for the person, all of it or one kind."""
    person = require_user(request.user)
    access = access_for(person)
    items = inbox_of(person, access=access)
    counts = Counter(item.kind for item in items)
    kind = request.GET.get("type", "")
    chosen = [item for item in items if item.kind == kind] if kind in set(ItemKind) else items
    page = InboxPage(
        items=Paginator(chosen, PAGE_SIZE).get_page(request.GET.get("page", "1")),
        facets=_facets(counts, kind),
        kind=kind if kind in set(ItemKind) else "",
        full_kinds=[kind for kind, count in counts.items() if count >= MAX_OF_A_KIND],
        max_of_a_kind=MAX_OF_A_KIND,
        next_due=None if items else next_due(access, timezone.now()),
        api_url=reverse("api:inbox"),
    )
    return render_page(request, "governance/inbox/page.html", page)


def _facets(counts: Counter[ItemKind], chosen: str) -> list[Facet]:
    address = reverse("inbox")
    kinds = [
        Facet(kind, counts[kind], f"{address}?{urlencode({'type': kind})}", kind == chosen)
        for kind in ItemKind
        if counts[kind] or kind == chosen
    ]
    return [Facet("", counts.total(), address, chosen not in set(ItemKind)), *kinds]
