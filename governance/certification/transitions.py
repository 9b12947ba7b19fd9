"""The one table of states of a certification, and who may move it; pure.

Lapsed needs no job: a certificate is over at the second at which it expires, whatever its row says
(`effective_state`); a worker only writes down what is so already.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    REQUESTED = "requested"
    IN_REVIEW = "in_review"
    CERTIFIED = "certified"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    REVOKED = "revoked"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ")


class Act(StrEnum):
    """What moves a certification from one state to another."""

    START_REVIEW = "start review"
    APPROVE = "approve"
    REQUEST_CHANGES = "request changes"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    SUSPEND = "suspend"
    RESTORE = "restore"
    REVOKE = "revoke"
    LAPSE = "lapse"


TRANSITIONS: dict[tuple[State, Act], State] = {
    (State.REQUESTED, Act.START_REVIEW): State.IN_REVIEW,
    (State.REQUESTED, Act.WITHDRAW): State.WITHDRAWN,
    (State.IN_REVIEW, Act.REQUEST_CHANGES): State.REQUESTED,
    (State.IN_REVIEW, Act.APPROVE): State.CERTIFIED,
    (State.IN_REVIEW, Act.REFUSE): State.REFUSED,
    (State.IN_REVIEW, Act.WITHDRAW): State.WITHDRAWN,
    (State.CERTIFIED, Act.SUSPEND): State.SUSPENDED,
    (State.CERTIFIED, Act.REVOKE): State.REVOKED,
    (State.CERTIFIED, Act.LAPSE): State.LAPSED,
    (State.SUSPENDED, Act.RESTORE): State.CERTIFIED,
    (State.SUSPENDED, Act.REVOKE): State.REVOKED,
    (State.SUSPENDED, Act.LAPSE): State.LAPSED,
}
OPEN = (State.REQUESTED, State.IN_REVIEW)
IN_FORCE = (State.CERTIFIED, State.SUSPENDED)


def next_state(state: State, act: Act) -> State | None:
    """Return where an act leads from a state, or None if it is not possible there."""
    return TRANSITIONS.get((state, act))


def effective_state(state: State, expires_at: datetime | None, now: datetime) -> State:
    """Return the state as it is at a moment."""
    is_over = expires_at is not None and expires_at <= now
    return State.LAPSED if is_over and state in IN_FORCE else state
