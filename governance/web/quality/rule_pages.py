"""The page on which editors write the quality rules of one table of a contract."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.products.models import DataProduct
from catalog.types import FormValues, JSONObject
from catalog.web.contracts.views import ContractPage, ContractView
from catalog.web.products.editing import TableView
from governance.inspection.declarations import nested_nodes, physical_name
from governance.quality.editing import EditedTable, apply_rules, rows_of
from governance.quality.odcs import compile_contract
from governance.web.quality.rule_forms import KINDS, Kind, RulesForm, field_of


@dataclass(frozen=True, kw_only=True)
class RulesPage(ContractPage):
    """`others` are the rules that no row can show; they stay as they are."""

    name: str
    number: int
    columns: Sequence[str]
    kinds: Sequence[Kind]
    others: Sequence[str]


class Rules(TableView, ContractView):
    """The quality rules of a table and of its columns."""

    title = _("Quality rules")
    form_class = RulesForm
    template_name = "governance/quality/rules.html"
    shows_stored = True

    def get_initial(self) -> FormValues:
        placed = [rule for rule in rows_of(self.table()) if rule.row is not None]
        return {
            "rows": [asdict(rule.row) | {"pointer": rule.pointer} for rule in placed if rule.row]
        }

    def save_form(self, form: RulesForm) -> DataProduct:
        """Save the contract with the rules. Raises ValidationFailed at the row that is wrong."""
        edits = form.edits()
        edited = apply_rules(self.table(), edits)
        issues = [issue_at(number, issue.location, issue) for number, issue in edited.issues]
        changed = {
            number
            for number, row in enumerate(form.rows.forms)
            if row.is_filled and (row.edited() or not row.stored)
        }
        issues += [issue for number, issue in self.compiled_issues(edited) if number in changed]
        if issues:
            raise ValidationFailed(issues)
        return self.put_table(edited.tree, form)

    def compiled_issues(self, edited: EditedTable) -> Iterator[tuple[int, Issue]]:
        """Yield what keeps the rules from being run, with the number of their row."""
        tables = list(self.contract().tree.get("schema") or [])
        tables[self.number] = edited.tree
        tree: JSONObject = self.contract().tree | {"schema": tables}
        start = f"/schema/{self.number}"
        for issue in compile_contract(tree, {}).issues:
            for pointer, number in edited.pointers.items():
                place = f"{start}{pointer}"
                if f"{issue.location}/".startswith(f"{place}/"):
                    member = issue.location.removeprefix(place).removeprefix("/")
                    yield number, issue_at(number, field_of(member), issue)

    def get_success_url(self) -> str:
        return self.url("product_rules", self.uuid, self.number)

    def get_page(self, form: Any) -> RulesPage:
        table = self.table()
        others = [placed.rule for placed in rows_of(table) if placed.row is None]
        return RulesPage(
            frame=self.frame(form),
            contract=self.contract(),
            name=str(table.get("name") or ""),
            number=self.number,
            columns=[physical_name(node) for node in nested_nodes(table)],
            kinds=KINDS,
            others=[_text_of(rule) for rule in others],
        )


def issue_at(number: int, name: str, issue: Issue) -> Issue:
    """Return an issue at a field of a row."""
    return replace(issue, location=f"rows/{number}/{name}")


def _text_of(rule: JSONObject) -> str:
    """Return what people read of a rule that the form does not edit."""
    names = ("description", "name", "metric", "engine", "id")
    return next((str(rule[name]) for name in names if rule.get(name)), str(_("rule without text")))
