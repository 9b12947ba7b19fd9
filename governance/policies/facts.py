"""The facts that policies are written about: one typed schema, and plain data of that shape; pure.

The sentence of each member is its text in the documentation of facts. Absent is "" or null, and an
unknown figure is null: no fact is ever guessed. Moments are UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypedDict

# Raised when members are added or change: stored results of an older schema are evaluated again.
FACTS_VERSION = 1


class PersonFact(TypedDict):
    """Somebody with a role in the product's domain, or above it."""

    id: Annotated[str, "UUID of the person."]
    name: Annotated[str, "Name of the person."]


class ProductFact(TypedDict):
    """What the product's document says, and its life cycle."""

    id: Annotated[str, "UUID of the product."]
    name: Annotated[str, "Name of the product."]
    slug: Annotated[str, "Short name in its URL."]
    version: Annotated[str, "Version number of the document."]
    status: Annotated[str, "draft, published, deprecated or retired."]
    type: Annotated[str, "Type of the product, such as source-aligned."]
    visibility: Annotated[str, "public, members or restricted."]
    sensitivity: Annotated[str, "public, internal, confidential or restricted."]
    sensitivity_rank: Annotated[int, "1 for public to 4 for restricted, for comparisons."]
    tags: Annotated[list[str], "Tags of the document."]
    purpose: Annotated[str, "What the product is for."]
    limitations: Annotated[str, "What it must not be used for."]
    usage: Annotated[str, "How it is used."]
    license: Annotated[str, "License of the data."]
    retention: Annotated[str, "How long the data is kept."]
    contacts: Annotated[list[str], "Addresses of support channels and of the team."]
    published_at: Annotated[datetime | None, "When it was last published."]
    updated_at: Annotated[datetime, "When people last edited it."]
    ends_on: Annotated[datetime | None, "Last day of a deprecated product."]
    successor: Annotated[str, "Name of the product that replaces it."]


class DomainFact(TypedDict):
    """The domain that owns the product."""

    slug: Annotated[str, "Short name of the domain."]
    name: Annotated[str, "Name of the domain."]
    ancestors: Annotated[list[str], "Slugs of the domain and those above it."]


class PortFact(TypedDict):
    """One output port."""

    name: Annotated[str, "Name of the port."]
    version: Annotated[str, "Version of the port."]
    type: Annotated[str, "Type of its server, such as postgres."]
    is_deprecated: Annotated[bool, "It is deprecated."]
    is_live: Annotated[bool, "It passed a check within the last 24 hours."]
    last_good_at: Annotated[datetime | None, "When it last passed a check."]
    contract: Annotated[str, "Identifier of its contract."]
    contract_version: Annotated[str, "Version of its contract."]


class ColumnFact(TypedDict):
    """One column of a contract that an active port serves."""

    port: Annotated[str, "Name of the port."]
    table: Annotated[str, "Name of the table."]
    name: Annotated[str, "Name of the column."]
    type: Annotated[str, "Logical type."]
    description: Annotated[str, "Description."]
    classification: Annotated[str, "Classification, such as pii."]
    term: Annotated[str, "Glossary term that the column is linked to."]
    is_key: Annotated[bool, "It is part of the primary key."]
    is_required: Annotated[bool, "It is never null."]
    is_observed: Annotated[bool | None, "The source has it; null if the source was not read."]


class ContractFact(TypedDict):
    """Whether the sources serve what the contracts say."""

    state: Annotated[str, "met, broken or unknown."]
    observed_at: Annotated[datetime | None, "When the sources were last read."]
    undeclared_columns: Annotated[list[str], "Columns of the sources that no contract has."]


class ProvenanceFact(TypedDict):
    """The provenance record."""

    open_questions: Annotated[list[str], "Codes of required questions without an answer."]
    answered: Annotated[list[str], "Codes of questions that are answered."]
    unknown: Annotated[list[str], "Codes of questions whose answer is that it is not known."]
    completeness: Annotated[float, "Share of the questions with an answer, 0 to 1."]


class ShareFact(TypedDict):
    """The share of one group, as it was declared or measured."""

    attribute: Annotated[str, "What divides the groups, such as age band."]
    group: Annotated[str, "The group."]
    share: Annotated[float | None, "Its share, 0 to 1."]
    reference_share: Annotated[float | None, "Its share in the reference population."]


class BiasFact(TypedDict):
    """Imbalances of groups."""

    is_about_people: Annotated[bool, "The record or a classification says that it is about people."]
    declared: Annotated[list[ShareFact], "What people declared."]
    measured: Annotated[list[ShareFact], "What was measured."]
    measured_at: Annotated[datetime | None, "When groups were last measured."]
    contradictions: Annotated[list[str], "What a measurement contradicts, as sentences."]
    has_drifted: Annotated[bool, "A share left its band since the plan was saved."]


class ObjectiveFact(TypedDict):
    """One objective and its verdict."""

    indicator: Annotated[str, "availability, latency, freshness, completeness, and so on."]
    port: Annotated[str, "Name of the port; empty for the whole product."]
    target: Annotated[float, "Share of good checks, 0 to 1."]
    verdict: Annotated[str, "met, at_risk, breached, collecting or no_data."]
    value: Annotated[float | None, "Good share in the window, or the quantile in seconds."]
    checks: Annotated[int, "Checks in the window so far."]
    is_standard: Annotated[bool, "It comes from a standard of a domain."]


class DimensionFact(TypedDict):
    """One dimension of data quality in the latest good run of each port."""

    dimension: Annotated[str, "completeness, accuracy, validity, consistency, and so on."]
    checks: Annotated[int, "Checks of this dimension."]
    failed: Annotated[int, "Of them failed."]
    score: Annotated[float | None, "Share of the tested rows that pass, 0 to 1."]


class QualityFact(TypedDict):
    """What the quality checks say."""

    state: Annotated[str, "passed, failed, unknown, collecting or none."]
    checked_at: Annotated[datetime | None, "When the data was last checked."]
    dimensions: Annotated[list[DimensionFact], "By dimension."]


class CertificationFact(TypedDict):
    """The certification of the published version."""

    level: Annotated[str, "bronze, silver, gold, or empty."]
    state: Annotated[str, "certified, suspended, lapsed, or empty."]
    until: Annotated[datetime | None, "When the certificate is over."]
    reviewed_at: Annotated[datetime | None, "When a steward last decided."]


class Facts(TypedDict):
    """All that a policy can be about. `now` is the moment of the evaluation."""

    product: ProductFact
    domain: DomainFact
    owners: list[PersonFact]
    stewards: list[PersonFact]
    ports: list[PortFact]
    columns: list[ColumnFact]
    contract: ContractFact
    provenance: ProvenanceFact
    bias: BiasFact
    slo_verdict: Annotated[str, "Worst verdict of the objectives, as the badge shows it."]
    objectives: list[ObjectiveFact]
    quality: QualityFact
    certification: CertificationFact
    now: datetime
