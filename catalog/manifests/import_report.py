"""What became of a manifest's products, as commands, pages and the API report it; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from catalog.issues import Issue
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.plan import Action

_STOPPED = (Action.CONFLICT, Action.REFUSED)


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What became of one product and its contracts, and why."""

    name: str
    file: str
    identifier: str
    action: Action
    reason: str
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[Issue, ...] = ()
    problems: tuple[DocumentIssue, ...] = ()
    address: str = ""
    path: str = ""
    uuid: str = ""
    status: str = ""

    @property
    def is_blocked(self) -> bool:
        """Say whether something good enough to read was not done: a conflict, a gate, a right."""
        return self.action in _STOPPED or bool(self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return it as the API and `--json` say it."""
        return {
            "name": self.name,
            "id": self.identifier,
            "uuid": self.uuid,
            "address": self.address,
            "status": self.status,
            "file": self.file,
            "action": self.action.value,
            "reason": self.reason,
            "changes": list(self.changes),
            "notes": list(self.notes),
            "findings": [_finding(finding) for finding in self.findings],
            "problems": [problem.as_json() for problem in self.problems],
        }


@dataclass
class Report:
    """All landings of an import, and the problems of documents that belong to no product."""

    landings: list[ImportResult] = field(default_factory=list)
    problems: list[DocumentIssue] = field(default_factory=list)

    @classmethod
    def of(cls, items: Iterable[ImportResult | DocumentIssue]) -> Report:
        """Return the report of what an import yields."""
        report = cls()
        for item in items:
            report.add(item)
        return report

    def add(self, item: ImportResult | DocumentIssue) -> None:
        """Take one more landing or problem in."""
        if isinstance(item, ImportResult):
            self.landings.append(item)
        else:
            self.problems.append(item)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many products each action took, every action named."""
        found = Counter(landing.action.value for landing in self.landings)
        return {action.value: found[action.value] for action in Action}

    @property
    def all_problems(self) -> list[DocumentIssue]:
        """Return the problems of all documents."""
        return [*self.problems, *(p for landing in self.landings for p in landing.problems)]

    @property
    def has_errors(self) -> bool:
        """Say whether a document could not be read or does not hold together."""
        is_invalid = any(landing.action is Action.INVALID for landing in self.landings)
        return is_invalid or any(problem.is_error for problem in self.problems)

    @property
    def has_refusals(self) -> bool:
        """Say whether something readable was not done."""
        return any(landing.is_blocked for landing in self.landings)

    @property
    def exit_code(self) -> int:
        """Return 2 for bad input, 1 for findings and refusals, 0 where all went well."""
        return 2 if self.has_errors else 1 if self.has_refusals else 0

    def as_json(self) -> dict[str, Any]:
        """Return it as the API and `--json` say it."""
        return {
            "counts": self.counts,
            "products": [landing.as_json() for landing in self.landings],
            "problems": [problem.as_json() for problem in self.problems],
        }


def _finding(finding: Issue) -> dict[str, str]:
    return {
        "code": finding.code,
        "location": finding.location,
        "message": finding.message,
        "severity": finding.severity,
        "hint": finding.hint,
    }
