"""The ports that a command works on, as its arguments name them."""

from argparse import ArgumentParser
from collections.abc import Sequence

from django.core.management.base import CommandError
from django.db.models import QuerySet

from catalog.ports.models import OutputPort


def add_port_arguments(parser: ArgumentParser, *, all_help: str) -> None:
    parser.add_argument("products", nargs="*", metavar="PRODUCT", help="domain/slug")
    parser.add_argument("--due", action="store_true", help="only ports whose turn has come")
    parser.add_argument("--all", action="store_true", help=all_help)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--as", dest="person", metavar="USERNAME", help="act as this person")


def choose_ports(
    ports: QuerySet[OutputPort], products: Sequence[str], *, is_due: bool, is_all: bool, what: str
) -> Sequence[OutputPort]:
    """Return those of `ports` that are in the named products; with none named, all of them.

    Raises CommandError if nothing is named, or a product has no such port: `what` names one.
    """
    if not (products or is_due or is_all):
        raise CommandError("Name products as domain/slug, or give --due or --all.", returncode=2)
    ports = ports.select_related("product__domain").order_by("pk")
    if not products:
        return list(ports)
    chosen: list[OutputPort] = []
    for address in products:
        domain, _, slug = address.partition("/")
        of_product = ports.filter(product__domain__slug=domain, product__slug=slug)
        if not (is_due or of_product.exists()):
            raise CommandError(f"There is no port with {what} in {address}.", returncode=2)
        chosen += of_product
    return chosen


def address_of(port: OutputPort) -> str:
    return f"{port.product.domain.slug}/{port.product.slug}"


def name_of(port: OutputPort) -> str:
    return f"{address_of(port)}:{port}"
