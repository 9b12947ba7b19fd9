"""What is wrong with the quality rules of a product that is to be published."""

from collections.abc import Iterator
from dataclasses import replace

from catalog.contracts.models import DataContract
from catalog.issues import Issue
from catalog.ports.models import OutputPort
from catalog.publication.facts import ProductFacts
from governance.inspection.services.values import source_server
from governance.quality.odcs import compile_contract


def rule_issues(product: ProductFacts) -> Iterator[Issue]:
    """Yield each wrong rule of a contract that a port serves, as a gate of publication.

    A rule that cannot be compiled would never be checked, whatever its contract says. Rules that
    are text, or of a tool that Assay does not know, are no issue; SQL is parsed where it runs.
    """
    ports = OutputPort.objects.filter(product=product.product_id, is_deprecated=False)
    contracts = DataContract.objects.filter(port_contracts__port__in=ports)
    # A join and DISTINCT would compare whole trees.
    for contract in {contract.pk: contract for contract in contracts.order_by("pk")}.values():
        for issue in compile_contract(contract.tree, source_server(contract)).issues:
            yield replace(
                issue,
                code="quality-rule",
                location=f"contracts.{contract.identifier}.{contract.version}{issue.location}",
                message=f"A quality rule of {contract.identifier} {contract.version} is wrong:"
                f" {issue.message}",
            )
