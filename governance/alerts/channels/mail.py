"""Mail by the installation's mail server; the id of the message is that of its delivery."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from catalog.people.mail import has_mail_server
from governance.alerts.messages import Message, mail_text
from governance.alerts.outcomes import DELIVERED, Outcome

NO_SERVER = Outcome(error="no mail server is configured (ASSAY_EMAIL_URL)", is_final=True)


@dataclass(frozen=True)
class Mail:
    """A message and the address that it is mailed to."""

    address: str
    message: Message


Sender = Callable[[Mail], Outcome]


@contextmanager
def open_sender() -> Iterator[Sender]:
    """Open what sends mails one after another over one connection."""
    connection = get_connection()
    try:
        yield partial(_send, connection)
    finally:
        connection.close()


def _send(connection: BaseEmailBackend, mail: Mail) -> Outcome:
    if not has_mail_server():
        return NO_SERVER
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ") or "localhost"
    email = EmailMessage(
        subject=settings.EMAIL_SUBJECT_PREFIX + mail.message.headline,
        body=mail_text(mail.message),
        to=[mail.address],
        headers={"Message-ID": f"<{mail.message.id}@{host}>", "Auto-Submitted": "auto-generated"},
        connection=connection,
    )
    try:
        # It is opened for the first mail, and again after one that broke it.
        connection.open()
        email.send()
    except SMTPRecipientsRefused:
        return Outcome(error="the mail server refused the address", is_final=True)
    except OSError as error:
        connection.close()
        return Outcome(error=f"the mail server did not take it: {error}"[:300])
    return DELIVERED
