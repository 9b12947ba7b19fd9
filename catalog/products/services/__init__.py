"""Writing products: every change is one transaction with its audit event and its revision."""

from __future__ import annotations

from catalog.products.services.documents import (
    Writer,
    about,
    claim,
    note_edit,
    patch_tree,
    replace_tree,
)
from catalog.products.services.readers import move_product, share_product
from catalog.products.services.registration import delete_product, name_alias, register_product
from catalog.products.services.status import set_status, set_trust, touch_products
from catalog.products.services.usages import add_use, project_uses

__all__ = [
    "Writer",
    "about",
    "add_use",
    "claim",
    "delete_product",
    "move_product",
    "name_alias",
    "note_edit",
    "patch_tree",
    "project_uses",
    "register_product",
    "replace_tree",
    "set_status",
    "set_trust",
    "share_product",
    "touch_products",
]
