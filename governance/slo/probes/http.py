"""The HTTP probe: fetch a port's location; 2xx is good."""

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

MAX_BYTES = 1024 * 1024

OUTCOMES: dict[type[FetchFailed], Outcome] = {
    AddressBlocked: Outcome.REFUSED,
    InvalidUrl: Outcome.REFUSED,
    DeadlinePassed: Outcome.TIMEOUT,
    TlsFailed: Outcome.TLS_ERROR,
    Unreachable: Outcome.UNREACHABLE,
}


def build_request(task: ProbeTask) -> Request:
    """Return the request of a probe; it reads one MiB at most."""
    return Request(
        url=task.location, deadline=task.deadline, max_bytes=MAX_BYTES, allow_truncation=True
    )


def outcome_of(fetched: Fetched) -> Outcome:
    """Return the outcome for a consumer. A redirect without a target is a bad answer."""
    if isinstance(fetched, Response):
        if 200 <= fetched.status < 300:
            return Outcome.GOOD
        return Outcome.HTTP_ERROR if fetched.status >= 400 else Outcome.BAD_ANSWER
    return OUTCOMES.get(type(fetched), Outcome.BAD_ANSWER)
