"""The tables of products."""

from catalog.products.models.names import Follow, FormerAddress, ProductAlias, ProductUse
from catalog.products.models.product import (
    PRODUCT,
    READ_PRODUCT,
    WORKING_COPY,
    AccessControlled,
    ContractState,
    DataProduct,
    DataProductManager,
    DataProductQuerySet,
    ProductGrantManager,
    ProductGrantQuerySet,
    ProductGroupPermission,
    Sensitivity,
    Status,
    Verdict,
    Visibility,
    reader_tokens,
)

__all__ = [
    "PRODUCT",
    "READ_PRODUCT",
    "WORKING_COPY",
    "AccessControlled",
    "ContractState",
    "DataProduct",
    "DataProductManager",
    "DataProductQuerySet",
    "Follow",
    "FormerAddress",
    "ProductAlias",
    "ProductGrantManager",
    "ProductGrantQuerySet",
    "ProductGroupPermission",
    "ProductUse",
    "Sensitivity",
    "Status",
    "Verdict",
    "Visibility",
    "reader_tokens",
]
