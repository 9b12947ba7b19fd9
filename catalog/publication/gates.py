"""What is asked before a product is published: the gates, and their findings; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from catalog.exceptions import CatalogError
from catalog.publication.facts import ProductFacts


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a rule says of a product; `where` names the field, `fix` the way to mend it."""

    code: str
    where: str
    message: str
    severity: str = "blocking"
    fix: str = ""

    @property
    def is_blocking(self) -> bool:
        """Say whether the finding alone stops a publication."""
        return self.severity == "blocking"


class PublicationRefused(CatalogError):
    """A gate found something that blocks; `findings` holds all, blocking or not."""

    code = "publication-refused"

    def __init__(self, findings: Sequence[Finding]) -> None:
        blocking = [finding for finding in findings if finding.is_blocking]
        super().__init__(
            f"The product cannot be published yet: {len(blocking)} to mend.",
            way_out="Mend each finding, then publish again.",
        )
        self.findings = tuple(findings)


Gate = Callable[[ProductFacts], Iterable[Finding]]
_gates: dict[str, Gate] = {}


def register_gate(name: str, gate: Gate) -> None:
    """Have a gate asked before every publication."""
    _gates[name] = gate


def ask_gates(product: ProductFacts) -> list[Finding]:
    """Return what all gates find, in order of registration."""
    return [finding for gate in _gates.values() for finding in gate(product)]
