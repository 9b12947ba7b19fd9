"""The composition root as an installed app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    """Registers the checks of the settings and the schedule of both apps."""

    name = "config"
    verbose_name = _("Installation")

    def ready(self) -> None:
        from catalog import tasks as catalog_tasks
        from config import checks  # noqa: F401  importing registers
        from config.celery import BEAT, app, on_steady_clock
        from config.loops import connect
        from governance import tasks as governance_tasks

        entries = BEAT | catalog_tasks.BEAT | governance_tasks.BEAT
        app.conf.beat_schedule = on_steady_clock(entries)
        connect(entries)
