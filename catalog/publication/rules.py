"""The invariants of publication: true of every product, whatever the policies are; pure.

Each rule's docstring is its text on pages.
"""

from collections.abc import Iterator
from datetime import timedelta

from catalog.issues import Issue
from catalog.products.changes import ChangeClass
from catalog.provenance.questions import CURRENT_SET
from catalog.publication.changes import BreakKind
from catalog.publication.facts import PortFacts, ProductFacts
from catalog.publication.versions import next_version

BREAKING_CHANGE = "breaking-change"
CONTRADICTED = "declaration-contradicted"
MAX_CHECK_AGE = timedelta(hours=24)


def purpose_is_described(product: ProductFacts) -> Iterator[Issue]:
    """A product says what it is for."""
    if not product.purpose:
        yield Issue(
            code="purpose-is-said",
            location="description.purpose",
            message="The purpose is missing.",
            hint="Write the purpose in a sentence or two.",
        )


def owner_and_steward_are_active(product: ProductFacts) -> Iterator[Issue]:
    """A product's domain has an active owner, and an active steward who is not an owner."""
    if not product.owners:
        yield Issue(
            code="owner-is-active",
            location="domain.owner",
            message="The domain has no active owner.",
            hint="Ask the governance lead to give somebody the role of owner.",
        )
    if not set(product.stewards) - set(product.owners):
        yield Issue(
            code="steward-is-not-owner",
            location="domain.steward",
            message="The domain has no active steward who is not also its owner.",
            hint="Give the role of steward to somebody who is not an owner.",
        )


def a_port_is_live(product: ProductFacts) -> Iterator[Issue]:
    """A product has an output port that is not deprecated, has a server and has passed a check in
    the last 24 hours."""
    ports = [port for port in product.ports if not port.is_deprecated]
    if not ports:
        yield Issue(
            code="port-is-live",
            location="outputPorts",
            message="There is no active output port.",
            hint="Add an output port.",
        )
        return
    if any(_is_live(port, product) for port in ports):
        return
    for port in ports:
        missing, hint = _what_is_missing(port)
        yield Issue(
            code="port-is-live",
            location=f"outputPorts.{port.name}",
            message=f"Port {port.name} {port.version} has no {missing}.",
            hint=hint,
        )


def provenance_is_answered(product: ProductFacts) -> Iterator[Issue]:
    """Every required provenance question is answered: with facts, 'unknown', or why it does not
    apply."""
    for question in CURRENT_SET.questions:
        if question.code not in product.open_questions:
            continue
        yield Issue(
            code="provenance-is-answered",
            location=f"provenance.{question.code}",
            message=f"“{question.text}” is not answered.",
            hint="Answer it, mark it unknown, or mark it not applicable.",
        )


def consumers_are_given_notice(product: ProductFacts) -> Iterator[Issue]:
    """A port that consumers read changes compatibly, or its former major version is kept for the
    notice period."""
    until = product.notice_until.isoformat()
    for port in product.breaks:
        first, more = port.changes[0].message, len(port.changes) - 1
        message, hint = first, f"Keep {port} until {until}"
        if port.kind is BreakKind.REMOVED:
            message = f"Port {port} is removed without a notice period."
        elif port.kind is BreakKind.CHANGED:
            message = f"Port {port} breaks: {first}" + (f" And {more} more." if more else "")
            major = next_version(port.version, ChangeClass.BREAKING)
            hint = f"Publish the change as {port.name} {major}, and keep {port} until {until}"
        yield Issue(
            code=BREAKING_CHANGE,
            location=f"outputPorts.{port.name}",
            message=message,
            hint=f"{hint}; or say why it cannot wait.",
        )


def declarations_agree_with_measurements(product: ProductFacts) -> Iterator[Issue]:
    """A declared share of a group is within the interval of what was measured, or it is explained
    why it is not."""
    for contradiction in product.contradictions:
        if contradiction.is_explained:
            continue
        yield Issue(
            code=CONTRADICTED,
            location=f"provenance.imbalances.{contradiction.position}",
            message=f"A measurement contradicts {contradiction.sentence}",
            hint="Correct the declared share, or explain the difference in this row.",
        )


INVARIANTS = (
    purpose_is_described,
    owner_and_steward_are_active,
    a_port_is_live,
    provenance_is_answered,
    declarations_agree_with_measurements,
    consumers_are_given_notice,
)


def invariants(product: ProductFacts) -> Iterator[Issue]:
    for rule in INVARIANTS:
        yield from rule(product)


def _is_live(port: PortFacts, product: ProductFacts) -> bool:
    is_recent = port.last_good_at and abs(product.now - port.last_good_at) <= MAX_CHECK_AGE
    return bool(port.server_types and is_recent)


def _what_is_missing(port: PortFacts) -> tuple[str, str]:
    """Return what keeps a port from being live, and how to get it."""
    if not port.server_types:
        return "server", "Add its server to the contract."
    missing = "successful check in the last 24 hours"
    if port.is_probed:
        return missing, "Check it now, or wait for the next automatic check."
    if port.is_readable:
        return missing, "Read its tables: a successful reading is a check."
    types = " or ".join(port.server_types)
    return missing, f"Assay cannot check {types} yet: a steward confirms that the port works."
