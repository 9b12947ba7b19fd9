"""Pages of a product; `product_frame` and `on_product` also serve tabs that other parts add."""

from catalog.products.views.finding import on_any_product, on_product
from catalog.products.views.frame import product_frame

__all__ = ["on_any_product", "on_product", "product_frame"]
