"""Import dataset cards as external products."""

from catalog.management.external_import import ExternalImportCommand
from catalog.manifests.hf_dataset_cards import CATALOG, entry_of


class Command(ExternalImportCommand):
    """Import dataset cards; safe to run twice."""

    help = "Import dataset cards (JSON lines) as external products."
    catalog = CATALOG
    entry_of = staticmethod(entry_of)
