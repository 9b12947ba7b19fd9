"""What a publication would be: its changes, the version that they ask for, and what they break."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from catalog.issues import Issue
from catalog.products.changes import Change, ChangeClass, greatest_class
from catalog.products.models import DataProduct
from catalog.publication.changes import BreakKind, PortBreak, Release
from catalog.publication.contents import (
    compare_with_version,
    notice_until,
    port_contracts_of,
)
from catalog.publication.models import ProductVersion
from catalog.publication.versions import is_later, next_major, next_version
from catalog.types import JSONObject

MAX_STORED = 500
RELEASE_CLASSES = {
    ChangeClass.BREAKING: "major",
    ChangeClass.COMPATIBLE: "minor",
    ChangeClass.TEXT: "patch",
}
BREAKING_CHANGE = "breaking-change"


@dataclass(frozen=True)
class ReleasePlan:
    """The changes of a product since its last version, which is None before the first one."""

    last: ProductVersion | None
    release: Release
    version: str

    @property
    def change_class(self) -> ChangeClass | None:
        return greatest_class(self.release.changes)

    @property
    def release_class(self) -> str:
        """Return major, minor or patch; empty for a first version."""
        if self.last is None:
            return ""
        return RELEASE_CLASSES.get(self.change_class or ChangeClass.TEXT, "patch")

    @property
    def proposed_version(self) -> str:
        """Return the version that the changes ask for, or a later one that the product has."""
        if self.last is None:
            return self.version
        proposed = next_version(self.last.version, self.change_class)
        return self.version if is_later(self.version, than=proposed) else proposed

    @property
    def affected_contracts(self) -> set[str] | None:
        """Return the contract identifiers of the ports that break or end; None if any may."""
        ports = [*self.release.breaks, *(notice.port for notice in self.release.notices)]
        return {port.contract_identifier for port in ports} if ports else None


def plan_release(product: DataProduct) -> ReleasePlan:
    last = product.published_row.versions.first()
    release = compare_with_version(last, product) if last else Release(())
    return ReleasePlan(last, release, product.version)


def version_columns(product: DataProduct, plan: ReleasePlan) -> JSONObject:
    """Return what a version keeps of its release, of a product that has its content already."""
    changes = plan.release.changes
    return {
        "release_class": plan.release_class,
        "changes": [change.as_json() for change in changes[:MAX_STORED]],
        "change_count": len(changes),
        "port_contracts": [
            {"port": name, "port_version": version, "identifier": identifier, "version": number}
            for (name, version), (identifier, number) in port_contracts_of(product).items()
        ],
    }


def break_issues(breaks: Iterable[PortBreak]) -> list[Issue]:
    """Return an issue for each port that would break at once."""
    return [_break_issue(port, notice_until()) for port in breaks]


def _break_issue(port: PortBreak, until: date) -> Issue:
    first, more = port.changes[0].message, len(port.changes) - 1
    messages = {
        BreakKind.CHANGED: f"Port {port} breaks: {first}" + (f" And {more} more." if more else ""),
        BreakKind.REMOVED: f"Port {port} is removed without a notice period.",
        BreakKind.ENDS_EARLY: first,
    }
    hints = {
        BreakKind.CHANGED: f"Publish the change as {port.name} {next_major(port.version)} and keep "
        f"{port} until {until.isoformat()}",
        BreakKind.REMOVED: f"Keep it until {until.isoformat()}",
        BreakKind.ENDS_EARLY: f"Keep it until {until.isoformat()}",
    }
    return Issue(
        code=BREAKING_CHANGE,
        location=f"outputPorts.{port.name}",
        message=messages[port.kind],
        hint=f"{hints[port.kind]}, or say why the change cannot wait.",
    )


def stored_changes(version: ProductVersion) -> list[Change]:
    return [
        Change(entry["location"], ChangeClass[entry["change_class"].upper()], entry["message"])
        for entry in version.changes
    ]
