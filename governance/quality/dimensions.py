"""The dimensions of data quality, and what each of them says; pure."""

from enum import StrEnum


class Dimension(StrEnum):
    """The dimensions of the DAMA Guide to data quality, in the order in which pages list them."""

    COMPLETENESS = "completeness"
    UNIQUENESS = "uniqueness"
    VALIDITY = "validity"
    CONSISTENCY = "consistency"
    ACCURACY = "accuracy"
    TIMELINESS = "timeliness"


DEFINITIONS = {
    Dimension.COMPLETENESS: "Values and rows that must be there are there.",
    Dimension.UNIQUENESS: "No thing is recorded more than once.",
    Dimension.VALIDITY: "Values have the form, type and range that the contract states.",
    Dimension.CONSISTENCY: "Values agree with each other, and with the data they refer to.",
    Dimension.ACCURACY: "Values are those of a reference that is taken as true.",
    Dimension.TIMELINESS: "The newest data is as recent as it must be.",
}
# Names of ODCS that say the same in other words.
ODCS_NAMES = {"conformity": Dimension.VALIDITY, "coverage": Dimension.COMPLETENESS}


def dimension_named(name: object) -> Dimension | None:
    """Return a dimension by its name in a contract; None if it is none of them."""
    text = str(name or "").strip().casefold()
    if text in ODCS_NAMES:
        return ODCS_NAMES[text]
    return Dimension(text) if text in set(Dimension) else None
