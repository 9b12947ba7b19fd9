"""Plans how groups are measured in ports of the demo, and measures each of them once."""

from collections.abc import Iterator

from catalog.manifests.readers import read_documents
from catalog.ports.models import OutputPort
from catalog.products.services import edited_version
from catalog.types import JSONObject
from config.demo.paths import DEMO
from config.demo.people import LOADER, product_at
from governance.representation.services import latest_run, measure_port, save_plan


def load_plans() -> Iterator[str]:
    """Save the plans and measure what was never measured; yield the address of each port."""
    path = DEMO / "representation.yaml"
    for document in read_documents(path.read_bytes(), name=path.name):
        address, plan = document.tree["port"], document.tree["plan"]
        port = port_at(address)
        edition = edited_version(port.product).edition
        save_plan(port=port, body=_with_ids(plan), edition=edition, actor=LOADER)
        if latest_run(port) is None:
            measure_port(port=port, actor=LOADER)
        yield address


def port_at(address: str) -> OutputPort:
    """Return a port by `<domain>/<product>:<port>`."""
    product, _, name = address.partition(":")
    ports = OutputPort.objects.select_related("product__domain")
    return ports.get(product=product_at(product), name=name)


def _with_ids(plan: JSONObject) -> JSONObject:
    """Return a plan in which references name the ids of ports."""
    attributes = []
    for attribute in plan["attributes"]:
        reference = attribute.get("reference") or {}
        if "port" in reference:
            reference = reference | {"port": port_at(reference["port"]).pk}
            attribute = attribute | {"reference": reference}
        attributes.append(attribute)
    return plan | {"attributes": attributes}
