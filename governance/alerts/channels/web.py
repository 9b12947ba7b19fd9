"""Webhooks: Standard Webhooks, signed, and those that Slack reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.ports.http_client import fetch_many
from catalog.ports.http_types import AddressBlocked, FetchFailed, InvalidUrl, Request, Response
from governance.alerts.addresses import address_of, signing_secrets
from governance.alerts.messages import Message, slack_body, webhook_body
from governance.alerts.models import Channel, Route
from governance.alerts.outcomes import DELIVERED, Outcome
from governance.alerts.retries import parse_retry_after
from governance.alerts.signing import signature_headers

DEADLINE = 10.0
MAX_ANSWER_BYTES = 16 * 1024
WANTS_NO_MORE = 410
OK, REDIRECT = range(200, 300), range(300, 400)


@dataclass(frozen=True)
class WebMessage:
    """A message and where it is posted."""

    route: Route
    message: Message


def post(messages: Sequence[WebMessage], now: datetime) -> list[Outcome]:
    """Post messages at once, each with its own deadline; return what became of each."""
    answers = fetch_many([_request(item, now) for item in messages])
    return [_outcome(answer, now) for answer in answers]


def _request(item: WebMessage, now: datetime) -> Request:
    headers = {"Content-Type": "application/json"}
    if item.route.channel == Channel.SLACK:
        body = slack_body(item.message)
    else:
        body = webhook_body(item.message)
        headers |= signature_headers(
            signing_secrets(item.route, now),
            message_id=item.message.id,
            timestamp=int(now.timestamp()),
            body=body,
        )
    return Request(
        url=address_of(item.route),
        method="POST",
        headers=headers,
        body=body,
        deadline=DEADLINE,
        max_bytes=MAX_ANSWER_BYTES,
        allow_truncation=True,
    )


def _outcome(answer: Response | FetchFailed, now: datetime) -> Outcome:
    if isinstance(answer, FetchFailed):
        is_final = isinstance(answer, InvalidUrl | AddressBlocked)
        return Outcome(error=answer.message, is_final=is_final)
    if answer.status in OK:
        return DELIVERED
    wait = parse_retry_after(answer.headers.get("retry-after", ""), now)
    is_unsubscribed = answer.status == WANTS_NO_MORE
    error = f"the receiver answered {answer.status}"
    if answer.status in REDIRECT:
        error += ", and a message is not sent on to another address"
    return Outcome(
        error=error, retry_after=wait, is_final=is_unsubscribed, is_unsubscribed=is_unsubscribed
    )
