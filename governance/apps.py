"""Governance as an installed app; `ready` registers its side of the catalog's seams."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    """What is allowed, and whether promises are kept."""

    name = "governance"
    verbose_name = _("Governance")

    def ready(self) -> None:
        """Register the projector of objectives."""
        from catalog.products.projectors import register_projector
        from governance.slo.services import project_promises

        register_projector("promises", project_promises)
