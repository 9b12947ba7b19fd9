"""Proposes rules from what the readings of a source had in common, and adds accepted ones."""

from collections.abc import Iterator
from itertools import islice

from catalog.authorization.access import Writer, require_permission
from catalog.contracts.models import contract_of
from catalog.contracts.services import save_edited_contract
from catalog.exceptions import NotFound, ValidationFailed
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.ports.services import edited_port, published_port
from catalog.products.models import DataProduct
from governance.inspection.models import Inspection
from governance.inspection.services.values import source_digest, source_server, value_rules
from governance.quality.editing import RuleEdit, apply_rules
from governance.quality.proposals import RuleProposal, propose_rules

MAX_PROPOSALS = 50


def proposals_of(port: OutputPort) -> list[RuleProposal]:
    """Return what is proposed for the contract of a port as people edit it now, at most 50 rules.

    For editors of the product only: the sentences may name values.
    """
    return list(islice(_proposals(port), MAX_PROPOSALS))


def add_proposed_rule(*, port: OutputPort, key: str, edition: int, actor: Writer) -> DataProduct:
    """Write a proposed rule into the contract that people edit; return the edited product.

    Raises PermissionDenied, EditConflict, NotFound (the port was removed in the working copy) and
    ValidationFailed: the rule is not proposed any more.
    """
    require_permission(actor, Permission.EDIT_PRODUCTS, port.product.domain)
    proposal = next((item for item in _proposals(port) if item.key == key), None)
    edited = edited_port(port)
    contract = contract_of(edited)
    if proposal is None or contract is None:
        message = "This rule is not proposed any more."
        raise ValidationFailed.of("key", message, "Load the proposals again.")
    tables = list(contract.tree["schema"])
    changed = apply_rules(tables[proposal.number], [RuleEdit(pointer="", row=proposal.row)])
    if changed.issues:
        raise ValidationFailed([issue for _, issue in changed.issues])
    tables[proposal.number] = changed.tree
    _, product = save_edited_contract(
        product=edited.product,
        contract=contract,
        tree=contract.tree | {"schema": tables},
        edition=edition,
        actor=actor,
    )
    return product


def _proposals(port: OutputPort) -> Iterator[RuleProposal]:
    """Yield what the readings propose, unless the contract names another source now."""
    try:
        ports = {row.pk: row for row in (published_port(port) or port, edited_port(port))}
    except NotFound:
        return
    contract = contract_of(list(ports.values())[-1])
    source = source_digest(contract) if contract else ""
    inspections = Inspection.objects.filter(port__in=ports, facts_source=source)
    inspection = inspections.only("facts").order_by("-observed_at").first() if source else None
    if contract is None or inspection is None:
        return
    facts, rules = inspection.table_facts, [value_rules(row) for row in ports.values()]

    def may_show(table: str, column: str) -> bool:
        is_only = len(facts) == 1
        return all(rule.allow(table, column, is_only_table=is_only) for rule in rules)

    yield from propose_rules(contract.tree, source_server(contract), facts, may_show=may_show)
