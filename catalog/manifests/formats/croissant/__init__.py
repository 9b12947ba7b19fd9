"""Croissant 1.0 and 1.1 with its RAI extension: datasets for machine learning."""

from catalog.manifests.formats.croissant.importing import STANDARD, read
from catalog.manifests.formats.croissant.linked_data import is_croissant
from catalog.manifests.formats.types import Format

FORMAT = Format(
    name=STANDARD,
    title="Croissant",
    versions="1.0, 1.1, with RAI 1.0",
    files="one dataset in each file, as JSON-LD",
    detects=is_croissant,
    read=read,
)
