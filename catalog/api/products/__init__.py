"""Products over the API."""

from catalog.api.products.views import ProductHistory, ProductReaders, Products, ProductUses

__all__ = ["ProductHistory", "ProductReaders", "ProductUses", "Products"]
