"""Writes contracts, and the output ports that serve under them."""

from catalog.contracts.services.serving import (
    add_output_port,
    change_output_port,
    confirm_output_port,
    drop_output_port,
    register_served_product,
)
from catalog.contracts.services.uploads import (
    UploadedData,
    register_upload_check,
    remove_stale_uploads,
    served_tag,
    upload_data,
)
from catalog.contracts.services.versions import (
    check_files,
    delete_contract,
    frozen_digests,
    is_frozen,
    link_ports,
    merge_contracts,
    project_links,
    save_contract,
    save_edited_contract,
)

__all__ = [
    "UploadedData",
    "add_output_port",
    "change_output_port",
    "check_files",
    "confirm_output_port",
    "delete_contract",
    "drop_output_port",
    "frozen_digests",
    "is_frozen",
    "link_ports",
    "merge_contracts",
    "project_links",
    "register_served_product",
    "register_upload_check",
    "remove_stale_uploads",
    "save_contract",
    "save_edited_contract",
    "served_tag",
    "upload_data",
]
