"""The catalog as an installed app; `ready` registers its seams and nothing else happens."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    """What exists."""

    name = "catalog"
    verbose_name = _("Catalog")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        import catalog.people.services.sign_ins  # noqa: F401  listens to Django's signals
        from catalog.audit.triggers import protect_events
        from catalog.contracts.services import check_files, merge_contracts, project_links
        from catalog.ports.projection import parse_ports
        from catalog.ports.services import merge_ports, project_ports
        from catalog.products.projection import parse_usages
        from catalog.products.projectors import register_projector
        from catalog.products.services import project_usages, register_settings_check
        from catalog.provenance.projection import parse_provenance
        from catalog.provenance.services import project_provenance
        from catalog.publication.gates import register_gate
        from catalog.publication.rules import invariants
        from catalog.publication.services import check_settings
        from catalog.revisions.followers import register_follower
        from catalog.tasks import hint_drain, hint_products

        register_follower("search", kind="product", tell=hint_products)
        register_follower("search", kind="term", tell=hint_drain)
        register_follower("search", kind="domain", tell=hint_drain)
        register_projector("usages", parse=parse_usages, write=project_usages)
        register_projector("ports", parse=parse_ports, write=project_ports, merge=merge_ports)
        # Which contract a port serves under follows the rows of both, not the document.
        register_projector(
            "contracts",
            parse=lambda tree: None,
            write=project_links,
            merge=merge_contracts,
            check_move=check_files,
        )
        register_projector("provenance", parse=parse_provenance, write=project_provenance)
        register_gate("invariants", invariants)
        register_settings_check(check_settings)
        post_migrate.connect(protect_events, sender=self)
