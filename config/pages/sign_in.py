"""The sign-in page: allauth's checks and limits, and the demo's people where there is a demo."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView
from django.conf import settings
from django.utils.module_loading import import_string

DEMO_PEOPLE = "config.demo.sign_ins"


class SignIn(LoginView):  # type: ignore[misc]
    """Signs in and leads back to where one was; the demo's sign-ins stand beside the form."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demo's sign-ins, if this installation is one."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"demo_people": demo_people() if settings.ASSAY_DEMO else ()}


def demo_people() -> list[tuple[str, str, str]]:
    """Return role, user name and password of each person of the demo."""
    try:
        return list(import_string(DEMO_PEOPLE)())
    except ImportError:
        return []
