"""Opens the ports of other products that rules refer to, as far as their data may be used so."""

from django.core.exceptions import ValidationError
from django.db.models import Q

from catalog.contracts.models import Server, contract_of
from catalog.ports.models import OutputPort
from catalog.products.models import Status
from governance.inspection.services.values import value_rules
from governance.quality.rules import QualityRule, ReferencedPort
from governance.quality.services.reading import PORTS
from governance.sandbox.check_runner import CHECKED_TYPES

# A product is named by its id, the id of its document, or domain/slug.
LIVE = (Status.PUBLISHED, Status.DEPRECATED)


class ReferenceClosed(Exception):
    """The data that a rule refers to may not be used, or does not exist; a sentence for pages."""


def reference_server(port: OutputPort, rule: QualityRule) -> Server:
    """Return the server of the port that a rule of another port refers to.

    A rule could show its author which values occur there. So its product is of the same
    domain, or values of the columns may be shown to everybody. Raises ReferenceClosed, with the
    same sentence if there is no such port.
    """
    assert rule.reference is not None
    other, reference = _port(rule.reference), rule.check.reference if rule.check else None
    name = f"{rule.reference.product}, port {rule.reference.port}"
    if other is None or reference is None or not _is_open(other, port, reference.columns):
        raise ReferenceClosed(
            f"{name} does not exist, or its values may not be used: it needs to be of the same"
            " domain, or public with columns that are not classified."
        )
    contract = contract_of(other)
    server = contract.servers.filter(type__in=CHECKED_TYPES).first() if contract else None
    if server is None:
        raise ReferenceClosed(f"{name} has no file or database that can be read.")
    return server


def _port(reference: ReferencedPort) -> OutputPort | None:
    """Return the newest version of the named port of a live product."""
    product, ports = reference.product, PORTS.filter(name=reference.port)
    domain, _, slug = product.partition("/")
    addresses = Q(product__document_id=product) | Q(
        product__domain__slug=domain, product__slug=slug
    )
    try:
        rows = ports.filter(addresses | Q(product__uuid=product))
        newest = rows.filter(product__status__in=LIVE).order_by("-pk").first()
    except ValidationError:
        newest = ports.filter(addresses, product__status__in=LIVE).order_by("-pk").first()
    return newest


def _is_open(other: OutputPort, port: OutputPort, columns: tuple[str, ...]) -> bool:
    if other.product.domain_id == port.product.domain_id:
        return True
    rules = value_rules(other)
    tables = list(rules.classifications)
    return bool(tables) and all(
        any(rules.allow(table, column, is_only_table=True) for table in tables)
        for column in columns
    )
