"""What a publication would be: its changes, the version that they ask for, and what they break."""

from dataclasses import dataclass

from catalog.authorization.access import AccessContext
from catalog.products.changes import Change, ChangeClass, greatest_class
from catalog.products.models import DataProduct
from catalog.publication.changes import Release
from catalog.publication.contents import (
    compare_with_version,
    consumers_of,
    notice_until,
    port_contracts_of,
)
from catalog.publication.models import ProductVersion
from catalog.publication.versions import is_later, next_version
from catalog.types import JSONObject

MAX_STORED = 500
RELEASE_CLASSES = {
    ChangeClass.BREAKING: "major",
    ChangeClass.COMPATIBLE: "minor",
    ChangeClass.TEXT: "patch",
}


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


def count_unpublished(product: DataProduct) -> int:
    """Return how many changes of what people edit are not published; of a working copy at least 1.

    A change that no port shows, such as that of a contract that no port serves, is one too.
    """
    return max(1, len(plan_release(product).release.changes)) if product.is_working_copy else 0


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


def stored_changes(version: ProductVersion) -> list[Change]:
    return [
        Change(entry["location"], ChangeClass[entry["change_class"].upper()], entry["message"])
        for entry in version.changes
    ]


def describe_release(product: DataProduct, access: AccessContext) -> JSONObject:
    """Return a publication of what people edit as JSON, with the consumers that a reader may see.

    The list of changes is cut after MAX_STORED, `change_count` counts all.
    """
    plan = plan_release(product)
    changes = plan.release.changes
    return {
        "last_version": plan.last.version if plan.last else None,
        "version": product.version,
        "proposed_version": plan.proposed_version,
        "release_class": plan.release_class,
        "change_count": len(changes),
        "changes": [change.as_json() for change in changes[:MAX_STORED]],
        "breaks": [str(port) for port in plan.release.breaks],
        "notice_until": notice_until().isoformat(),
        "consumers": [
            {
                "product": str(consumer.product.uuid),
                "path": consumer.product.path,
                "name": consumer.product.name,
                "input_port": consumer.input_port.name,
                "input_port_version": consumer.input_port.version,
            }
            for consumer in consumers_of(product, access, contracts=plan.affected_contracts)
        ],
    }
