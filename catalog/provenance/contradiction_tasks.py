"""What makers of products have to do because a measurement contradicts what they declare."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from catalog.products.models import DataProduct, Status
from catalog.provenance.contradictions import Contradiction, find_contradictions
from catalog.provenance.models import Imbalance

MAX_PRODUCTS = 500


@dataclass(frozen=True)
class ContradictionTask:
    """A product whose declaration has to be corrected or explained."""

    product: DataProduct
    contradictions: list[Contradiction]

    @property
    def first(self) -> Contradiction:
        return self.contradictions[0]


def contradiction_tasks(domains: Collection[int], *, limit: int) -> list[ContradictionTask]:
    """Return what is to do in the products of some domains.

    Of a published product with unpublished changes, the changes are looked at.
    """
    measured = Imbalance.objects.measured().filter(record__product=OuterRef("pk"))
    products = DataProduct.objects.in_domains(domains).filter(Exists(measured))
    products = products.exclude(status=Status.RETIRED).select_related("domain").order_by("name")
    chosen = list(products[:MAX_PRODUCTS])
    if not chosen:
        return []
    copies = DataProduct.including_working_copies.filter(working_copy_of__in=chosen)
    edited = dict(copies.values_list("working_copy_of", "pk"))
    edited_pks = [edited.get(product.pk, product.pk) for product in chosen]
    declared = _by_product(Imbalance.objects.declared(), edited_pks)
    shares = _by_product(Imbalance.objects.measured(), [product.pk for product in chosen])
    tasks = []
    for product, edited_pk in zip(chosen, edited_pks, strict=True):
        rows = [row.measured_share for row in shares[product.pk]]
        contradictions = find_contradictions(declared[edited_pk], rows)
        if unexplained := [row for row in contradictions if not row.is_explained]:
            tasks.append(ContradictionTask(product, unexplained))
    return tasks[:limit]


def _by_product(
    rows: QuerySet[Imbalance], products: Collection[int]
) -> defaultdict[int, list[Imbalance]]:
    grouped: defaultdict[int, list[Imbalance]] = defaultdict(list)
    for row in rows.filter(record__product__in=products).select_related("record", "port"):
        grouped[row.record.product_id].append(row)
    return grouped
