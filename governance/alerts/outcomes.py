"""What became of one attempt to deliver; pure."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Without an error it was delivered; `is_final` says that trying again is of no use.

    `is_unsubscribed` says that the receiver wants no more messages.
    """

    error: str = ""
    retry_after: timedelta = timedelta(0)
    is_final: bool = False
    is_unsubscribed: bool = False


DELIVERED = Outcome()
