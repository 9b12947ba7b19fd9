"""Artifacts of dbt: manifest.json, with catalog.json and run_results.json."""

from catalog.manifests.formats.dbt.artifacts import is_dbt
from catalog.manifests.formats.dbt.products import read_by_group, read_by_model
from catalog.manifests.formats.types import MEGABYTE, Format

_VERSIONS = "manifest 4 to 12, catalog 1, run results 4 to 6"
_FILES = "manifest.json, alone or with catalog.json and run_results.json"
FORMAT = Format(
    name="dbt",
    title="dbt: a product for each group, package and source",
    versions=_VERSIONS,
    files=_FILES,
    detects=is_dbt,
    read=read_by_group,
    is_file_set=True,
    max_bytes=64 * MEGABYTE,
)
# Chosen by its name: the files are the same.
BY_MODEL = Format(
    name="dbt-models",
    title="dbt: a product for each model that is served",
    versions=_VERSIONS,
    files=_FILES,
    detects=lambda value: False,
    read=read_by_model,
    is_file_set=True,
    max_bytes=64 * MEGABYTE,
)
