"""Pages of a product; `product_frame` and `on_product` also serve tabs that other parts add."""

from catalog.web.products.layout import product_frame
from catalog.web.products.lookup import on_any_product, on_product

__all__ = ["on_any_product", "on_product", "product_frame"]
