"""What was measured and certified, in the Data Quality Vocabulary (DQV); pure.

Only measurements appear: an objective that nothing has measured yet is in the product's document.
"""

from collections.abc import Iterator

from catalog.manifests.linked_data.facts import (
    ImbalanceFacts,
    MetricFacts,
    ProductFacts,
)
from catalog.manifests.linked_data.graph import IRI, Triple, are, day, moment, number, text

MEANINGS = {
    "availability": "Share of checks that the port passed",
    "freshness": "Share of checks in which the data was young enough",
    "latency": "Seconds within which the promised share of answers lies",
    "completeness": "Share of values that are present",
    "share": "Share of a group among the records whose group is known",
    "status": "Whether the objectives are met, as far as they are measured",
}


def quality_triples(facts: ProductFacts) -> Iterator[Triple]:
    """Yield a measurement for each measured indicator, the SLO status, and a certificate."""
    product = IRI(facts.iri)
    for metric in facts.metrics:
        node = measurement_of(facts, metric)
        yield from _measurement(facts, node, metric.indicator)
        yield node, "dqv:value", number(metric.value)
        yield node, "prov:generatedAtTime", moment(metric.as_of)
        yield node, "rdfs:comment", text(_sentence(metric), "en")
    if facts.verdict:
        node = product.part("quality", "status")
        yield from _measurement(facts, node, "status")
        yield node, "dqv:value", text(facts.verdict)
    for row in facts.measured:
        yield from _group(facts, row)
    if facts.certification:
        node = product.part("certification")
        yield product, "dqv:hasQualityAnnotation", node
        yield from are(node, "dqv:QualityCertificate")
        yield node, "oa:hasTarget", product
        yield node, "rdfs:label", text(facts.certification)
        if facts.certified_until:
            yield node, "dct:valid", day(facts.certified_until)


def _group(facts: ProductFacts, row: ImbalanceFacts) -> Iterator[Triple]:
    """Yield the measured share of a group; of few records there is only its interval."""
    node = IRI(facts.iri).part("share", row.port, row.attribute, row.group)
    yield from _measurement(facts, node, "share")
    yield node, "rdfs:label", text(f"{row.attribute}: {row.group}")
    if row.share is not None:
        yield node, "dqv:value", number(row.share)
    if row.measured_at:
        yield node, "prov:generatedAtTime", moment(row.measured_at)
    sentences = []
    if row.n is not None:
        sentences.append(f"{row.n} records.")
    if row.interval_low is not None and row.interval_high is not None:
        sentences.append(f"Interval {row.interval_low:.6g} to {row.interval_high:.6g}.")
    if row.reference_share is not None:
        name = row.reference_name or "equal shares"
        sentences.append(f"Reference {row.reference_share:.6g} ({name}).")
    if sentences:
        yield node, "rdfs:comment", text(" ".join(sentences), "en")


def measurement_of(facts: ProductFacts, metric: MetricFacts) -> IRI:
    return IRI(facts.iri).part("quality", metric.indicator)


def _measurement(facts: ProductFacts, node: IRI, indicator: str) -> Iterator[Triple]:
    metric = IRI(f"{facts.base}/slo").part(indicator)
    yield IRI(facts.iri), "dqv:hasQualityMeasurement", node
    yield from are(node, "dqv:QualityMeasurement")
    yield node, "dqv:computedOn", IRI(facts.iri)
    yield node, "dqv:isMeasurementOf", metric
    yield from are(metric, "dqv:Metric")
    yield metric, "skos:prefLabel", text(indicator)
    if meaning := MEANINGS.get(indicator):
        yield metric, "skos:definition", text(meaning, "en")


def _sentence(metric: MetricFacts) -> str:
    verdict = metric.verdict.replace("_", " ")
    target = "" if metric.target is None else f" Target {metric.target:g}"
    window = f" over {metric.window}" if target and metric.window else ""
    return f"{target}{window}: {verdict}.".strip() if target else f"Verdict: {verdict}."
