"""What the URNs of datasets and columns say in DataHub; pure."""

import re

# No URN of a column is longer.
MAX_LENGTH = 2000
_DATASET = re.compile(
    r"urn:li:dataset:\(urn:li:dataPlatform:(?P<platform>[^,]+),(?P<name>.+),(?P<origin>[^,]+)\)"
)
_COLUMN = re.compile(r"urn:li:schemaField:\((?P<dataset>urn:li:dataset:.+\)),(?P<path>.+)\)")


def dataset_name(urn: str) -> str:
    """Return the name that a dataset has on its platform; empty for any other URN."""
    match = _DATASET.fullmatch(urn)
    return match["name"] if match else ""


def platform_of(urn: str) -> str:
    match = _DATASET.fullmatch(urn)
    return match["platform"] if match else ""


def dataset_of_column(urn: str) -> tuple[str, str] | None:
    """Return the URN of the dataset and the path of a column; None for any other URN."""
    match = _COLUMN.fullmatch(urn) if len(urn) <= MAX_LENGTH else None
    return (match["dataset"], match["path"]) if match else None
