"""Which sensitive attributes products have, and which of them nobody has assessed."""

from collections.abc import Collection

from catalog.contracts.columns import GROUP_CLASSIFICATIONS
from catalog.contracts.models import SchemaProperty
from catalog.products.models import DataProduct
from catalog.provenance.groups import unassessed_attributes
from catalog.provenance.models import Imbalance, ProvenanceAnswer

SENSITIVE_ATTRIBUTES = "sensitive_attributes"


def sensitive_attributes(products: Collection[int]) -> dict[int, list[str]]:
    """Return by product the columns that the contracts of its ports classify as groups of people,
    and the attributes that its record names as sensitive.
    """
    names: dict[int, dict[str, None]] = {pk: {} for pk in products}
    port = "schema_object__contract__port_contracts__port__product"
    columns = SchemaProperty.objects.filter(**{f"{port}__in": products}).exclude(classification="")
    for pk, name, classification in columns.order_by("position", "pk").values_list(
        port, "name", "classification"
    ):
        if classification.casefold() in GROUP_CLASSIFICATIONS:
            names[pk][name] = None
    answers = ProvenanceAnswer.objects.filter(
        record__product__in=products, question=SENSITIVE_ATTRIBUTES
    )
    for pk, values in answers.values_list("record__product", "values"):
        names[pk] |= dict.fromkeys(values)
    return {pk: list(listed) for pk, listed in names.items()}


def unassessed(product: DataProduct) -> list[str]:
    """Return the sensitive attributes of a product without a declared or measured share."""
    rows = Imbalance.objects.filter(record__product=product.pk)
    return unassessed_attributes(sensitive_attributes([product.pk])[product.pk], rows)
