"""What is wrong with the quality rules of a product that is to be published."""

from collections.abc import Iterator
from dataclasses import replace

from catalog.contracts.models import contract_of, ports_of
from catalog.issues import Issue
from catalog.products.models import DataProduct
from catalog.publication.facts import ProductFacts
from governance.inspection.services.values import source_server
from governance.quality.odcs import compile_contract


def rule_issues(product: ProductFacts) -> Iterator[Issue]:
    """Yield each wrong rule of a contract that a port serves, as a gate of publication.

    A rule that cannot be compiled would never be checked, whatever its contract says. Rules that
    are text, or of a tool that Assay does not know, are no issue; SQL is parsed where it runs.
    """
    row = DataProduct.including_working_copies.get(pk=product.product_id)
    checked = set()
    for port in ports_of(row):
        contract = contract_of(port)
        if port.is_deprecated or contract is None or contract.pk in checked:
            continue
        checked.add(contract.pk)
        for issue in compile_contract(contract.tree, source_server(contract)).issues:
            yield replace(
                issue,
                code="quality-rule",
                location=f"contracts.{contract.identifier}.{contract.version}{issue.location}",
                message=f"A quality rule of {contract.identifier} {contract.version} is wrong:"
                f" {issue.message}",
            )
