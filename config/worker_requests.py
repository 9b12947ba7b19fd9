"""What a worker does when it cannot acknowledge a message."""

from celery.utils.log import get_logger
from celery.worker.request import Request

logger = get_logger(__name__)


class ReconnectingRequest(Request):
    """A message whose failed acknowledgement ends the connection, so that the worker reconnects.

    Celery only logs the error. The message then counts as unacknowledged for ever, and a worker
    that takes one message at a time takes no other: seen after a broker had hung for 40 s.
    """

    def acknowledge(self) -> None:
        if not self.acknowledged:
            self._on_ack(logger, ())  # type: ignore[attr-defined]
            self.acknowledged = True

    def reject(self, requeue: bool = False) -> None:  # noqa: FBT001  Celery passes it so
        if not self.acknowledged:
            self._on_reject(logger, (), requeue)  # type: ignore[attr-defined]
            self.acknowledged = True
