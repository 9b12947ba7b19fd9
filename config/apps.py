"""The composition root as an installed app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    """Registers the checks of the settings; the two apps register their own sides."""

    name = "config"
    verbose_name = _("Installation")

    def ready(self) -> None:
        from config import checks  # noqa: F401  importing registers
