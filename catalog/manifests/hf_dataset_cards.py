"""Dataset cards (YAML head and sections of a README) as external products; pure."""

from collections.abc import Mapping

from catalog.manifests.external import (
    ExternalCatalog,
    ExternalEntry,
    FieldReader,
    build_external_document,
    build_tags,
)
from catalog.types import JSONValue

CATALOG = ExternalCatalog(
    system="hf-dataset-cards",
    slug="hf-datasets",
    name="Hugging Face datasets",
    mission="Dataset cards from the Hugging Face hub, shown as they are there.",
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


ANSWER_FIELDS = {
    "source": ("source_data", "source_producers"),
    "collection_method": ("collection_method", "annotation_process"),
    "population": ("annotators",),
    "known_imbalances": ("biases",),
    "limits": ("limitations", "social_impact", "sensitive_information"),
    "contact": ("curators",),
}


CUSTOM_FIELDS = {
    "curationRationale": "curation_rationale",
    "socialImpact": "social_impact",
    "sensitiveInformation": "sensitive_information",
    "fields": "fields",
    "splits": "splits",
}


def entry_of(fields: Mapping[str, JSONValue]) -> ExternalEntry:
    """Return the product of one card; its bias and limitation texts become answers.

    Raises ValidationFailed.
    """
    record = FieldReader(fields)
    tree = build_external_document(
        record,
        CATALOG,
        name=record.text("pretty_name") or record.text("slug"),
        description={
            "purpose": record.text("summary"),
            "limitations": record.text("limitations"),
            "usage": record.text("tasks"),
        },
        tags=build_tags(tag for name in TAG_FIELDS for tag in record.texts(name)),
        answers={
            question: "\n\n".join(filter(None, map(record.text, names)))[:20_000]
            for question, names in ANSWER_FIELDS.items()
        },
        custom={
            "license": ", ".join(record.texts("license")) or record.text("licensing"),
            **{key: record.text(name) for key, name in CUSTOM_FIELDS.items()},
        },
    )
    return ExternalEntry(identifier=record.text("slug"), tree=tree)
