"""The gates that a product passes before it is published, and their findings; pure."""

from collections.abc import Callable, Iterable, Sequence

from catalog.exceptions import CatalogError
from catalog.issues import Issue
from catalog.publication.facts import ProductFacts


class PublicationRefused(CatalogError):
    """A gate blocks the publication; `findings` are all, blocking or not."""

    code = "publication-refused"

    def __init__(self, findings: Sequence[Issue], message: str = "", hint: str = "") -> None:
        blocking = [finding for finding in findings if finding.is_error]
        super().__init__(
            message or f"The product cannot be published yet: {len(blocking)} to fix.",
            hint=hint or "Fix each finding, then publish again.",
        )
        self.findings = tuple(findings)


class SettingRefused(PublicationRefused):
    """With another setting a published product could not be; `findings` are what is in the way."""

    def __init__(self, findings: Sequence[Issue]) -> None:
        super().__init__(
            findings,
            message="The product is published, and could not be published like this.",
            hint="Leave the setting as it is, or first fix what is found.",
        )


def regressions(before: Iterable[Issue], after: Iterable[Issue]) -> list[Issue]:
    """Return the blocking findings that a change adds to those that the product had already."""
    known = {_subject(finding) for finding in before if finding.is_error}
    return [finding for finding in after if finding.is_error and _subject(finding) not in known]


def _subject(finding: Issue) -> tuple[str, str]:
    """Return what a finding is about: of ports it is whether one is live, not which are not."""
    root, dot, _port = finding.location.partition(".")
    return finding.code, root + dot if root == "outputPorts" else finding.location


Gate = Callable[[ProductFacts], Iterable[Issue]]
_gates: dict[str, Gate] = {}


def register_gate(name: str, gate: Gate) -> None:
    _gates[name] = gate


def run_gates(product: ProductFacts) -> list[Issue]:
    return [finding for gate in _gates.values() for finding in gate(product)]
