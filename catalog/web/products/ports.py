"""The output ports of a product, as its pages show them."""

from dataclasses import dataclass

from catalog.contracts.models import DataContract, Server, contract_of
from catalog.ports.models import OutputPort
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
        if not self.port.last_probed_at:
            return "no_data"
        good_at = self.port.last_good_at
        return "met" if good_at and good_at >= self.port.last_probed_at else "breached"


def port_rows(product: DataProduct) -> list[PortRow]:
    ports = product.output_ports.select_related("port_contract__contract")
    rows = []
    for port in ports.defer("port_contract__contract__tree").prefetch_related(
        "port_contract__contract__servers"
    ):
        contract = contract_of(port)
        rows.append(PortRow(port, contract, list(contract.servers.all()) if contract else []))
    return rows
