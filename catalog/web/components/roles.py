"""Labels of the roles of people."""

from django.utils.translation import gettext_lazy as _

from catalog.permissions import Role

ROLE_LABELS = {
    Role.OWNER: _("Owner"),
    Role.STEWARD: _("Steward"),
    Role.CONTRIBUTOR: _("Contributor"),
    Role.CONSUMER: _("Consumer"),
    Role.GOVERNANCE_LEAD: _("Governance lead"),
    Role.PLATFORM_OPERATOR: _("Platform operator"),
    Role.AUDITOR: _("Auditor"),
}


def role_label(role: str) -> str:
    return str(ROLE_LABELS[Role(role)])
