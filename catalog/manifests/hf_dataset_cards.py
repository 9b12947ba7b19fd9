"""Dataset cards (YAML head and sections of a README) as external products; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.manifests.external import (
    ExternalCatalog,
    ExternalEntry,
    FieldReader,
    build_answers,
    build_external_document,
    unique,
)

CATALOG = ExternalCatalog(
    system="hf-dataset-cards",
    slug="hf-datasets",
    name="Hugging Face datasets",
    mission="Dataset cards from the Hugging Face hub, shown as they stand there.",
)
TAG_FIELDS = (
    "task_categories",
    "task_ids",
    "language",
    "multilinguality",
    "size_categories",
    "annotations_creators",
    "language_creators",
    "source_datasets",
)


def entry_of(fields: Mapping[str, Any]) -> ExternalEntry:
    """Return the product of one card; its bias and limitation texts become answers.

    Raises Invalid.
    """
    record = FieldReader(fields)
    slug = record.slug()
    tree = build_external_document(
        identifier=record.text("slug"),
        name=record.text("pretty_name") or record.text("slug"),
        slug=slug,
        domain=CATALOG.slug,
        description={
            "purpose": record.text("summary"),
            "limitations": record.text("limitations"),
            "usage": record.text("tasks"),
        },
        tags=unique(
            (tag for name in TAG_FIELDS for tag in record.texts(name)), longest=120, most=200
        ),
        answers=build_answers(_answers(record)),
        custom={
            "license": ", ".join(record.texts("license")) or record.text("licensing"),
            "curationRationale": record.text("curation_rationale"),
            "socialImpact": record.text("social_impact"),
            "sensitiveInformation": record.text("sensitive_information"),
            "fields": record.text("fields"),
            "splits": record.text("splits"),
        },
    )
    record.finish()
    return ExternalEntry(identifier=record.text("slug"), tree=tree)


def _answers(record: FieldReader) -> dict[str, str]:
    return {
        "source": _joined(record, "source_data", "source_producers"),
        "collection_method": _joined(record, "collection_method", "annotation_process"),
        "population": _joined(record, "annotators"),
        "known_imbalances": _joined(record, "biases"),
        "limits": _joined(record, "limitations", "social_impact", "sensitive_information"),
        "contact": _joined(record, "curators"),
    }


def _joined(record: FieldReader, *names: str) -> str:
    return "\n\n".join(text for name in names if (text := record.text(name)))[:20_000]
