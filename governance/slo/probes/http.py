"""The HTTP probe: fetch a port's location through the one door; 2xx is good."""

from __future__ import annotations

from catalog.ports.http_types import (
    AddressBlocked,
    DeadlinePassed,
    Fetched,
    FetchFailed,
    InvalidUrl,
    Request,
    Response,
    TlsFailed,
    Unreachable,
)
from governance.slo.outcomes import Outcome
from governance.slo.probe_types import ProbeTask

MOST_BYTES = 1024 * 1024

OUTCOMES: dict[type[FetchFailed], Outcome] = {
    AddressBlocked: Outcome.REFUSED,
    InvalidUrl: Outcome.REFUSED,
    DeadlinePassed: Outcome.TIMEOUT,
    TlsFailed: Outcome.TLS_ERROR,
    Unreachable: Outcome.UNREACHABLE,
}


def build_request(due: ProbeTask) -> Request:
    """Return the call that measures a port: as a consumer asks, reading one MiB at most."""
    return Request(
        url=due.location, deadline=due.deadline, max_bytes=MOST_BYTES, allow_truncation=True
    )


def outcome_of(fetched: Fetched) -> Outcome:
    """Say how a call ended for a consumer. A redirect that leads nowhere is a bad answer."""
    if isinstance(fetched, Response):
        if 200 <= fetched.status < 300:
            return Outcome.GOOD
        return Outcome.HTTP_ERROR if fetched.status >= 400 else Outcome.BAD_ANSWER
    return OUTCOMES.get(type(fetched), Outcome.BAD_ANSWER)
