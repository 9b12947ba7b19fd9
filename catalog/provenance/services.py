"""Writes provenance: declared answers and imbalances follow the tree, measured ones stay."""

from django.db import transaction

from catalog.products.models import DataProduct
from catalog.products.projection import with_custom
from catalog.products.services import Writer, replace_document
from catalog.provenance.models import Imbalance, ProvenanceAnswer, ProvenanceRecord
from catalog.provenance.projection import KEY, DeclaredProvenance
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
