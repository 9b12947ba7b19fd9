"""Invalid settings as errors of `manage.py check`, each with a hint."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def settings_are_valid(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> Iterable[CheckMessage]:
    return [
        Error(error.message, hint=error.hint, id="assay.E001")
        for error in settings.ENVIRONMENT.errors
    ]
