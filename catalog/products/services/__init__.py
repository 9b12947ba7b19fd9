"""Writes products: every change is one transaction with its audit event and its revision."""

from catalog.authorization.access import Writer
from catalog.products.services.documents import patch_document, record_edit, replace_document
from catalog.products.services.edits import edit_of, edits_product, register_edit_check
from catalog.products.services.readers import move_product, share_product
from catalog.products.services.registration import (
    delete_product,
    register_product,
    require_free_identity,
    set_alias,
    set_aliases,
)
from catalog.products.services.status import set_contract_state, set_status, set_trust
from catalog.products.services.usages import add_use, project_usages, remove_use

__all__ = [
    "Writer",
    "add_use",
    "delete_product",
    "edit_of",
    "edits_product",
    "move_product",
    "patch_document",
    "project_usages",
    "record_edit",
    "register_edit_check",
    "register_product",
    "remove_use",
    "replace_document",
    "require_free_identity",
    "set_alias",
    "set_aliases",
    "set_contract_state",
    "set_status",
    "set_trust",
    "share_product",
]
