"""The output ports of a product, as its pages show them."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from django.urls import reverse

from catalog.contracts.hosted_data import hosted_server, reason_not_served
from catalog.contracts.models import (
    DataContract,
    Server,
    contract_of,
    last_good_check,
    ports_of,
)
from catalog.ports.models import CONFIRMED, READ, OutputPort
from catalog.products.models import DataProduct
from catalog.web.products.snippets import Snippet, data_snippets, server_snippets


@dataclass(frozen=True)
class PortRow:
    """An output port with its contract and its servers.

    `upload` is the server with a file that Assay has; `data_url` serves it, unless a `data_reason`
    says why not.
    """

    port: OutputPort
    contract: DataContract | None
    servers: list[Server]
    upload: Server | None = None
    data_url: str = ""
    data_reason: str = ""

    @property
    def snippets(self) -> list[Snippet]:
        others = [server for server in self.servers if server is not self.upload]
        served = data_snippets(self.data_url, self.upload.format) if self.upload else []
        return [*(served if self.data_url else []), *server_snippets(others)]

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
        return bool(self.servers) and not any(server.is_probed for server in self.servers)


def port_rows(product: DataProduct, origin: str = "") -> list[PortRow]:
    """Return the ports of a product; with an origin also where Assay serves their data."""
    rows, ports = [], ports_of(product)
    names = Counter(port.name for port in ports)
    for port in ports:
        contract = contract_of(port)
        servers = list(contract.servers.all()) if contract else []
        row = PortRow(port, contract, servers)
        upload = hosted_server(port) if origin else None
        if upload is not None and (reason := reason_not_served(port)):
            row = replace(row, upload=upload, data_reason=reason)
        elif upload is not None:
            route = {"uuid": product.uuid, "port": port.name}
            version = f"?version={quote(port.version)}" if names[port.name] > 1 else ""
            url = f"{origin}{reverse('api:port_data', kwargs=route)}{version}"
            row = replace(row, upload=upload, data_url=url)
        rows.append(row)
    return rows
