"""How allauth meets our people: by invitation alone, written by services, mail that may fail."""

import smtplib
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from catalog.people.models import Person
from catalog.people.services import set_password

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up without an invitation; passwords are set, and noted, by the service."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say no: an invitation's own page makes people."""
        return False

    def set_password(self, user: Person, password: str) -> None:
        """Set a person's password by the service, which keeps the trail."""
        set_password(person=user, password=password)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail; where the mail server is away, the answer stays what it always is."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException) as error:
            log.error("mail_not_sent", template=template_prefix, reason=str(error))
