"""What is sent of an event of an alert: as JSON, for Slack, and as mail; pure."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from catalog.types import JSONObject

SIGNS = {"critical": "🔴", "warning": "🟠", "info": "🔵"}
_SLACK_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, kw_only=True)
class Message:
    """An event of an alert as a recipient reads it; times in ISO 8601, addresses absolute."""

    id: str
    event: str
    at: str
    alert: str
    kind: str
    label: str
    severity: str
    state: str
    summary: str
    note: str
    actor: str
    count: int
    opened_at: str
    resolved_at: str | None
    product: str
    product_id: str | None
    domain: str
    url: str
    evidence: JSONObject

    @property
    def headline(self) -> str:
        """Return one line, whatever was typed into its parts."""
        subject = f"{self.product}: " if self.product else ""
        return " ".join(f"[{self.severity}] {self.event}: {subject}{self.summary}".split())[:250]


def message_id(uuid: object) -> str:
    """Return the id that every attempt of a delivery carries."""
    return f"msg_{str(uuid).replace('-', '')}"


def webhook_body(message: Message) -> bytes:
    """Return the body of a Standard Webhooks message: `type`, `timestamp` and `data`."""
    data = asdict(message)
    data.pop("id")
    event, at = data.pop("event"), data.pop("at")
    body = {"type": f"alert.{event}", "timestamp": at, "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def slack_body(message: Message) -> bytes:
    """Return the body of an incoming webhook of Slack; Mattermost and Teams bridges read it too."""
    headline = message.headline.translate(_SLACK_ESCAPES)
    text = f"{SIGNS.get(message.severity, '')} *{headline}*"
    if message.note and message.note != message.summary:
        text += f"\n{message.note.translate(_SLACK_ESCAPES)}"
    text += f"\n<{message.url}|{message.label}>"
    block = {"type": "section", "text": {"type": "mrkdwn", "text": text[:2900]}}
    fallback = f"{message.headline} {message.url}"
    return json.dumps({"text": fallback, "blocks": [block]}, ensure_ascii=False).encode()


def mail_text(message: Message) -> str:
    lines = [
        message.summary,
        "",
        message.note if message.note != message.summary else "",
        f"Kind: {message.label}",
        f"Severity: {message.severity}",
        f"State: {message.state}, since {message.opened_at}",
        f"Product: {message.product}" if message.product else "",
        f"Domain: {message.domain}" if message.domain else "",
        f"By: {message.actor}",
        "",
        message.url,
        "",
        f"Message {message.id}. It may come twice; the number is then the same.",
    ]
    return "\n".join(line for index, line in enumerate(lines) if line or lines[index - 1]) + "\n"


def isoformat(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
