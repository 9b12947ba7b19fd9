"""Writes products: every change is one transaction with its audit event and its revision."""

from catalog.authorization.access import Writer
from catalog.products.services.documents import patch_document, replace_document
from catalog.products.services.following import follow, unfollow
from catalog.products.services.readers import (
    move_product,
    register_settings_check,
    share_product,
)
from catalog.products.services.registration import (
    delete_product,
    register_product,
    require_free_identity,
    set_alias,
    set_aliases,
)
from catalog.products.services.rows import record_edit
from catalog.products.services.status import (
    set_contract_state,
    set_quality_state,
    set_status,
    set_trust,
)
from catalog.products.services.usages import add_use, project_usages, remove_use
from catalog.products.services.working_copy import (
    discard_changes,
    drop_working_copy,
    edited_version,
    lock_edited,
    lock_product,
    lock_settings,
    open_working_copy,
    publish_working_copy,
    record_setting,
)

__all__ = [
    "Writer",
    "add_use",
    "delete_product",
    "discard_changes",
    "drop_working_copy",
    "edited_version",
    "follow",
    "lock_edited",
    "lock_product",
    "lock_settings",
    "move_product",
    "open_working_copy",
    "patch_document",
    "project_usages",
    "publish_working_copy",
    "record_edit",
    "record_setting",
    "register_product",
    "register_settings_check",
    "remove_use",
    "replace_document",
    "require_free_identity",
    "set_alias",
    "set_aliases",
    "set_contract_state",
    "set_quality_state",
    "set_status",
    "set_trust",
    "share_product",
    "unfollow",
]
