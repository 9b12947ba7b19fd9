"""The catalog as an installed app; `ready` registers its seams and nothing else happens."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    """What exists."""

    name = "catalog"
    verbose_name = _("Catalog")

    def ready(self) -> None:
        """Register the projectors of a product's tree, the invariants, and search."""
        from catalog.contracts.services import link_ports
        from catalog.ports.services import project_ports
        from catalog.products.projectors import register_projector
        from catalog.products.services import project_uses
        from catalog.provenance.services import project_provenance
        from catalog.publication.gates import register_gate
        from catalog.publication.rules import invariants
        from catalog.revisions.followers import register_follower
        from catalog.tasks import hint_drain, hint_products

        register_follower("search", kind="product", tell=hint_products)
        register_follower("search", kind="term", tell=hint_drain)
        register_follower("search", kind="domain", tell=hint_drain)
        register_projector("uses", project_uses)
        register_projector("ports", project_ports)
        register_projector("contracts", link_ports)
        register_projector("provenance", project_provenance)
        register_gate("invariants", invariants)
