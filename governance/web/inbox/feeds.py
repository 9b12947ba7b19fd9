"""The inbox as an Atom feed, at an address that is itself the secret."""

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.authorization.access import access_for
from catalog.people.models import Person
from catalog.web.feeds import MOST_ENTRIES, FeedEntry, atom_answer, feed_iri
from governance.inbox.items import InboxItem, ItemKind
from governance.inbox.reading import inbox_of
from governance.inbox.services import person_of_feed
from governance.web.alerts.board import feed_of_alerts
from governance.web.alerts.labels import severity_label
from governance.web.inbox.labels import item_kind_label


@never_cache
@require_safe
def inbox_feed(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Return what waits for the person whose feed this is, or (`?type=`) one kind of it."""
    person = _person(secret)
    kind = request.GET.get("type", "")
    items = [item for item in inbox_of(person) if kind not in set(ItemKind) or item.kind == kind]
    newest = sorted(items, key=lambda item: item.since, reverse=True)[:MOST_ENTRIES]
    return atom_answer(
        request,
        title=_("Inbox of {name}").format(name=person.display_name),
        page=reverse("inbox"),
        identity=f"urn:uuid:{person.uuid}",
        entries=map(inbox_entry, newest),
    )


@never_cache
@require_safe
def inbox_alert_feed(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Return the alerts that the person whose feed this is may see."""
    return feed_of_alerts(request, access_for(_person(secret)))


def _person(secret: str) -> Person:
    person = person_of_feed(secret)
    if person is None:
        raise Http404
    return person


def inbox_entry(item: InboxItem) -> FeedEntry:
    return FeedEntry(
        identity=feed_iri(f"/inbox#{item.key}"),
        title=f"{item.title}: {item.text}",
        path=item.path,
        updated=item.since,
        author=item.product.domain.name if item.product else "Assay",
        summary=f"{item_kind_label(item.kind)}, {severity_label(item.severity)}. {item.text}",
        tags=(item.kind, item.severity),
    )
