"""Wrong settings, said by `manage.py check` with the way out."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def settings_are_readable(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> Iterable[CheckMessage]:
    """Every value that the environment gives can be used."""
    return [
        Error(problem.message, hint=problem.hint, id="assay.E001")
        for problem in settings.ENVIRONMENT.problems
    ]
