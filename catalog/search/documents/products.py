"""From a product to the document that search holds of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time

from django.conf import settings

from catalog.identifiers import product_iri
from catalog.products.models import PRODUCT, DataProduct, Sensitivity, Status, reader_tokens
from catalog.products.projection import custom
from catalog.provenance.representation import Row, greatest_gaps, least_shares
from catalog.search.document import SearchDocument
from catalog.search.documents.related import RelatedData, surroundings_of

WORD = re.compile(r"\w{3,40}")
MOST_COLUMNS = 3000
LONGEST_NOTE = 20_000
WITHOUT_TRUST = {Status.RETIRED: 0.2, Status.DEPRECATED: 0.5, Status.DRAFT: 0.8}


def documents_of(products: Iterable[DataProduct]) -> Iterator[SearchDocument]:
    """Yield the document of each product; what lies around them is read for all at once."""
    listed = list(products)
    around = surroundings_of({product.pk: product.domain_id for product in listed})
    for product in listed:
        yield document_of(product, around[product.pk])


def document_of(product: DataProduct, around: RelatedData) -> SearchDocument:
    """Return the document of a product that stands in these surroundings."""
    own, columns = around.places[0], tuple(around.columns)[:MOST_COLUMNS]
    return SearchDocument(
        type=PRODUCT,
        id=str(product.uuid),
        revision=product.revision,
        readers=tuple(sorted(reader_tokens(product, around.readers))),
        name=product.name,
        slug=product.slug,
        summary=product.purpose,
        aliases=tuple(_aliases(product, around)),
        domains=tuple(place.slug for place in around.places),
        domain_names=tuple(place.name for place in around.places),
        tags=tuple(product.tags),
        columns=columns,
        states=tuple(_states(product)),
        sensitivities=(Sensitivity(product.sensitivity).label,),
        verdicts=(product.slo_verdict,),
        has=tuple(_presences(product, around)),
        answers=tuple(text for _, text in around.answers if text),
        notes=tuple(_notes(product, around)),
        used_in=tuple(around.uses),
        sources=_words(around, "source"),
        methods=_words(around, "collection_method"),
        imbalances=tuple(sorted(_imbalance_words(around.imbalances))),
        measures=_measures(around.imbalances),
        updated=int(product.updated_at.timestamp()),
        certified_until=_day(product.certified_until),
        weight=WITHOUT_TRUST.get(Status(product.status), 1.0),
        ports=tuple(dict.fromkeys(around.ports)),
        formats=tuple(sorted(around.formats - {""})),
        owners=(own.team_slug,) if own.team_slug else (),
        owner_names=tuple(_owner_names(product, own.team_name)),
        availability=_figure(product, "availability"),
        latency=_figure(product, "latency"),
        quality=_figure(product, "quality"),
    )


def _aliases(product: DataProduct, around: RelatedData) -> Iterator[str]:
    domain = around.places[0].slug
    yield str(product.uuid)
    yield product_iri(product.uuid, base=settings.ASSAY_BASE_IRI)
    yield f"{domain}.{product.slug}"
    yield f"{domain}/{product.slug}"
    yield from around.aliases
    yield from around.former_slugs


def _states(product: DataProduct) -> Iterator[str]:
    yield product.status
    if product.certification:
        yield "certified"


def _presences(product: DataProduct, around: RelatedData) -> Iterator[str]:
    noted = any(question == "known_imbalances" and text for question, text in around.answers)
    facts = {
        "bias-notes": noted or bool(around.imbalances),
        "contract": around.has_contract,
        "slo": bool(custom(product.tree, "assayObjectives")),
        "columns": bool(around.columns),
        "limits": bool(product.limitations),
        "usage": bool(product.usage) or bool(around.uses),
    }
    yield from (name for name, holds in facts.items() if holds)


def _notes(product: DataProduct, around: RelatedData) -> Iterator[str]:
    yield from (text for text in (product.limitations, product.usage) if text)
    yield from around.port_notes
    yield from (text for text in around.contract_notes if text != product.purpose)
    for key in ("curationRationale", "socialImpact", "sensitiveInformation"):
        text = custom(product.tree, key)
        if isinstance(text, str):
            yield text[:LONGEST_NOTE]


def _owner_names(product: DataProduct, team: str | None) -> Iterator[str]:
    """Yield who is shown as owner: the domain's team; the file's team is a contact, in words."""
    if team:
        yield team
    declared = product.tree.get("team")
    contact = declared.get("name") if isinstance(declared, dict) else None
    if isinstance(contact, str) and contact:
        yield contact


def _figure(product: DataProduct, name: str) -> float | None:
    figure = product.slo_figures.get(name)
    value = figure.get("value") if isinstance(figure, dict) else None
    return float(value) if isinstance(value, int | float) else None


def _words(around: RelatedData, question: str) -> tuple[str, ...]:
    """Return the words of one answer, by which it is filtered."""
    texts = [text.casefold() for asked, text in around.answers if asked == question]
    return tuple(sorted({word for text in texts for word in WORD.findall(text)}))[:200]


def _imbalance_words(imbalances: list[Row]) -> set[str]:
    """Return attributes, groups, and both as `attribute=group`."""
    pairs = [(row.attribute, row.group.casefold()) for row in imbalances]
    return {word for name, group in pairs for word in (name, group, f"{name}={group}")}


def _measures(imbalances: list[Row]) -> dict[str, float]:
    shares = {f"min_share.{name}": share for name, share in least_shares(imbalances).items()}
    gaps = {f"max_gap.{name}": round(gap, 6) for name, gap in greatest_gaps(imbalances).items()}
    return dict(sorted((shares | gaps).items()))


def _day(day: date | None) -> int | None:
    return int(datetime.combine(day, time(), UTC).timestamp()) if day else None
