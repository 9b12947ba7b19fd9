"""Bringing the entries of a foreign catalog in: all land or are reported, none is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

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
from catalog.issues import Issue, shortened
from catalog.manifests.external import ExternalCatalog, ExternalEntry
from catalog.manifests.issues import ParseError
from catalog.manifests.readers import MAX_BYTES, read_documents
from catalog.people.models import Person
from catalog.products.models import DataProduct, ProductAlias, Status
from catalog.products.projection import digest_of
from catalog.products.services import register_product, replace_document, set_alias

# A batch is one transaction, so that others write in between; it ends early where lines are long.
BATCH, BATCH_BYTES = 50, MAX_BYTES
LONGEST_REASON = 1_000
Mapper = Callable[[dict[str, Any]], ExternalEntry]


@dataclass(frozen=True, kw_only=True)
class RejectedEntry:
    """An entry that did not land: its line, its name there, and why."""

    line: int
    identifier: str
    reason: str


@dataclass
class ExternalImportReport:
    """How many lines became what; the counts add up to the lines read.

    Those that did not land are told one by one, for nobody knows how many there are.
    """

    counts: Counter[str] = field(default_factory=Counter)

    @property
    def lines(self) -> int:
        """Return how many entries were read."""
        return sum(self.counts.values())

    @property
    def is_whole(self) -> bool:
        """Say whether every entry landed."""
        return not self.counts["refused"] + self.counts["conflict"]


@dataclass(frozen=True)
class ExternalImport:
    """Which catalog's entries come in, where to, in whose name, and over whose edits."""

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
    tell: Callable[[RejectedEntry], None] = lambda refused: None,
) -> ExternalImportReport:
    """Bring in a file of one JSON entry a line, in order, a batch of entries to a transaction.

    However long the file and its lines are, no more than a batch is held; `tell` is called with
    each entry that did not land once its batch has ended, `progress` after each batch.

    An entry that has not changed since its last import is left alone; one that people have edited
    or adopted here is a conflict, and changed only with `overwrite` (an adopted one never).
    Raises PermissionDenied where the actor may not write in the catalog's domain.
    """
    report = ExternalImportReport()
    bringing = ExternalImport(
        catalog, _get_or_create_domain(catalog, actor), entry_of, actor, overwrite
    )
    for batch in _batches(_lines(lines)):
        with transaction.atomic():
            _take_turn(bringing.domain)
            outcomes = [_import_line(bringing, number, line) for number, line in batch]
        for outcome, refused in outcomes:
            report.counts[outcome] += 1
            if refused:
                tell(refused)
        progress(report)
    return report


def _lines(lines: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Return the lines that are not blank; of one too long only the start is kept."""
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
    bringing: ExternalImport, number: int, line: bytes
) -> tuple[str, RejectedEntry | None]:
    """Return what became of a line, and why where it did not land."""
    identifier = ""
    try:
        fields = read_documents(line, name="entry.json")[0].tree
        if not isinstance(fields, dict):
            raise ValidationFailed([Issue(location="/", message="An entry is an object.")])
        identifier = str(fields.get("slug", ""))[:120]
        entry = bringing.entry_of(fields)
        with transaction.atomic():
            return _save_entry(bringing, entry), None
    except PermissionDenied:
        raise
    except (ParseError, CatalogError) as error:
        reason = shortened(str(error), LONGEST_REASON)
        refused = RejectedEntry(line=number, identifier=identifier, reason=reason)
        is_conflict = isinstance(error, ImmutableVersion | EditConflict)
        return "conflict" if is_conflict else "refused", refused


def _save_entry(bringing: ExternalImport, entry: ExternalEntry) -> str:
    system, actor = bringing.catalog.system, bringing.actor
    digest = digest_of([entry.tree, entry.contract])
    # The product is loaded only where it changes: most entries of a later import have not.
    alias = ProductAlias.objects.filter(system=system, identifier=entry.identifier).first()
    if alias is None:
        product = register_product(
            domain=bringing.domain, tree=entry.tree, actor=actor, status=Status.EXTERNAL
        )
        outcome = "created"
    elif alias.imported_digest == digest:
        return "unchanged"
    else:
        product = _replace(alias, entry, bringing)
        outcome = "changed"
    if entry.contract:
        _, product = save_contract(
            product=product, tree=entry.contract, edition=product.edition, actor=actor
        )
    set_alias(product=product, system=system, identifier=entry.identifier, digest=digest)
    return outcome


def _replace(alias: ProductAlias, entry: ExternalEntry, bringing: ExternalImport) -> DataProduct:
    product = alias.product
    if product.status != Status.EXTERNAL:
        raise ImmutableVersion(f"{product.name} has been adopted here; the import leaves it alone.")
    if product.edition != alias.imported_edition and not bringing.overwrite:
        raise ImmutableVersion(
            f"{product.name} has been edited here since its last import.",
            hint="Import with --overwrite to replace the edits.",
        )
    return replace_document(
        product=product, tree=entry.tree, edition=product.edition, actor=bringing.actor
    )


def _get_or_create_domain(catalog: ExternalCatalog, actor: Person | SystemActor) -> Domain:
    standing = Domain.objects.filter(slug=catalog.slug)
    if found := standing.first():
        return found
    try:
        return create_domain(
            slug=catalog.slug,
            name=catalog.name,
            mission=catalog.mission,
            is_external=True,
            actor=actor,
        )
    except (IntegrityError, NameConflict):
        # Another import of the catalog has begun at the same moment.
        if found := standing.first():
            return found
        raise


def _take_turn(domain: Domain) -> None:
    """Let imports into one domain write a batch each in turn, whatever order their files have."""
    Domain.objects.select_for_update(no_key=True).get(pk=domain.pk)
