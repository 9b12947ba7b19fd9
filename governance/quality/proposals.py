"""Rules that a contract lacks and that every reading of its source would have passed; pure."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal

from catalog.types import JSONObject
from governance.inspection.declarations import nested_nodes, physical_name
from governance.inspection.matching import match_tables
from governance.quality.drafts import RuleProblem
from governance.quality.editing import RuleRow, write_rule
from governance.quality.odcs import compile_contract, tables_in
from governance.sandbox.checks import Check
from governance.sandbox.profile_facts import TableFacts, propose_checks


@dataclass(frozen=True, kw_only=True)
class RuleProposal:
    """A rule that a contract may get; `number` is that of its table in the contract.

    `table` and `column` are named as in the source. `rule` is what is written, `row` the same for
    the form. `reason` is a sentence that names the readings it is based on.
    """

    number: int
    table: str
    column: str
    row: RuleRow
    rule: JSONObject
    reason: str
    n_readings: int

    @property
    def key(self) -> str:
        """Return what names this rule only, so that nobody adds one that they did not see."""
        content = repr((self.table, astuple(self.row)))
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def propose_rules(
    tree: Mapping[str, object],
    server: JSONObject,
    facts: Sequence[TableFacts],
    *,
    may_show: Callable[[str, str], bool],
) -> Iterator[RuleProposal]:
    """Yield the rules that facts propose for declared columns, and that are not checked yet.

    A rule of the same kind is the same, whatever its limit. `may_show` says of table and column in
    the source whether its values may be shown: others get no rule that names values.
    """
    checked = {
        (rule.location.split("/")[2], rule.columns[0].casefold(), rule.kind)
        for rule in compile_contract(tree, server).rules
        if rule.location.startswith("/schema/") and len(rule.columns) == 1
    }
    tables = list(tables_in(tree, server))
    observed = match_tables([place.table for place, _ in tables], facts)
    for place, node in tables:
        if (table := observed.get(place.table)) is None:
            continue
        number = place.location.split("/")[2]
        # Of an object each member is a column; the facts are of the whole.
        plain = {physical_name(item) for item in nested_nodes(node) if not nested_nodes(item)}
        for proposed in propose_checks(table):
            check, [column] = proposed.check, proposed.check.columns
            if column not in plain or (number, column.casefold(), check.kind) in checked:
                continue
            names_values = check.kind in ("allowed_values", "range")
            if names_values and not may_show(table.name, column):
                continue
            row = RuleRow(kind=check.kind, columns=column, details=_details(check))
            if (rule := _written(row, check)) is not None:
                yield RuleProposal(
                    number=int(number),
                    table=table.name,
                    column=column,
                    row=row,
                    rule=rule,
                    reason=proposed.reason,
                    n_readings=proposed.n_readings,
                )


def _details(check: Check) -> str:
    if check.kind == "range":
        return f"{check.minimum} to {check.maximum or ''}".strip()
    return ", ".join(check.allowed or ())


def _written(row: RuleRow, check: Check) -> JSONObject | None:
    """Return the rule that the form writes for a row; None if that differs from the check.

    A value with a comma, or a number of more digits than a float has, is not written in a row.
    """
    try:
        _, rule = write_rule(row, None, check.columns)
    except RuleProblem:
        return None
    if check.allowed is not None:
        is_same = rule["arguments"]["validValues"] == list(check.allowed)
        return rule if is_same else None
    bounds = ((check.minimum, "minimum"), (check.maximum, "maximum"))
    for bound, name in bounds:
        if bound is not None and Decimal(str(rule["implementation"][name])) != Decimal(bound):
            return None
    return rule
