"""The S3 probe: read the first bytes of an object, or of the newest one that a pattern describes.

Measured as a consumer meets it: the listing and the redirect to another region count too.
"""

from dataclasses import dataclass

from catalog.contracts.models import Server
from catalog.ports.http_types import Fetched, Request, Response
from catalog.ports.s3 import (
    Listing,
    S3Place,
    in_other_region,
    list_request,
    matching,
    object_request,
    parse_listing,
)
from governance.sandbox.object_storage import place_of
from governance.sandbox.types import SourceUnreadable
from governance.slo.outcomes import Outcome
from governance.slo.probes import http
from governance.slo.probes.file import FIRST_BYTES, starts_as

# Pages of a listing that a probe reads.
MAX_PAGES = 5
BY_STATUS = {401: Outcome.DENIED, 403: Outcome.DENIED, 404: Outcome.MISSING, 416: Outcome.MISSING}


@dataclass
class S3Probe:
    """One probe as a conversation: each answer may lead to another request."""

    place: S3Place
    format: str
    key: str = ""
    pages: int = 0
    is_redirected: bool = False

    def first_request(self, deadline: float) -> Request:
        if not self.place.is_pattern:
            self.key = self.place.key
        return self._request(deadline)

    def next_request(self, fetched: Fetched, deadline: float) -> Request | None:
        """Return what an answer leads to; None if it is the last one."""
        if not isinstance(fetched, Response) or deadline <= 0:
            return None
        if (other := in_other_region(self.place, fetched)) and not self.is_redirected:
            self.place, self.is_redirected = other, True
            return self._request(deadline)
        listing = self._listing(fetched)
        if listing is None:
            return None
        objects = matching(self.place, listing.objects)
        newest = max(objects, key=lambda item: item.modified, default=None)
        self.key = newest.key if newest else ""
        if newest or (listing.token and self.pages < MAX_PAGES):
            return self._request(deadline, listing.token)
        return None

    def outcome(self, fetched: Fetched) -> Outcome:
        """Return the outcome of the last answer."""
        if not isinstance(fetched, Response):
            return http.outcome_of(fetched)
        if fetched.status in BY_STATUS:
            return BY_STATUS[fetched.status]
        if fetched.status not in (200, 206):
            return http.outcome_of(fetched)
        if self.key:
            is_good = starts_as(self.format, fetched.body)
            return Outcome.GOOD if is_good else Outcome.WRONG_FORMAT
        listing = self._listing(fetched)
        if listing is None:
            return Outcome.BAD_ANSWER
        # The object was not reached, or too many keys were in its way.
        is_cut = bool(listing.token) or any(matching(self.place, listing.objects))
        return Outcome.TIMEOUT if is_cut else Outcome.MISSING

    def _request(self, deadline: float, token: str = "") -> Request:
        if self.key:
            span = f"bytes=0-{FIRST_BYTES - 1}"
            return object_request(
                self.place, self.key, span, max_bytes=FIRST_BYTES, deadline=deadline
            )
        self.pages += 1
        return list_request(self.place, token, deadline=deadline)

    def _listing(self, response: Response) -> Listing | None:
        if self.key or response.status != 200:
            return None
        try:
            return parse_listing(response.body)
        except ValueError:
            return None


def start_probe(server: Server | None, data_format: str) -> S3Probe | Outcome:
    """Return the probe of a server, or why there is none."""
    if server is None:
        return Outcome.NOT_CONFIGURED
    try:
        return S3Probe(place_of(server), data_format)
    except SourceUnreadable:
        return Outcome.NOT_CONFIGURED
