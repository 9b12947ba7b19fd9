"""Export the objectives of products as OpenSLO."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.manifests.formats.openslo.exporting import export
from catalog.manifests.openslo_facts import service_facts
from catalog.manifests.serializers import yaml_stream
from catalog.products.models import DataProduct


class Command(BaseCommand):
    """Print one stream of YAML; what it loses goes to the error output."""

    help = (
        "Print the objectives and service levels of products as OpenSLO v1, losses as warnings. "
        "Example: manage.py export_openslo sales/orders > orders.openslo.yaml"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("product", nargs="+", metavar="DOMAIN/SLUG")

    def handle(self, **options: Any) -> None:
        for address in options["product"]:
            domain, _, slug = address.partition("/")
            product = (
                DataProduct.objects.select_related("domain")
                .filter(domain__slug=domain, slug=slug)
                .first()
            )
            if product is None:
                raise CommandError(f"There is no product {address}.")
            exported = export(service_facts(product))
            self.stdout.write(yaml_stream(exported.documents), ending="")
            for loss in exported.losses:
                self.stderr.write(f"{address} {loss.location}: {loss.message}")
