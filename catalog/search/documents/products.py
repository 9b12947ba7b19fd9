"""The search documents of data products."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time

from catalog.products.models import PRODUCT, DataProduct, Sensitivity, Status, reader_tokens
from catalog.products.projection import custom
from catalog.products.reuse import MAX_LICENSE_LENGTH, reuse_of
from catalog.provenance.representation import BiasSummary
from catalog.provenance.summaries import KNOWN_IMBALANCES, BiasRow, summarize_bias
from catalog.search.document import SearchDocument
from catalog.search.documents.related import RelatedData, load_related

WORD = re.compile(r"\w{3,40}")
MAX_COLUMNS = 3000
MAX_TABLES = 500
MAX_NOTE_LENGTH = 20_000
# All that is said of columns; what is beyond it is shown on the page and not searched.
MAX_COLUMN_NOTES_LENGTH = 100_000
STATUS_WEIGHTS = {Status.RETIRED: 0.2, Status.DEPRECATED: 0.5, Status.DRAFT: 0.8}


def product_documents(products: Iterable[DataProduct]) -> Iterator[SearchDocument]:
    """Yield the document of each product; related rows are read for all at once."""
    listed = list(products)
    related = load_related({product.pk: product.domain_id for product in listed})
    for product in listed:
        yield product_document(product, related[product.pk])


def product_document(product: DataProduct, related: RelatedData) -> SearchDocument:
    own, columns = related.domains[0], tuple(related.columns)[:MAX_COLUMNS]
    bias = summarize_bias(
        related.imbalances, answer=related.bias_answer, sensitive=related.sensitive
    )
    return SearchDocument(
        type=PRODUCT,
        id=str(product.uuid),
        revision=product.revision,
        readers=tuple(sorted(reader_tokens(product, related.readers))),
        name=product.name,
        slug=product.slug,
        summary=product.purpose,
        aliases=tuple(_aliases(product, related)),
        domains=tuple(domain.slug for domain in related.domains),
        domain_names=tuple(domain.name for domain in related.domains),
        tags=tuple(product.tags),
        columns=columns,
        column_notes=tuple(_column_notes(columns, related)),
        tables=tuple(related.tables)[:MAX_TABLES],
        states=(product.status, "certified") if product.certification else (product.status,),
        sensitivities=(Sensitivity(product.sensitivity).label,),
        verdicts=(product.slo_verdict,),
        contract_states=(product.contract_state,),
        quality_states=(product.quality_state,),
        has=tuple(_contents(product, related)),
        answers=tuple(text for _, text in related.answers if text),
        notes=tuple(_notes(product, related)),
        used_in=tuple(related.uses),
        sources=_words(related, "source"),
        methods=_words(related, "collection_method"),
        bias_states=bias.states,
        bias_attributes=tuple(one.attribute for one in bias.attributes),
        imbalances=_imbalance_terms(related.imbalances),
        measures=_measures(bias),
        updated=int(product.updated_at.timestamp()),
        certified_until=_midnight(product.certified_until),
        weight=STATUS_WEIGHTS.get(Status(product.status), 1.0),
        ports=tuple(dict.fromkeys(related.ports)),
        licenses=tuple(_licenses(product)),
        formats=tuple(sorted(related.formats - {""})),
        owners=(own.team_slug,) if own.team_slug else (),
        owner_names=tuple(_owner_names(product, own.team_name)),
        availability=_metric(product, "availability"),
        latency=_metric(product, "latency"),
        quality=_metric(product, "quality"),
    )


def _licenses(product: DataProduct) -> Iterator[str]:
    if text := reuse_of(product.tree).license:
        yield text[:MAX_LICENSE_LENGTH]


def _aliases(product: DataProduct, related: RelatedData) -> Iterator[str]:
    domain = related.domains[0].slug
    yield str(product.uuid)
    yield f"{domain}.{product.slug}"
    yield f"{domain}/{product.slug}"
    yield from related.aliases
    yield from related.former_slugs


def _contents(product: DataProduct, related: RelatedData) -> Iterator[str]:
    has_note = any(question == KNOWN_IMBALANCES and text for question, text in related.answers)
    facts = {
        "bias-notes": has_note or bool(related.imbalances),
        "contract": related.has_contract,
        "slo": bool(custom(product.tree, "assayObjectives")),
        "columns": bool(related.columns),
        "limits": bool(product.limitations),
        "usage": bool(product.usage) or bool(related.uses),
    }
    yield from (name for name, holds in facts.items() if holds)


def _notes(product: DataProduct, related: RelatedData) -> Iterator[str]:
    yield from (text for text in (product.limitations, product.usage) if text)
    yield from related.port_notes
    yield from (text for text in related.contract_notes if text != product.purpose)
    for key in ("curationRationale", "socialImpact", "sensitiveInformation"):
        text = custom(product.tree, key)
        if isinstance(text, str):
            yield text[:MAX_NOTE_LENGTH]


def _column_notes(columns: Iterable[str], related: RelatedData) -> Iterator[str]:
    """Yield path and note of each column that has one, up to a total length."""
    remaining = MAX_COLUMN_NOTES_LENGTH
    for path in columns:
        if note := related.column_notes.get(path):
            remaining -= len(note)
            if remaining < 0:
                return
            yield f"{path}\t{note}"


def _owner_names(product: DataProduct, team: str | None) -> Iterator[str]:
    """Yield the owning team's name, and that of the team in the document, which is a contact."""
    if team:
        yield team
    declared = product.tree.get("team")
    contact = declared.get("name") if isinstance(declared, dict) else None
    if isinstance(contact, str) and contact:
        yield contact


def _metric(product: DataProduct, name: str) -> float | None:
    metric = product.slo_figures.get(name)
    value = metric.get("value") if isinstance(metric, dict) else None
    return float(value) if isinstance(value, int | float) else None


def _words(related: RelatedData, question: str) -> tuple[str, ...]:
    """Return the words of one answer, to filter by."""
    texts = [text.casefold() for name, text in related.answers if name == question]
    return tuple(sorted({word for text in texts for word in WORD.findall(text)}))[:200]


def _imbalance_terms(imbalances: list[BiasRow]) -> tuple[str, ...]:
    """Return attributes, groups, and both as `attribute=group`."""
    pairs = [(row.attribute, row.group.casefold()) for row in imbalances]
    terms = {term for name, group in pairs for term in (name, group, f"{name}={group}")}
    return tuple(sorted(terms))


def _measures(bias: BiasSummary) -> dict[str, float]:
    """Return the numbers to compare, each by its name and attribute."""
    shares = {f"min_share.{name}": share for name, share in bias.min_shares.items()}
    gaps = {f"max_gap.{name}": gap for name, gap in bias.max_gaps.items()}
    return dict(sorted((shares | gaps).items()))


def _midnight(day: date | None) -> int | None:
    """Return the start of a day (UTC) in seconds of the epoch."""
    return int(datetime.combine(day, time(), UTC).timestamp()) if day else None
