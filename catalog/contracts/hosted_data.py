"""The data of a port that Assay serves itself: who may read it, and the open file."""

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from django.conf import settings

from catalog.authorization.access import AccessContext
from catalog.authorization.values import ValueRules, is_open_classification
from catalog.contracts.models import DataContract, SchemaProperty, Server, contract_of
from catalog.domains.folders import folders_of
from catalog.exceptions import CatalogError, NotFound
from catalog.ports.file_formats import MEDIA_TYPES
from catalog.ports.files import OutsideFolder, open_in_folders
from catalog.ports.models import OutputPort
from catalog.ports.uploads import is_hosted
from catalog.products.models import DataProduct, Status

GATEWAY = "The gateway will serve it once there is one."


class DataNotServed(CatalogError):
    """The reader may know of the port, but its data is not served here."""

    code = "data-not-served"


@dataclass(frozen=True, kw_only=True)
class HostedData:
    """The file that a port serves, open for reading; the caller closes it."""

    file: BinaryIO
    format: str
    name: str

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.format]


def open_data(port: OutputPort, access: AccessContext) -> HostedData:
    """Open the data of a port for a reader of its product.

    Raises NotFound (the product or the file), DataNotServed (with the reason).
    """
    if not access.can_read(port.product):
        raise NotFound("There is no such port.")
    server = hosted_server(port)
    if reason := reason_not_served(port):
        raise DataNotServed(reason, hint=GATEWAY)
    if server is None:
        raise DataNotServed("The data of this port is not kept here.", hint=GATEWAY)
    domain_id = port.product.domain_id
    try:
        descriptor = open_in_folders(
            server.location,
            root=Path(settings.ASSAY_FILES_ROOT),
            folders=folders_of([domain_id])[domain_id],
        )
    except (OSError, OutsideFolder) as error:
        raise NotFound("The file of this port is missing.") from error
    name = PurePosixPath(server.location).name
    return HostedData(file=os.fdopen(descriptor, "rb"), format=server.format, name=name)


def hosted_server(port: OutputPort) -> Server | None:
    """Return the server of a port's contract that names an upload to its own product."""
    contract = contract_of(port)
    for server in contract.servers.all() if contract else ():
        is_file = server.type == "local" and server.format in MEDIA_TYPES
        if is_file and is_hosted(server.location, port.product.uuid):
            return server
    return None


def served_ports(ports: Iterable[OutputPort]) -> dict[int, str]:
    """Return the formats of the ports whose data is served here, by key.

    One statement, if the ports have their products, contracts and servers.
    """
    hosted = {port: server for port in ports if (server := hosted_server(port))}
    contracts = {server.contract_id for server in hosted.values()}
    columns = SchemaProperty.objects.filter(schema_object__contract__in=contracts)
    keys = ("schema_object__contract", "classification")
    classes: dict[int, set[str]] = {contract: set() for contract in contracts}
    for contract, classification in columns.order_by().values_list(*keys).distinct():
        classes[contract].add(classification)
    return {
        port.pk: server.format
        for port, server in hosted.items()
        if not _reason_of_product(port.product)
        and not _reason_of_classes(classes[server.contract_id])
    }


def reason_not_served(port: OutputPort) -> str:
    """Return why the data of a port is served to nobody here; empty if it is served.

    It is where the product is published, public and not sensitive, and no column is classified.
    """
    return _reason_of_product(port.product) or _reason_of_schema(contract_of(port))


def _reason_of_product(product: DataProduct) -> str:
    if product.status not in (Status.PUBLISHED, Status.DEPRECATED):
        return f"This product is {product.status}, so its data is not served."
    rules = ValueRules(
        visibility=product.visibility, sensitivity=product.sensitivity, classifications={}
    )
    if not rules.is_open:
        return "Only data of public products whose sensitivity is public is served here."
    return ""


def _reason_of_schema(contract: DataContract | None) -> str:
    columns = SchemaProperty.objects.filter(schema_object__contract=contract)
    classes = set(columns.order_by().values_list("classification", flat=True).distinct())
    return _reason_of_classes(classes if contract else set())


def _reason_of_classes(classes: Collection[str]) -> str:
    if not classes:
        return "The contract declares no columns, so it is not known whether one is classified."
    if not all(map(is_open_classification, classes)):
        return "The contract classifies a column, and data with classified columns is not served."
    return ""
