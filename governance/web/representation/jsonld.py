"""A datasheet as JSON-LD in terms of schema.org, PROV and Croissant RAI, context included; pure."""

from collections.abc import Sequence

from catalog.provenance.answers import RAI_QUESTIONS, UNKNOWN, rai_values
from catalog.provenance.projection import DeclaredImbalance
from catalog.types import JSONObject
from governance.web.representation.datasheet_source import DatasheetSource, InputLine

# Nobody has to fetch it, and nothing is understood otherwise when an address changes.
CONTEXT: JSONObject = {
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "isBasedOn": {"@type": "@id"},
    "license": {"@id": "sc:license"},
    "prov:wasDerivedFrom": {"@type": "@id"},
    "datePublished": {"@type": "sc:Date"},
}


def jsonld_of(
    source: DatasheetSource, *, base: str, measured: Sequence[JSONObject] = ()
) -> JSONObject:
    """Return a datasheet as one Dataset; `measured` are PropertyValues of measured shares."""
    columns, reuse = source.columns, source.reuse
    sources = [_source_iri(line, base) for line in source.inputs]
    shares = [_declared_share(row) for row in source.provenance.imbalances]
    document: JSONObject = {
        "@context": CONTEXT,
        "@type": "Dataset",
        "@id": source.iri,
        "identifier": source.iri,
        "name": columns.name,
        "description": columns.purpose,
        "version": source.version,
        "datePublished": source.dated.date().isoformat() if source.is_published else "",
        "creativeWorkStatus": source.product.status,
        "publisher": {"@type": "Organization", "name": source.product.domain.name},
        "license": reuse.license_url or reuse.license,
        "citation": source.citation,
        "keywords": list(columns.tags),
        "usageInfo": columns.usage,
        "isBasedOn": [iri for iri in sources if iri],
        "prov:wasDerivedFrom": [iri for iri in sources if iri],
        **{f"rai:{name}": values for name, values in rai_values(source.provenance.answers).items()},
        "additionalProperty": [*shares, *measured, *_other_answers(source), *_not_answered(source)],
    }
    return {key: value for key, value in document.items() if value not in ("", [], None)}


def _source_iri(line: InputLine, base: str) -> str:
    return base.rstrip("/") + line.product.path if line.product else ""


def _declared_share(row: DeclaredImbalance) -> JSONObject:
    return share_value(
        attribute=row.attribute,
        group=row.group,
        share=row.share,
        reference_share=row.reference_share,
        reference=row.reference_name,
        technique="declared by the owner",
    )


def share_value(
    *,
    attribute: str,
    group: str,
    share: float | None,
    reference_share: float | None,
    reference: str,
    technique: str,
    interval: tuple[float, float] | None = None,
) -> JSONObject:
    """Return a group's share as a PropertyValue, with its interval and its reference."""
    value: JSONObject = {
        "@type": "PropertyValue",
        "propertyID": f"share({attribute})",
        "name": f"{attribute}: {group}",
        "value": share,
        "minValue": interval[0] if interval else None,
        "maxValue": interval[1] if interval else None,
        "measurementTechnique": technique,
        "valueReference": None,
    }
    if reference_share is not None:
        name = f"reference: {reference}" if reference else "reference"
        value["valueReference"] = {
            "@type": "PropertyValue",
            "name": name,
            "value": reference_share,
        }
    return {key: item for key, item in value.items() if item is not None}


def _other_answers(source: DatasheetSource) -> list[JSONObject]:
    """Return the answers that Croissant RAI has no property for, and those that are unknown."""
    rai = {question.code for question in RAI_QUESTIONS.values()}
    questions = {question.code: question for question in source.questions.questions}
    rows = [
        answer
        for answer in source.provenance.answers
        if answer.question in questions and (answer.question not in rai or answer.state == UNKNOWN)
    ]
    return [
        {
            "@type": "PropertyValue",
            "propertyID": row.question,
            "name": questions[row.question].text,
            "value": row.text or row.reason or row.state.replace("_", " "),
            "description": row.state.replace("_", " "),
        }
        for row in rows
    ]


def _not_answered(source: DatasheetSource) -> list[JSONObject]:
    return [
        {
            "@type": "PropertyValue",
            "propertyID": question.code,
            "name": question.text,
            "description": "not answered",
        }
        for question in source.open_questions
    ]
