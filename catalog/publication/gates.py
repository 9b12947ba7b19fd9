"""The gates that a product passes before it is published, and their findings; pure."""

from collections.abc import Callable, Iterable, Sequence

from catalog.exceptions import CatalogError
from catalog.issues import Issue
from catalog.publication.facts import ProductFacts


class PublicationRefused(CatalogError):
    """A gate blocks the publication; `findings` are all, blocking or not."""

    code = "publication-refused"

    def __init__(self, findings: Sequence[Issue]) -> None:
        blocking = [finding for finding in findings if finding.is_error]
        super().__init__(
            f"The product cannot be published yet: {len(blocking)} to fix.",
            hint="Fix each finding, then publish again.",
        )
        self.findings = tuple(findings)


Gate = Callable[[ProductFacts], Iterable[Issue]]
_gates: dict[str, Gate] = {}


def register_gate(name: str, gate: Gate) -> None:
    _gates[name] = gate


def run_gates(product: ProductFacts) -> list[Issue]:
    return [finding for gate in _gates.values() for finding in gate(product)]
