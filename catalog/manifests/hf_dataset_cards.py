"""Dataset cards (YAML head and sections of a README) as external products; pure."""

from collections.abc import Mapping

from catalog.exceptions import require_valid
from catalog.manifests.external import (
    ExternalCatalog,
    ExternalEntry,
    FieldReader,
    build_answers,
    build_external_document,
    unique,
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


def entry_of(fields: Mapping[str, JSONValue]) -> ExternalEntry:
    """Return the product of one card; its bias and limitation texts become answers.

    Raises ValidationFailed.
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
            (tag for name in TAG_FIELDS for tag in record.texts(name)),
            max_length=120,
            max_items=200,
        ),
        answers=build_answers(
            {question: _join(record, *names) for question, names in ANSWER_FIELDS.items()}
        ),
        custom={
            "license": ", ".join(record.texts("license")) or record.text("licensing"),
            "curationRationale": record.text("curation_rationale"),
            "socialImpact": record.text("social_impact"),
            "sensitiveInformation": record.text("sensitive_information"),
            "fields": record.text("fields"),
            "splits": record.text("splits"),
        },
    )
    require_valid(record.issues)
    return ExternalEntry(identifier=record.text("slug"), tree=tree)


def _join(record: FieldReader, *names: str) -> str:
    return "\n\n".join(text for name in names if (text := record.text(name)))[:20_000]
