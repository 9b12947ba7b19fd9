"""Writes provenance: declared answers and imbalances follow the tree, measured ones stay."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime

from django.db import transaction

from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.products.services import Writer, replace_document
from catalog.provenance.models import Imbalance, ProvenanceAnswer, ProvenanceRecord
from catalog.provenance.projection import KEY, DeclaredProvenance
from catalog.provenance.questions import CURRENT_SET
from catalog.revisions.services import bump_revision
from catalog.types import JSONObject


def project_provenance(product: DataProduct, declared: DeclaredProvenance, *, is_new: bool) -> None:
    """Replace the declared rows of a product's provenance; measured ones stay."""
    columns = {"question_set": declared.question_set}
    if is_new:
        record = ProvenanceRecord.objects.create(product=product, **columns)
    else:
        record, _ = ProvenanceRecord.objects.update_or_create(product=product, defaults=columns)
        record.answers.all().delete()
        record.imbalances.filter(origin=Imbalance.Origin.DECLARED).delete()
    ProvenanceAnswer.objects.bulk_create(
        ProvenanceAnswer(record=record, **vars(answer)) for answer in declared.answers
    )
    Imbalance.objects.bulk_create(
        Imbalance(record=record, position=position, **vars(row))
        for position, row in enumerate(declared.imbalances)
    )


@transaction.atomic
def declare_provenance(
    *,
    product: DataProduct,
    provenance: JSONObject,
    edition: int,
    actor: Writer,
    reason: str = "",
) -> DataProduct:
    """Replace the provenance declaration (the value of `assayProvenance`) in the tree.

    Raises PermissionDenied, EditConflict, ValidationFailed.
    """
    tree = with_custom(product.tree, KEY, provenance or None)
    return replace_document(product=product, tree=tree, edition=edition, actor=actor, reason=reason)


@dataclass(frozen=True, kw_only=True)
class MeasuredGroup:
    """A measured group, as every reader may see it; the columns of its row."""

    attribute: str
    group: str
    n: int | None
    share: float | None
    interval_low: float | None
    interval_high: float | None
    reference_share: float | None = None
    reference_name: str = ""
    reference_date: date | None = None


@transaction.atomic
def set_measured_imbalances(
    *, port: OutputPort, rows: Collection[MeasuredGroup], measured_at: datetime | None = None
) -> bool:
    """Replace what was measured in a port; return True if it differs, which bumps the revision.

    The product of the port is locked, and the caller records the event.
    """
    record = ProvenanceRecord.objects.get_or_create(
        product_id=port.product_id, defaults={"question_set": CURRENT_SET.version}
    )[0]
    current = record.imbalances.filter(origin=Imbalance.Origin.MEASURED, port=port)
    columns = [field.name for field in fields(MeasuredGroup)]
    before = list(current.values_list(*columns))
    current.delete()
    Imbalance.objects.bulk_create(
        Imbalance(
            record=record,
            origin=Imbalance.Origin.MEASURED,
            port=port,
            measured_at=measured_at,
            position=position,
            **asdict(row),
        )
        for position, row in enumerate(rows)
    )
    if before == list(current.values_list(*columns)):
        return False
    bump_revision(rows=DataProduct.objects.filter(pk=port.product_id))
    return True


@transaction.atomic
def clear_measured_references(*, port: OutputPort, attributes: Collection[str]) -> int:
    """Remove what some attributes of a port were compared with; return from how many rows."""
    rows = Imbalance.objects.filter(
        port=port, origin=Imbalance.Origin.MEASURED, attribute__in=attributes
    ).exclude(reference_share=None, reference_name="")
    count = rows.update(reference_share=None, reference_name="", reference_date=None)
    if count:
        bump_revision(rows=DataProduct.objects.filter(pk=port.product_id))
    return count
