"""Products that are similar to one, within what somebody may see."""

from dataclasses import dataclass

from catalog.authorization.access import AccessContext, Principal, access_for
from catalog.contracts.models import SchemaProperty
from catalog.products.models import PRODUCT, DataProduct
from catalog.search.backends import active_backend
from catalog.search.document import key_of
from catalog.search.port import Feature
from catalog.search.result_types.products import products_of
from catalog.search.services.search import tokens_of
from catalog.search.similarity import features_of

MAX_SIMILAR = 5


@dataclass(frozen=True)
class Similar:
    """A product that is similar to another one, and the features that both share."""

    product: DataProduct
    shared_features: tuple[Feature, ...]


def similar_to(
    *, product: DataProduct, visitor: Principal | AccessContext, limit: int = MAX_SIMILAR
) -> tuple[Similar, ...]:
    """Return the products that are similar to one, the most similar first.

    What the visitor may not see is not counted either, so it changes nothing. Products are read
    again from the database, as those of a search are. Raises SearchUnavailable.
    """
    access = access_for(visitor)
    columns = SchemaProperty.objects.filter(schema_object__contract__product=product)
    features = features_of(
        name=product.name,
        summary=product.purpose,
        tags=product.tags,
        columns=columns.order_by("path").values_list("path", flat=True).distinct(),
    )
    key = key_of(PRODUCT, str(product.uuid))
    documents = active_backend().similar(key, features, tokens_of(access), limit)
    products = products_of(access, [document.id for document in documents])
    return tuple(
        Similar(products[document.id], document.shared_features)
        for document in documents
        if document.id in products
    )
