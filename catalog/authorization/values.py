"""Whether single values of a column may be shown: decided when they are shown; pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from catalog.authorization.access import PUBLIC, AccessContext
from catalog.permissions import Permission

OPEN_CLASSIFICATIONS = frozenset({"", "none", "public"})
LOWEST_SENSITIVITY = 1


def is_open_classification(name: str) -> bool:
    """Return True if a column of this classification may be shown to all."""
    return name.strip().casefold() in OPEN_CLASSIFICATIONS


# The classifications of each column and all that is nested in it, by column and by table.
Classifications = Mapping[str, Mapping[str, Collection[str]]]


@dataclass(frozen=True, kw_only=True)
class ValueRules:
    """What a product and the contract of one port say now of the port's columns.

    Names of tables and columns are compared without case.
    """

    visibility: str
    sensitivity: int
    classifications: Classifications

    @property
    def is_open(self) -> bool:
        """Return True if values of some column may be shown."""
        return self.visibility == PUBLIC and self.sensitivity <= LOWEST_SENSITIVITY

    def allow(self, table: str, column: str, *, is_only_table: bool) -> bool:
        """Return True if values of a column may be shown: minimum, maximum, frequent ones.

        They may if the product is public and not sensitive, and the column is declared and not
        classified. The only table of a source is the one that the contract declares, whatever
        its name; of several declared ones a column has to be open in all.
        """
        if not self.is_open:
            return False
        by_name = self.classifications.get(table.casefold())
        tables = [by_name] if by_name is not None else []
        if not tables and is_only_table:
            tables = list(self.classifications.values())
        declared = [columns[key] for columns in tables if (key := column.casefold()) in columns]
        return bool(declared) and all(
            OPEN_CLASSIFICATIONS.issuperset(classes) for classes in declared
        )


def may_see_data(access: AccessContext, domain_id: int) -> bool:
    """Return True if a reader may see the data of a domain's products, and so exact small counts.

    Today these are the people who edit the domain's products (owners, stewards, contributors):
    they name its sources and its plans. Nobody else has access to data by Assay yet; once access is
    requested and granted, a grant for the data of a product says so too. A role that reads all
    drafts (governance lead, auditor, operator) does not.
    """
    return access.can(Permission.EDIT_PRODUCTS, domain_id)
