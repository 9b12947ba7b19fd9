"""Governance as an installed app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    """What is allowed, and whether promises are kept."""

    name = "governance"
    verbose_name = _("Governance")
