"""Writes how people hear of their inbox, and mails the digests that are due."""

import secrets
import smtplib
import time
from datetime import datetime
from hashlib import sha256

import structlog
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from catalog.exceptions import ValidationFailed
from catalog.people.mail import has_mail_server
from catalog.people.models import Person
from governance.inbox.digest import MAX_ATTEMPTS, begins_at, period_of, retry_delay
from governance.inbox.mail import digest_mail
from governance.inbox.models import Digest, Frequency, InboxSettings
from governance.inbox.reading import inbox_of

log = structlog.get_logger(__name__)
# The rest comes with the next tick.
MAX_AT_ONCE, MAX_SECONDS = 500, 120


def choose_frequency(*, person: Person, frequency: str) -> InboxSettings:
    """Have digests sent to a person daily, weekly or never. Raises ValidationFailed."""
    if frequency not in Frequency.values:
        raise ValidationFailed.of(
            "frequency", f"There is no frequency {frequency!r}.", "Use daily, weekly or never."
        )
    row, is_new = InboxSettings.objects.get_or_create(
        person=person, defaults={"frequency": frequency}
    )
    if not is_new and row.frequency != frequency:
        row.frequency, row.chosen_at = frequency, timezone.now()
        row.save(update_fields=["frequency", "chosen_at"])
    return row


def create_feed(*, person: Person) -> str:
    """Return a new secret for the address of a person's feeds; the one before it ends."""
    secret = secrets.token_urlsafe(32)
    InboxSettings.objects.update_or_create(
        person=person, defaults={"feed_digest": digest_of_secret(secret)}
    )
    return secret


def revoke_feed(*, person: Person) -> None:
    InboxSettings.objects.filter(person=person).update(feed_digest="")


def person_of_feed(secret: str) -> Person | None:
    """Return the active person whose feeds a secret opens."""
    rows = Person.objects.filter(is_active=True)
    return rows.filter(inbox_settings__feed_digest=digest_of_secret(secret)).first()


def digest_of_secret(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def send_due_digests(*, now: datetime) -> int:
    """Send the digests of the current periods; return how many were sent.

    Without a mail server there are none. A worker that dies between sending and writing that down
    makes the mail be sent again, with the same Message-ID.
    """
    if not has_mail_server():
        return 0
    _open_digests(now)
    due = Digest.objects.filter(finished_at__isnull=True, next_attempt_at__lte=now)
    pks = list(due.order_by("next_attempt_at", "pk").values_list("pk", flat=True)[:MAX_AT_ONCE])
    ends_at = time.monotonic() + MAX_SECONDS
    return sum(time.monotonic() < ends_at and _claim(pk, now) and _send(pk, now) for pk in pks)


def _open_digests(now: datetime) -> None:
    """Write a row for each digest of the current periods that has none."""
    for frequency in (Frequency.DAILY, Frequency.WEEKLY):
        period = period_of(now, is_weekly=frequency == Frequency.WEEKLY)
        known = Digest.objects.filter(person=OuterRef("person"), frequency=frequency, period=period)
        subscribers = InboxSettings.objects.filter(
            ~Exists(known),
            frequency=frequency,
            chosen_at__lt=begins_at(period),
            person__is_active=True,
        )
        Digest.objects.bulk_create(
            (
                Digest(person_id=pk, frequency=frequency, period=period, next_attempt_at=now)
                for pk in subscribers.values_list("person_id", flat=True)
            ),
            batch_size=500,
            ignore_conflicts=True,
        )


def _claim(pk: int, now: datetime) -> bool:
    rows = Digest.objects.filter(pk=pk, finished_at__isnull=True, next_attempt_at__lte=now)
    claimed = {"attempts": F("attempts") + 1, "next_attempt_at": now + Digest.CLAIM_DURATION}
    return rows.update(**claimed) == 1


def _send(pk: int, now: datetime) -> bool:
    """Send a claimed digest; return True if a mail was sent."""
    digest = Digest.objects.select_related("person__inbox_settings").get(pk=pk)
    if reason := _obstacle(digest, now):
        _finish(digest, error=reason)
        return False
    items = inbox_of(digest.person)
    if not items:
        _finish(digest)
        return False
    try:
        digest_mail(digest, items).send()
    except (OSError, smtplib.SMTPException) as error:
        log.error("mail_not_sent", kind="digest", reason=str(error))
        _note_failure(digest, now, str(error)[:200])
        return False
    _finish(digest, item_count=len(items))
    return True


def _obstacle(digest: Digest, now: datetime) -> str:
    """Return why a digest is not sent now, if it is not."""
    person = digest.person
    if not person.is_active or person.inbox_settings.frequency != digest.frequency:
        return "no longer chosen"
    if not person.email:
        return "no e-mail address"
    if digest.period != period_of(now, is_weekly=digest.frequency == Frequency.WEEKLY):
        return "the period is over"
    return ""


def _note_failure(digest: Digest, now: datetime, error: str) -> None:
    if digest.attempts >= MAX_ATTEMPTS:
        _finish(digest, error=error)
    else:
        rows = Digest.objects.filter(pk=digest.pk)
        rows.update(error=error, next_attempt_at=now + retry_delay(digest.attempts))


def _finish(digest: Digest, *, item_count: int = 0, error: str = "") -> None:
    Digest.objects.filter(pk=digest.pk).update(
        finished_at=timezone.now(), item_count=item_count, error=error
    )
