"""Bringing the entries of a foreign catalog in: all land or are reported, none is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any

from django.db import transaction

from catalog.audit.actors import Worker
from catalog.contracts.services import save_contract
from catalog.domains.models import Domain
from catalog.domains.services import create_domain
from catalog.interchange.foreign import ForeignCatalog, ForeignEntry
from catalog.interchange.reading import MAX_BYTES, ReadingError, read_documents
from catalog.people.models import Person
from catalog.products.models import DataProduct, ProductAlias, Status
from catalog.products.projection import digest_of
from catalog.products.services import name_alias, register_product, replace_tree
from catalog.refusals import Fault, Frozen, Invalid, NotAllowed, Refusal

BATCH = 50
Mapper = Callable[[dict[str, Any]], ForeignEntry]


@dataclass(frozen=True, kw_only=True)
class Refused:
    """An entry that did not land: its line, its name there, and why."""

    line: int
    identifier: str
    reason: str


@dataclass
class ForeignReport:
    """What became of each line; the counts add up to the lines read."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """Return how many entries were read."""
        return sum(self.counts.values())


def import_entries(
    *,
    catalog: ForeignCatalog,
    lines: IO[bytes],
    entry_of: Mapper,
    actor: Person | Worker,
    overwrite: bool = False,
    progress: Callable[[ForeignReport], None] = lambda report: None,
) -> ForeignReport:
    """Bring in a file of one JSON entry a line, in order, a batch of entries to a transaction.

    An entry that has not changed since its last import is left alone; one that people have edited
    or adopted here is a conflict, and changed only with `overwrite` (an adopted one never).
    Raises NotAllowed where the actor may not write in the catalog's domain.
    """
    report = ForeignReport()
    domain = _domain(catalog, actor)
    for batch in _batches(_lines(lines)):
        with transaction.atomic():
            for number, line in batch:
                _land(catalog, domain, number, line, entry_of, actor, report, overwrite=overwrite)
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
    flow = iter(lines)
    while batch := list(islice(flow, BATCH)):
        yield batch


def _land(
    catalog: ForeignCatalog,
    domain: Domain,
    number: int,
    line: bytes,
    entry_of: Mapper,
    actor: Person | Worker,
    report: ForeignReport,
    *,
    overwrite: bool,
) -> None:
    identifier = ""
    try:
        fields = read_documents(line, name="entry.json")[0].tree
        if not isinstance(fields, dict):
            raise Invalid([Fault(where="/", message="An entry is an object.")])
        identifier = str(fields.get("slug", ""))[:120]
        entry = entry_of(fields)
        with transaction.atomic():
            outcome = _settle(catalog, domain, entry, actor, overwrite=overwrite)
    except NotAllowed:
        raise
    except (ReadingError, Refusal) as error:
        outcome = "conflict" if isinstance(error, Frozen) else "refused"
        report.refused.append(Refused(line=number, identifier=identifier, reason=str(error)))
    report.counts[outcome] += 1


def _settle(
    catalog: ForeignCatalog,
    domain: Domain,
    entry: ForeignEntry,
    actor: Person | Worker,
    *,
    overwrite: bool,
) -> str:
    digest = digest_of([entry.tree, entry.contract])
    alias = (
        ProductAlias.objects.filter(system=catalog.system, identifier=entry.identifier)
        .select_related("product__domain")
        .first()
    )
    if alias is None:
        product = register_product(
            domain=domain, tree=entry.tree, actor=actor, status=Status.EXTERNAL
        )
        outcome = "created"
    elif alias.imported_digest == digest:
        return "unchanged"
    else:
        product = _replaced(alias, entry, actor, overwrite=overwrite)
        outcome = "changed"
    if entry.contract:
        _, product = save_contract(
            product=product, tree=entry.contract, edition=product.edition, actor=actor
        )
    name_alias(product=product, system=catalog.system, identifier=entry.identifier, digest=digest)
    return outcome


def _replaced(
    alias: ProductAlias, entry: ForeignEntry, actor: Person | Worker, *, overwrite: bool
) -> DataProduct:
    product = alias.product
    if product.status != Status.EXTERNAL:
        raise Frozen(f"{product.name} has been adopted here; the import leaves it alone.")
    if product.edition != alias.imported_edition and not overwrite:
        raise Frozen(
            f"{product.name} has been edited here since its last import.",
            way_out="Import with --overwrite to replace the edits.",
        )
    return replace_tree(product=product, tree=entry.tree, edition=product.edition, actor=actor)


def _domain(catalog: ForeignCatalog, actor: Person | Worker) -> Domain:
    domain = Domain.objects.filter(slug=catalog.slug).first()
    return domain or create_domain(
        slug=catalog.slug,
        name=catalog.name,
        mission=catalog.mission,
        is_foreign=True,
        actor=actor,
    )
