"""The invariants of publication: what is so for every product, whatever the policies say; pure.

Each rule's docstring is its text on pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from catalog.issues import Issue
from catalog.publication.facts import PortFacts, ProductFacts

GOOD_ENOUGH_FOR = timedelta(hours=24)
NETWORK_TYPES = frozenset({"api", "http", "https"})


def purpose_is_described(product: ProductFacts) -> Iterator[Issue]:
    """A product says what it is for."""
    if not product.purpose:
        yield Issue(
            code="purpose-is-said",
            location="description.purpose",
            message="Nobody can tell what the product is for.",
            hint="Write the purpose in a sentence or two.",
        )


def owner_and_steward_are_active(product: ProductFacts) -> Iterator[Issue]:
    """A product's domain has an active owner, and an active steward who is not an owner."""
    if not product.owners:
        yield Issue(
            code="owner-is-active",
            location="domain.owner",
            message="The domain has no active owner.",
            hint="Have the domain name an owner.",
        )
    if not set(product.stewards) - set(product.owners):
        yield Issue(
            code="steward-is-not-owner",
            location="domain.steward",
            message="The domain has no active steward who is not also its owner.",
            hint="Have the domain name a steward who does not own it.",
        )


def a_port_is_live(product: ProductFacts) -> Iterator[Issue]:
    """A product has an output port that is not deprecated, has a server and, over HTTP, answered
    well within the last 24 hours."""
    ports = [port for port in product.ports if not port.is_deprecated]
    if not ports:
        yield Issue(
            code="port-is-live",
            location="outputPorts",
            message="There is no output port in use.",
            hint="Add an output port.",
        )
        return
    if any(_is_live(port, product) for port in ports):
        return
    for port in ports:
        yield Issue(
            code="port-is-live",
            location=f"outputPorts.{port.name}",
            message=_what_lacks(port),
            hint="Name its server in the contract, and see that a probe gets a good answer.",
        )


def provenance_is_answered(product: ProductFacts) -> Iterator[Issue]:
    """Every provenance question is answered: with facts, 'unknown', or why it does not apply."""
    for question in product.open_questions:
        yield Issue(
            code="provenance-is-answered",
            location=f"provenance.{question}",
            message="This question is open.",
            hint="Answer it, say that it is unknown, or say why it does not apply.",
        )


INVARIANTS = (
    purpose_is_described,
    owner_and_steward_are_active,
    a_port_is_live,
    provenance_is_answered,
)


def invariants(product: ProductFacts) -> Iterator[Issue]:
    """Return what all invariants find."""
    for rule in INVARIANTS:
        yield from rule(product)


def _is_live(port: PortFacts, product: ProductFacts) -> bool:
    if not port.server_types:
        return False
    if NETWORK_TYPES.isdisjoint(port.server_types):
        return True
    return port.last_good_at is not None and product.now - port.last_good_at <= GOOD_ENOUGH_FOR


def _what_lacks(port: PortFacts) -> str:
    if not port.server_types:
        return f"Port {port.name} {port.version} has no server."
    return f"Port {port.name} {port.version} has not answered well in the last 24 hours."
