"""The output ports of a product, as its pages show them."""

from dataclasses import dataclass
from datetime import datetime

from catalog.contracts.models import (
    DataContract,
    Server,
    contract_of,
    last_good_check,
    ports_of,
)
from catalog.contracts.projection import PROBED_TYPES
from catalog.ports.models import CONFIRMED, READ, OutputPort
from catalog.products.models import DataProduct
from catalog.web.products.snippets import Snippet, server_snippets


@dataclass(frozen=True)
class PortRow:
    """An output port with its contract and its servers."""

    port: OutputPort
    contract: DataContract | None
    servers: list[Server]

    @property
    def snippets(self) -> list[Snippet]:
        return server_snippets(self.servers)

    @property
    def verdict(self) -> str:
        """Return "met" if the last probe was good, "breached" if not, "no_data" without one."""
        good_at = last_good_check(self.port, self.servers)
        if self.is_confirmed and good_at:
            return "met"
        is_other = self.port.last_good_at is not None and good_at is None
        if not self.port.last_probed_at or is_other:
            return "no_data"
        return "met" if good_at and good_at >= self.port.last_probed_at else "breached"

    @property
    def checked_at(self) -> datetime | None:
        return self.port.last_good_at if self.is_confirmed else self.port.last_probed_at

    @property
    def is_confirmed(self) -> bool:
        return self.port.last_outcome == CONFIRMED

    @property
    def takes_uploads(self) -> bool:
        """Return True if the next file of the port can be uploaded."""
        return not self.servers or self.servers[0].type == "local"

    @property
    def is_read(self) -> bool:
        """Return True if Assay has read the tables of the port, which it does not probe."""
        return self.port.last_outcome == READ

    @property
    def can_be_confirmed(self) -> bool:
        """Return True if Assay cannot check any server of the port."""
        types = {server.type for server in self.servers}
        return bool(types) and types.isdisjoint(PROBED_TYPES)


def port_rows(product: DataProduct) -> list[PortRow]:
    rows = []
    for port in ports_of(product):
        contract = contract_of(port)
        rows.append(PortRow(port, contract, list(contract.servers.all()) if contract else []))
    return rows
