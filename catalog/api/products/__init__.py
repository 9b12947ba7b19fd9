"""Products over the API."""

from __future__ import annotations

from catalog.api.products.views import ProductHistory, ProductReaders, Products, ProductUses

__all__ = ["ProductHistory", "ProductReaders", "ProductUses", "Products"]
