"""OpenSLO v1: objectives of services, as many documents in one file."""

from catalog.manifests.formats.openslo.documents import STANDARD, is_openslo
from catalog.manifests.formats.openslo.importing import read
from catalog.manifests.formats.types import Format

FORMAT = Format(
    name=STANDARD,
    title="OpenSLO",
    versions="v1",
    files="documents of services and their SLOs, as YAML or JSON",
    detects=is_openslo,
    read=read,
    is_file_set=True,
)
