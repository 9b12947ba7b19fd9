"""Writes contracts, and the output ports that serve under them."""

from catalog.contracts.services.serving import (
    add_output_port,
    change_output_port,
    confirm_output_port,
    drop_output_port,
    register_served_product,
)
from catalog.contracts.services.versions import (
    check_files,
    delete_contract,
    frozen_digests,
    is_frozen,
    link_ports,
    project_links,
    save_contract,
)

__all__ = [
    "add_output_port",
    "change_output_port",
    "check_files",
    "confirm_output_port",
    "delete_contract",
    "drop_output_port",
    "frozen_digests",
    "is_frozen",
    "link_ports",
    "project_links",
    "register_served_product",
    "save_contract",
]
