"""How allauth meets our people: by invitation alone, written by services, mail that may fail."""

import smtplib
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from catalog.client_ip import client_ip
from catalog.people.models import Person
from catalog.people.services import set_password
from catalog.people.sign_in_limits import attempt_of, forget_failures, remember_browser

log = structlog.get_logger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up without an invitation; passwords are set, and noted, by the service."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: people are created by the page of an invitation."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt. Raises ValidationError if too many failed."""
        login = credentials.get("username") or credentials.get("email") or ""
        self.attempt = attempt_of(request, login)
        if not self.attempt.is_allowed():
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Person | None:
        person: Person | None = super().authenticate(request, **credentials)
        if person:
            self.attempt.take_back()
        return person

    def post_login(self, request: HttpRequest, user: Person, **options: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **options)
        remember_browser(request, response, user)
        return response

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("profile")

    def set_password(self, user: Person, password: str) -> None:
        set_password(person=user, password=password)
        forget_failures(allauth_context.request, user)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail; if the mail server is down, the answer does not change."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException) as error:
            log.error("mail_not_sent", template=template_prefix, reason=str(error))
