"""The formats that can be imported: a new one is a module and its line here."""

from collections.abc import Sequence

from catalog.exceptions import ValidationFailed
from catalog.issues import did_you_mean, shortened
from catalog.manifests.formats import (
    bitol_odps,
    ckan,
    croissant,
    data_json,
    datahub,
    dbt,
    odcs,
    openmetadata,
    openslo,
)
from catalog.manifests.formats.types import Format
from catalog.types import JSONValue

FORMATS: tuple[Format, ...] = (
    bitol_odps.FORMAT,
    odcs.FORMAT,
    croissant.FORMAT,
    openslo.FORMAT,
    datahub.FORMAT,
    data_json.FORMAT,
    ckan.FORMAT,
    openmetadata.FORMAT,
    dbt.FORMAT,
    dbt.BY_MODEL,
)


def get_format(name: str) -> Format:
    """Return a format by its name. Raises ValidationFailed."""
    for candidate in FORMATS:
        if candidate.name == name:
            return candidate
    names = [candidate.name for candidate in FORMATS]
    hint = did_you_mean(name, names) or f"Use one of {', '.join(names)}."
    raise ValidationFailed.of("format", f"Unknown format {shortened(name, 40)}.", hint)


def detect_format(values: Sequence[JSONValue]) -> Format | None:
    """Return the format of a file's values, by the first of them that tells."""
    for value in values:
        for candidate in FORMATS:
            if candidate.detects(value):
                return candidate
    return None
