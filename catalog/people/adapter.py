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
        """Return False: people are created by the page of an invitation."""
        return False

    def set_password(self, user: Person, password: str) -> None:
        set_password(person=user, password=password)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail; if the mail server is down, the answer does not change."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException) as error:
            log.error("mail_not_sent", template=template_prefix, reason=str(error))
