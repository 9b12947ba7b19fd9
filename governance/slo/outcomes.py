"""How one measurement of a port can end; pure."""

from enum import StrEnum


class Outcome(StrEnum):
    """What a consumer of the port would have met. Only GOOD counts as available."""

    GOOD = "good"
    HTTP_ERROR = "http_error"
    BAD_ANSWER = "bad_answer"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    TLS_ERROR = "tls_error"
    REFUSED = "refused"
    MISSING = "missing"
    WRONG_FORMAT = "wrong_format"
    DENIED = "denied"
    NOT_CONFIGURED = "not_configured"
    WRONG_STATUS = "wrong_status"
    WRONG_BODY = "wrong_body"
    TOO_LARGE = "too_large"
    QUERY_FAILED = "query_failed"
    LATE = "late"


# Ports whose last measurements ended like this have a queue of their own, because each attempt
# may take its whole deadline.
SLOW_TO_FAIL = frozenset({Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.TLS_ERROR})
