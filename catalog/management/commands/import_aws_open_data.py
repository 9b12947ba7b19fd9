"""Import the AWS Open Data registry as external products."""

from catalog.management.external_import import ExternalImportCommand
from catalog.manifests.aws_open_data import CATALOG, entry_of


class Command(ExternalImportCommand):
    """Import registry entries; safe to run twice."""

    help = "Import entries of the AWS Open Data registry (JSON lines) as external products."
    catalog = CATALOG
    entry_of = staticmethod(entry_of)
