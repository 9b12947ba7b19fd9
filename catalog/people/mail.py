"""The one mail that people write to people: the link of an invitation."""

import smtplib
from enum import StrEnum
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from catalog.people.models import Invitation

log = structlog.get_logger(__name__)


# Backends that print a mail or write it to a file: nobody receives it.
_DJANGO = "django.core.mail.backends"
LOCAL_BACKENDS = ("config.mail", f"{_DJANGO}.console", f"{_DJANGO}.filebased", f"{_DJANGO}.dummy")


class Delivery(StrEnum):
    """What became of a mail, as far as Assay knows."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NO_SERVER = "no-server"


def has_mail_server() -> bool:
    return settings.EMAIL_BACKEND.rpartition(".")[0] not in LOCAL_BACKENDS


def send_invitation(invitation: Invitation, *, link: str) -> Delivery:
    """Mail an invitation's link; return what the mail server did. Nothing is raised."""
    if not has_mail_server():
        return Delivery.NO_SERVER
    context: dict[str, Any] = {
        "invitation": invitation,
        "link": link,
        "role": invitation.role.replace("_", " "),
    }
    text = render_to_string("catalog/people/mail/invitation.txt", context)
    subject = _("{name} invites you to the data catalog")
    subject = subject.format(name=" ".join(invitation.invited_by.display_name.split()))
    try:
        send_mail(subject, text, None, [invitation.email])
    except (OSError, smtplib.SMTPException) as error:
        log.error("mail_not_sent", kind="invitation", reason=str(error))
        return Delivery.REJECTED
    return Delivery.ACCEPTED
