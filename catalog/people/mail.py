"""The one mail that people write to people: the link of an invitation."""

import smtplib
from typing import Any

import structlog
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from catalog.people.models import Invitation

log = structlog.get_logger(__name__)


def send_invitation(invitation: Invitation, *, link: str) -> bool:
    """Mail an invitation's link; return whether the mail server took it. Nothing is raised."""
    context: dict[str, Any] = {"invitation": invitation, "link": link}
    text = render_to_string("catalog/people/mail/invitation.txt", context)
    subject = _("{name} invites you to the data catalog")
    subject = subject.format(name=" ".join(invitation.invited_by.display_name.split()))
    try:
        send_mail(subject, text, None, [invitation.email])
    except (OSError, smtplib.SMTPException) as error:
        log.error("mail_not_sent", kind="invitation", reason=str(error))
        return False
    return True
