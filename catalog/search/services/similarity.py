"""What is like a product, within what somebody may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.authorization.access import access_for
from catalog.contracts.models import SchemaProperty
from catalog.products.models import PRODUCT, DataProduct
from catalog.search.backends import active_backend
from catalog.search.document import key_of
from catalog.search.port import Feature
from catalog.search.result_types.products import products_of
from catalog.search.services.search import tokens_of
from catalog.search.similarity import features_of

MOST_SIMILAR = 5


@dataclass(frozen=True)
class Similar:
    """A product that is like another one, and what the two share."""

    product: DataProduct
    shared_features: tuple[Feature, ...]


def similar_to(
    *, product: DataProduct, visitor: Any, limit: int = MOST_SIMILAR
) -> tuple[Similar, ...]:
    """Return the products that are like one, the most alike first. Raises SearchUnavailable.

    What the visitor may not see is not counted either, so it moves nothing. Products are read
    again from the database, as those of a search are.
    """
    reader = access_for(visitor)
    columns = SchemaProperty.objects.filter(schema_object__contract__product=product)
    features = features_of(
        name=product.name,
        summary=product.purpose,
        tags=product.tags,
        columns=columns.order_by("path").values_list("path", flat=True).distinct(),
    )
    key = key_of(PRODUCT, str(product.uuid))
    found = [
        alike
        for alike in active_backend().similar(key, features, tokens_of(reader), limit)
        if alike.type == PRODUCT
    ]
    products = products_of(reader, [alike.id for alike in found])
    return tuple(
        Similar(products[alike.id], alike.shared_features)
        for alike in found
        if alike.id in products
    )
