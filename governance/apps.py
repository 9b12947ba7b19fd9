"""Governance as an installed app; `ready` registers it with the catalog."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovernanceConfig(AppConfig):
    """What is allowed, and whether objectives are met."""

    name = "governance"
    verbose_name = _("Governance")

    def ready(self) -> None:
        from catalog.contracts.observations import register_observer
        from catalog.contracts.projection import register_readable_types
        from catalog.contracts.services import register_upload_check
        from catalog.products.projectors import register_projector
        from catalog.publication.gates import register_gate
        from catalog.revisions.followers import register_follower
        from catalog.web.domains.panels import register_panel
        from catalog.web.products.formats import register_formats
        from governance.alerts.kinds import INSTALLATION_KINDS, register_kind
        from governance.alerts.services import register_watch
        from governance.alerts.wakeup import register_waker
        from governance.inspection.alert_kinds import CONTRACT_BROKEN
        from governance.inspection.services import (
            READABLE,
            compare_products,
            delete_values_of,
        )
        from governance.inspection.services.observations import observed_tables
        from governance.inspection.services.uploads import content_issues
        from governance.policies.services import publication_issues
        from governance.quality.alert_kinds import QUALITY_FAILED
        from governance.quality.services import plan_checks_of, rule_issues
        from governance.representation.alert_kinds import BIAS_DRIFT
        from governance.representation.services import forget_references_of
        from governance.slo.alert_kinds import SLO_KINDS
        from governance.slo.projection import declared_objectives
        from governance.slo.services import (
            apply_standards,
            apply_standards_in_domains,
            project_objectives,
        )
        from governance.slo.services.alerting import watch_breaches, watch_poller, watch_ports
        from governance.tasks import hint_delivery
        from governance.web.representation.format_links import datasheet_links
        from governance.web.slo.standards import standards_panel

        register_follower("values of sources", kind="product", tell=delete_values_of)
        register_follower("hidden references", kind="product", tell=forget_references_of)
        register_follower("objective standards", kind="product", tell=apply_standards)
        register_follower("objective standards", kind="domain", tell=apply_standards_in_domains)
        register_observer(observed_tables)
        register_gate("policies", publication_issues)
        register_gate("quality rules", rule_issues)
        register_follower("contract states", kind="product", tell=compare_products)
        register_follower("quality rules", kind="product", tell=plan_checks_of)
        register_formats("datasheet", datasheet_links)
        register_panel("standards", standards_panel)
        register_readable_types(READABLE)
        register_upload_check("content", content_issues)
        register_projector("objectives", parse=declared_objectives, write=project_objectives)
        register_waker(hint_delivery)
        register_watch("poller", watch_poller)
        register_watch("ports", watch_ports)
        register_watch("breaches", watch_breaches)
        for kind in (*INSTALLATION_KINDS, *SLO_KINDS, QUALITY_FAILED, CONTRACT_BROKEN, BIAS_DRIFT):
            register_kind(kind)
