"""From a product to the document that search holds of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from catalog.domains.models import Domain, ancestors_in
from catalog.identity import product_iri
from catalog.people.models import Team
from catalog.products.models import PRODUCT, DataProduct, Sensitivity, Status
from catalog.products.projection import custom
from catalog.provenance.bias import greatest_gaps, least_shares
from catalog.provenance.models import Imbalance, ProvenanceAnswer
from catalog.search.port import SearchDocument

WORD = re.compile(r"\w{3,40}")
MOST_COLUMNS = 3000
LONGEST_NOTE = 20_000
WITHOUT_TRUST = {Status.RETIRED: 0.2, Status.DEPRECATED: 0.5, Status.DRAFT: 0.8}


def products_to_index(ids: Collection[UUID] | None = None) -> QuerySet[DataProduct]:
    """Return products with all that their documents need, in a fixed number of statements."""
    products = DataProduct.objects.select_related("domain__owner_team", "provenance")
    if ids is not None:
        products = products.filter(uuid__in=ids)
    return products.prefetch_related(
        "readers",
        "aliases",
        "uses",
        "former_addresses",
        "output_ports",
        "contracts__servers",
        "contracts__schema_objects__properties",
        "provenance__answers",
        "provenance__imbalances",
    ).order_by("id")


def documents_of(products: Iterable[DataProduct]) -> Iterator[SearchDocument]:
    """Yield the document of each product; the tree of domains is read once."""
    domains = {domain.pk: domain for domain in Domain.objects.all()}
    parents = {pk: domain.parent_id for pk, domain in domains.items()}
    for product in products:
        above = [domains[pk] for pk in ancestors_in(parents, product.domain_id)]
        yield document_of(product, above)


def document_of(product: DataProduct, domains: list[Domain]) -> SearchDocument:
    """Return the document of a product that lies in `domains`, its own first."""
    answers, imbalances = _provenance(product)
    columns, team = _columns(product), domains[0].owner_team
    return SearchDocument(
        kind=PRODUCT,
        id=str(product.uuid),
        revision=product.revision,
        readers=tuple(sorted(product.reader_tokens)),
        name=product.name,
        slug=product.slug,
        summary=product.purpose,
        aliases=tuple(_aliases(product, domains[0])),
        domains=tuple(domain.slug for domain in domains),
        domain_names=tuple(domain.name for domain in domains),
        tags=tuple(product.tags),
        columns=tuple(columns),
        states=tuple(_states(product)),
        sensitivities=(Sensitivity(product.sensitivity).label,),
        verdicts=(product.slo_verdict,),
        has=tuple(_presences(product, answers, imbalances, columns)),
        answers=tuple(answer.text for answer in answers if answer.text),
        notes=tuple(_notes(product)),
        used_in=tuple(use.title for use in product.uses.all()),
        sources=_words(answers, "source"),
        methods=_words(answers, "collection_method"),
        imbalances=tuple(sorted(_imbalance_words(imbalances))),
        measures=_measures(imbalances),
        updated=int(product.updated_at.timestamp()),
        certified_until=_day(product.certified_until),
        weight=WITHOUT_TRUST.get(Status(product.status), 1.0),
        ports=tuple(dict.fromkeys(port.name for port in product.output_ports.all())),
        formats=_formats(product),
        owners=(team.slug,) if team else (),
        owner_names=tuple(_owner_names(product, team)),
        availability=_figure(product, "availability"),
        latency=_figure(product, "latency"),
        quality=_figure(product, "quality"),
    )


def _aliases(product: DataProduct, domain: Domain) -> Iterator[str]:
    yield str(product.uuid)
    yield product_iri(product.uuid, base=settings.ASSAY_BASE_IRI)
    yield f"{domain.slug}.{product.slug}"
    yield f"{domain.slug}/{product.slug}"
    yield from (alias.identifier for alias in product.aliases.all())
    yield from (former.slug for former in product.former_addresses.all())


def _columns(product: DataProduct) -> list[str]:
    paths = {
        prop.path: None
        for contract in product.contracts.all()
        for table in contract.schema_objects.all()
        for prop in table.properties.all()
    }
    return list(paths)[:MOST_COLUMNS]


def _states(product: DataProduct) -> Iterator[str]:
    yield product.status
    if product.certification:
        yield "certified"


def _presences(
    product: DataProduct,
    answers: list[ProvenanceAnswer],
    imbalances: list[Imbalance],
    columns: list[str],
) -> Iterator[str]:
    noted = any(answer.question == "known_imbalances" and answer.text for answer in answers)
    facts = {
        "bias-notes": noted or bool(imbalances),
        "contract": bool(product.contracts.all()),
        "slo": bool(custom(product.tree, "assayObjectives")),
        "columns": bool(columns),
        "limits": bool(product.limitations),
        "usage": bool(product.usage) or bool(product.uses.all()),
    }
    yield from (name for name, holds in facts.items() if holds)


def _notes(product: DataProduct) -> Iterator[str]:
    yield from (text for text in (product.limitations, product.usage) if text)
    for port in product.output_ports.all():
        if port.description:
            yield port.description
    for contract in product.contracts.all():
        if contract.purpose and contract.purpose != product.purpose:
            yield contract.purpose
    for key in ("curationRationale", "socialImpact", "sensitiveInformation"):
        text = custom(product.tree, key)
        if isinstance(text, str):
            yield text[:LONGEST_NOTE]


def _formats(product: DataProduct) -> tuple[str, ...]:
    formats = {
        (server.format or server.type).casefold()
        for contract in product.contracts.all()
        for server in contract.servers.all()
    }
    return tuple(sorted(formats - {""}))


def _owner_names(product: DataProduct, team: Team | None) -> Iterator[str]:
    """Yield who is shown as owner: the domain's team; the file's team is a contact, in words."""
    if team:
        yield team.name
    declared = product.tree.get("team")
    contact = declared.get("name") if isinstance(declared, dict) else None
    if isinstance(contact, str) and contact:
        yield contact


def _figure(product: DataProduct, name: str) -> float | None:
    figure = product.slo_figures.get(name)
    value = figure.get("value") if isinstance(figure, dict) else None
    return float(value) if isinstance(value, int | float) else None


def _provenance(product: DataProduct) -> tuple[list[ProvenanceAnswer], list[Imbalance]]:
    record = getattr(product, "provenance", None)
    if record is None:
        return [], []
    answers = sorted(record.answers.all(), key=lambda answer: answer.question)
    return answers, list(record.imbalances.all())


def _words(answers: list[ProvenanceAnswer], question: str) -> tuple[str, ...]:
    """Return the words of one answer, by which it is filtered."""
    texts = [answer.text.casefold() for answer in answers if answer.question == question]
    return tuple(sorted({word for text in texts for word in WORD.findall(text)}))[:200]


def _imbalance_words(imbalances: list[Imbalance]) -> set[str]:
    """Return attributes, groups, and both as `attribute=group`."""
    pairs = [(row.attribute, row.group.casefold()) for row in imbalances]
    return {word for name, group in pairs for word in (name, group, f"{name}={group}")}


def _measures(imbalances: list[Imbalance]) -> dict[str, float]:
    shares = {f"min_share.{name}": share for name, share in least_shares(imbalances).items()}
    gaps = {f"max_gap.{name}": round(gap, 6) for name, gap in greatest_gaps(imbalances).items()}
    return dict(sorted((shares | gaps).items()))


def _day(day: date | None) -> int | None:
    return int(datetime.combine(day, time(), UTC).timestamp()) if day else None
