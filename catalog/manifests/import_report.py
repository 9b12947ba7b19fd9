"""What happened to a manifest's products, as commands, pages and the API report it; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from catalog.issues import Issue
from catalog.manifests.issues import DocumentIssue
from catalog.manifests.plan import Action
from catalog.products.projection import DOCUMENT_SYSTEM
from catalog.types import JSONObject

MAX_LINES = 40


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What happened to one product and its contracts, and why.

    `losses` are what the source says and is not kept, by JSON Pointer in the source; none of
    documents of ours. `release` is what changes in a published product, as `describe_release`
    returns it.
    """

    name: str
    file: str
    identifier: str
    action: Action
    reason: str
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    findings: tuple[Issue, ...] = ()
    issues: tuple[DocumentIssue, ...] = ()
    format: str = ""
    losses: tuple[Issue, ...] = ()
    address: str = ""
    path: str = ""
    uuid: str = ""
    status: str = ""
    release: JSONObject | None = None

    @property
    def is_blocked(self) -> bool:
        """Return True if a valid product was not imported as asked: a conflict or a refusal."""
        return self.action in (Action.CONFLICT, Action.REFUSED) or bool(self.findings)

    @property
    def is_converted(self) -> bool:
        """Return True if its documents were made from another format."""
        return self.format not in ("", DOCUMENT_SYSTEM)

    @property
    def release_lines(self) -> list[str]:
        """Return what changes for consumers as lines of text; none of a product never published."""
        if self.release is None or not self.release["change_count"]:
            return []
        release = self.release
        first = f"{release['release_class']} release since {release['last_version']}"
        lines = [f"{first}: the changes ask for version {release['proposed_version']}"]
        lines += [f"{change['change_class']}: {change['message']}" for change in release["changes"]]
        lines += [f"consumer: {consumer['path']}" for consumer in release["consumers"]]
        return lines[:MAX_LINES]

    def as_json(self) -> JSONObject:
        return {
            "name": self.name,
            "id": self.identifier,
            "uuid": self.uuid,
            "address": self.address,
            "status": self.status,
            "file": self.file,
            "format": self.format,
            "action": self.action.value,
            "reason": self.reason,
            "changes": list(self.changes),
            "notes": list(self.notes),
            "release": self.release,
            "losses": [
                {"location": loss.location, "message": loss.message} for loss in self.losses
            ],
            "findings": [finding.as_json() for finding in self.findings],
            "problems": [issue.as_json() for issue in self.issues],
        }


class HasAction(Protocol):
    @property
    def action(self) -> Action: ...


def count_actions(results: Iterable[HasAction]) -> dict[str, int]:
    """Return the number of results by action, every action included."""
    counts = Counter(result.action for result in results)
    return {action.value: counts[action] for action in Action}


@dataclass
class ImportReport:
    """All results of an import, and the issues of documents that belong to no product."""

    results: list[ImportResult] = field(default_factory=list)
    issues: list[DocumentIssue] = field(default_factory=list)

    @classmethod
    def of(cls, items: Iterable[ImportResult | DocumentIssue]) -> ImportReport:
        report = cls()
        for item in items:
            report.add(item)
        return report

    def add(self, item: ImportResult | DocumentIssue) -> None:
        if isinstance(item, ImportResult):
            self.results.append(item)
        else:
            self.issues.append(item)

    @property
    def counts(self) -> dict[str, int]:
        return count_actions(self.results)

    @property
    def all_issues(self) -> list[DocumentIssue]:
        return [*self.issues, *(issue for result in self.results for issue in result.issues)]

    @property
    def has_errors(self) -> bool:
        is_invalid = any(result.action is Action.INVALID for result in self.results)
        return is_invalid or any(issue.is_error for issue in self.issues)

    @property
    def has_blocked(self) -> bool:
        return any(result.is_blocked for result in self.results)

    @property
    def exit_code(self) -> int:
        """Return 2 for bad input, 1 for findings and refusals, 0 if everything went well."""
        return 2 if self.has_errors else 1 if self.has_blocked else 0

    def as_json(self) -> JSONObject:
        return {
            "counts": self.counts,
            "products": [result.as_json() for result in self.results],
            "problems": [issue.as_json() for issue in self.issues],
        }
