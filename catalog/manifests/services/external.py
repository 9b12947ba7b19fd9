"""Imports the entries of an external catalog: each is saved or reported, none is dropped."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

from django.db import IntegrityError, transaction

from catalog.audit.actors import SystemActor
from catalog.contracts.services import save_contract
from catalog.domains.models import Domain
from catalog.domains.services import create_domain
from catalog.exceptions import (
    CatalogError,
    EditConflict,
    ImmutableVersion,
    NameConflict,
    PermissionDenied,
    ValidationFailed,
)
from catalog.issues import shortened
from catalog.manifests.external import ExternalCatalog, ExternalEntry
from catalog.manifests.issues import ParseError
from catalog.manifests.readers import MAX_BYTES, read_documents
from catalog.people.models import Person
from catalog.products.models import DataProduct, ProductAlias, Status
from catalog.products.projection import digest_of
from catalog.products.services import register_product, replace_document, set_alias
from catalog.types import JSONObject

# A batch is one transaction, so that others write in between; it ends early where lines are long.
BATCH, BATCH_BYTES = 50, MAX_BYTES
MAX_REASON = 1_000
Mapper = Callable[[JSONObject], ExternalEntry]


@dataclass(frozen=True, kw_only=True)
class RejectedEntry:
    """An entry that was not imported: its line, its name there, and why."""

    line: int
    identifier: str
    reason: str


@dataclass
class ExternalImportReport:
    """The number of lines by outcome; their sum is the number of lines read."""

    counts: Counter[str] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        return sum(self.counts.values())

    @property
    def is_complete(self) -> bool:
        return not self.counts["refused"] + self.counts["conflict"]


@dataclass(frozen=True)
class ExternalImport:
    """What all entries of one import share."""

    catalog: ExternalCatalog
    domain: Domain
    entry_of: Mapper
    actor: Person | SystemActor
    overwrite: bool


def import_entries(
    *,
    catalog: ExternalCatalog,
    lines: IO[bytes],
    entry_of: Mapper,
    actor: Person | SystemActor,
    overwrite: bool = False,
    progress: Callable[[ExternalImportReport], None] = lambda report: None,
    on_rejected: Callable[[RejectedEntry], None] = lambda rejected: None,
) -> ExternalImportReport:
    """Import a file with one JSON entry a line, in order, one transaction for each batch.

    However long the file and its lines are, only one batch is in memory. After each batch,
    `on_rejected` is called with each entry that was not imported, then `progress`.

    An entry that has not changed since its last import is skipped; one that people have edited or
    adopted here is a conflict, and replaced only with `overwrite` (an adopted one never).
    Raises PermissionDenied if the actor may not write in the catalog's domain.
    """
    report = ExternalImportReport()
    context = ExternalImport(
        catalog, _get_or_create_domain(catalog, actor), entry_of, actor, overwrite
    )
    for batch in _batches(_lines(lines)):
        with transaction.atomic():
            # Imports into one domain write in turn, a batch each, so that they cannot deadlock.
            Domain.objects.select_for_update(no_key=True).get(pk=context.domain.pk)
            outcomes = [_import_line(context, number, line) for number, line in batch]
        for outcome, rejected in outcomes:
            report.counts[outcome] += 1
            if rejected:
                on_rejected(rejected)
        progress(report)
    return report


def _lines(lines: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank, with their numbers; of a too long one only its start."""
    number = 0
    while line := lines.readline(MAX_BYTES + 2):
        number += 1
        if len(line) > MAX_BYTES and not line.endswith(b"\n"):
            while (rest := lines.readline(MAX_BYTES)) and not rest.endswith(b"\n"):
                pass
        if line.strip():
            yield number, line


def _batches(lines: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    batch, size = [], 0
    for number, line in lines:
        batch.append((number, line))
        size += len(line)
        if len(batch) == BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _import_line(
    context: ExternalImport, number: int, line: bytes
) -> tuple[str, RejectedEntry | None]:
    """Return the outcome of a line, and why it was not imported."""
    identifier = ""
    try:
        fields = read_documents(line, name="entry.json")[0].tree
        if not isinstance(fields, dict):
            raise ValidationFailed.of("/", "Must be an object.")
        identifier = str(fields.get("slug", ""))[:120]
        entry = context.entry_of(fields)
        with transaction.atomic():
            return _save_entry(context, entry), None
    except PermissionDenied:
        raise
    except (ParseError, CatalogError) as error:
        reason = shortened(str(error), MAX_REASON)
        rejected = RejectedEntry(line=number, identifier=identifier, reason=reason)
        is_conflict = isinstance(error, ImmutableVersion | EditConflict)
        return "conflict" if is_conflict else "refused", rejected


def _save_entry(context: ExternalImport, entry: ExternalEntry) -> str:
    system, actor = context.catalog.system, context.actor
    digest = digest_of([entry.tree, entry.contract])
    # The product is loaded only where it changes: most entries of a later import have not.
    alias = ProductAlias.objects.filter(system=system, identifier=entry.identifier).first()
    if alias is None:
        product = register_product(
            domain=context.domain, tree=entry.tree, actor=actor, status=Status.EXTERNAL
        )
        outcome = "created"
    elif alias.imported_digest == digest:
        return "unchanged"
    else:
        product = _replace(alias, entry, context)
        outcome = "changed"
    if entry.contract:
        _, product = save_contract(
            product=product, tree=entry.contract, edition=product.edition, actor=actor
        )
    set_alias(product=product, system=system, identifier=entry.identifier, digest=digest)
    return outcome


def _replace(alias: ProductAlias, entry: ExternalEntry, context: ExternalImport) -> DataProduct:
    product = alias.product
    if product.status != Status.EXTERNAL:
        raise ImmutableVersion(
            f"{product.name} has been adopted here; the import does not change it."
        )
    if product.edition != alias.imported_edition and not context.overwrite:
        raise ImmutableVersion(
            f"{product.name} has been edited here since its last import.",
            hint="Import with --overwrite to replace the edits.",
        )
    return replace_document(
        product=product, tree=entry.tree, edition=product.edition, actor=context.actor
    )


def _get_or_create_domain(catalog: ExternalCatalog, actor: Person | SystemActor) -> Domain:
    domains = Domain.objects.filter(slug=catalog.slug)
    if domain := domains.first():
        return domain
    try:
        return create_domain(
            slug=catalog.slug,
            name=catalog.name,
            mission=catalog.mission,
            is_external=True,
            actor=actor,
        )
    except (IntegrityError, NameConflict):
        # Another import of the catalog has started at the same time.
        if domain := domains.first():
            return domain
        raise
