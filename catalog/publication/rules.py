"""The invariants of publication: what is so for every product, whatever the policies say; pure.

Each rule's docstring is its text on pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from catalog.publication.facts import PortFacts, ProductFacts
from catalog.publication.gates import Finding

GOOD_ENOUGH_FOR = timedelta(hours=24)
NETWORK_TYPES = frozenset({"api", "http", "https"})


def purpose_is_said(product: ProductFacts) -> Iterator[Finding]:
    """A product says what it is for."""
    if not product.purpose:
        yield Finding(
            code="purpose-is-said",
            where="description.purpose",
            message="Nobody can tell what the product is for.",
            fix="Write the purpose in a sentence or two.",
        )


def owner_and_steward_are_active(product: ProductFacts) -> Iterator[Finding]:
    """A product's domain has an active owner, and an active steward who is not an owner."""
    if not product.owners:
        yield Finding(
            code="owner-is-active",
            where="domain.owner",
            message="The domain has no active owner.",
            fix="Have the domain name an owner.",
        )
    if not set(product.stewards) - set(product.owners):
        yield Finding(
            code="steward-is-not-owner",
            where="domain.steward",
            message="The domain has no active steward who is not also its owner.",
            fix="Have the domain name a steward who does not own it.",
        )


def a_port_is_live(product: ProductFacts) -> Iterator[Finding]:
    """A product has an output port that is not deprecated, has a server and, over HTTP, answered
    well within the last 24 hours."""
    ports = [port for port in product.ports if not port.is_deprecated]
    if not ports:
        yield Finding(
            code="port-is-live",
            where="outputPorts",
            message="There is no output port in use.",
            fix="Add an output port.",
        )
        return
    if any(_is_live(port, product) for port in ports):
        return
    for port in ports:
        yield Finding(
            code="port-is-live",
            where=f"outputPorts.{port.name}",
            message=_what_lacks(port),
            fix="Name its server in the contract, and see that a probe gets a good answer.",
        )


def provenance_is_answered(product: ProductFacts) -> Iterator[Finding]:
    """Every provenance question is answered: with facts, 'unknown', or why it does not apply."""
    for question in product.open_questions:
        yield Finding(
            code="provenance-is-answered",
            where=f"provenance.{question}",
            message="This question is open.",
            fix="Answer it, say that it is unknown, or say why it does not apply.",
        )


INVARIANTS = (
    purpose_is_said,
    owner_and_steward_are_active,
    a_port_is_live,
    provenance_is_answered,
)


def invariants(product: ProductFacts) -> Iterator[Finding]:
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
