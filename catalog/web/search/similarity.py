"""Products that are similar to the one shown, and what they share with it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.authorization.access import AccessContext
from catalog.products.models import DataProduct
from catalog.search.port import SearchUnavailable
from catalog.search.services.similarity import Similar, similar_to
from catalog.search.similarity import COLUMN, TAG, WORD

LABELS = {TAG: _("tags"), COLUMN: _("columns"), WORD: _("words")}
MOST_SHOWN = 3


@dataclass(frozen=True)
class SharedFeatures:
    """What two products share of one type: some of it, and how much more there is."""

    label: Promise
    texts: list[str]
    more: int


@dataclass(frozen=True)
class SimilarProduct:
    product: DataProduct
    shared_features: list[SharedFeatures]


def similar_products(product: DataProduct, access: AccessContext) -> list[SimilarProduct] | None:
    """Return the products that are most like one; None while search is unavailable."""
    try:
        results = similar_to(product=product, visitor=access)
    except SearchUnavailable:
        return None
    return [SimilarProduct(result.product, list(_shared(result))) for result in results]


def _shared(similar: Similar) -> Iterator[SharedFeatures]:
    for label, texts in zip(LABELS.values(), shared_of(similar).values(), strict=True):
        if texts:
            yield SharedFeatures(label, texts[:MOST_SHOWN], max(0, len(texts) - MOST_SHOWN))


def shared_of(similar: Similar) -> dict[str, list[str]]:
    """Return the texts of the shared features: `tags`, `columns` and `words`."""
    return {
        f"{name}s": [feature.text for feature in similar.shared_features if feature.type == name]
        for name in LABELS
    }
