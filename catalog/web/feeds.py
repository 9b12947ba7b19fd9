"""Atom feeds: what a page lists, newest first, for programs that come back for more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.identifiers import product_iri
from catalog.products.models import DataProduct
from catalog.web.components.sentences import first_sentence

MOST_ENTRIES = 50
# A feed without entries has not changed yet; "now" would make each answer another one.
NOT_YET = datetime(1970, 1, 1, tzinfo=UTC)
# Signs that no XML document may hold.
_NO_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


@dataclass(frozen=True, kw_only=True)
class FeedEntry:
    """One entry: its permanent identity, and the page that it leads to."""

    identity: str
    title: str
    path: str
    updated: datetime
    author: str
    summary: str = ""
    published: datetime | None = None
    tags: tuple[str, ...] = ()


class LastModifiedFeed(Atom1Feed):
    """An Atom feed that is the same, byte for byte, as long as its entries are."""

    def latest_post_date(self) -> datetime:
        return max((item["updateddate"] for item in self.items), default=NOT_YET)


def atom_answer(
    request: HttpRequest, *, title: str, page: str, identity: str, entries: Iterable[FeedEntry]
) -> HttpResponseBase:
    """Return a feed, or 304 where the reader holds it already.

    `page` is the path of what a browser sees of the same; `identity` is an IRI that stays.
    """
    feed = LastModifiedFeed(
        title=_clean(title),
        link=request.build_absolute_uri(page),
        description=None,
        language=get_language(),
        feed_url=request.build_absolute_uri(),
        feed_guid=identity,
    )
    for entry in entries:
        feed.add_item(
            title=_clean(entry.title),
            link=request.build_absolute_uri(entry.path),
            # The generator labels summaries as HTML.
            description=escape(_clean(entry.summary)),
            author_name=_clean(entry.author),
            unique_id=entry.identity,
            pubdate=entry.published,
            updateddate=entry.updated,
            categories=[_clean(tag) for tag in entry.tags],
        )
    content = feed.writeString("utf-8")
    response = HttpResponse(content, content_type=feed.content_type)
    response["ETag"] = f'"{sha256(content.encode()).hexdigest()[:32]}"'
    response["Vary"] = "Cookie"
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


def product_entry(product: DataProduct) -> FeedEntry:
    """Return a product as an entry of the feeds that list products."""
    summary = _("%(status)s, version %(version)s.") % {
        "status": product.get_status_display(),
        "version": product.version,
    }
    return FeedEntry(
        identity=product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
        title=product.name,
        path=product.path,
        updated=max(product.updated_at, product.published_at or NOT_YET),
        published=product.published_at,
        author=product.domain.name,
        summary=f"{summary} {first_sentence(product.purpose)}".strip(),
        tags=tuple(product.tags),
    )


def feed_iri(path: str) -> str:
    """Return the identity of a feed that has no other than its path."""
    return f"{settings.ASSAY_BASE_IRI.rstrip('/')}{path}"


def _clean(text: str) -> str:
    return text.translate(_NO_XML)
