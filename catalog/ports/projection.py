"""Ports as a product's tree declares them; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.exceptions import Fault, ValidationFailed
from catalog.products.projection import Tree, custom

LEAST_INTERVAL, GREATEST_INTERVAL = 5, 86_400


@dataclass(frozen=True, kw_only=True)
class DeclaredPort:
    """One port of the tree; `interval` in seconds, `source_name` as `domain/slug`."""

    name: str
    version: str
    type: str = ""
    description: str = ""
    contract_identifier: str = ""
    is_deprecated: bool = False
    interval: int | None = None
    source_name: str = ""


def output_ports(tree: Tree) -> list[DeclaredPort]:
    """Return the output ports of a tree. Raises Invalid with every fault's pointer."""
    return _ports(tree, "outputPorts")


def input_ports(tree: Tree) -> list[DeclaredPort]:
    """Return the input ports of a tree. Raises Invalid with every fault's pointer."""
    return _ports(tree, "inputPorts")


def _ports(tree: Tree, key: str) -> list[DeclaredPort]:
    declared = tree.get(key) or []
    if not isinstance(declared, list):
        raise ValidationFailed([Fault(where=f"/{key}", message="Ports are a list.")])
    faults: list[Fault] = []
    ports: list[DeclaredPort] = []
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(declared):
        at = f"/{key}/{index}"
        if not isinstance(item, Mapping):
            faults.append(Fault(where=at, message="A port is an object."))
            continue
        port = _port(item, at, faults)
        if (port.name, port.version) in seen:
            faults.append(
                Fault(
                    where=at,
                    message=f"{port.name} {port.version} is declared twice.",
                    way_out="Give each port of a name its own version.",
                )
            )
        seen.add((port.name, port.version))
        ports.append(port)
    if faults:
        raise ValidationFailed(faults)
    return ports


def _port(item: Mapping[str, Any], at: str, faults: list[Fault]) -> DeclaredPort:
    name = _word(item, "name", at, faults, longest=120)
    if not name:
        faults.append(Fault(where=f"{at}/name", message="A port needs a name."))
    return DeclaredPort(
        name=name,
        version=_word(item, "version", at, faults, longest=60) or "1.0.0",
        type=_word(item, "type", at, faults, longest=60),
        description=_word(item, "description", at, faults, longest=20_000),
        contract_identifier=_word(item, "contractId", at, faults, longest=400),
        is_deprecated=item.get("deprecated") is True,
        interval=_interval(item, at, faults),
        source_name=_source(item, at, faults),
    )


def _word(item: Mapping[str, Any], key: str, at: str, faults: list[Fault], *, longest: int) -> str:
    value = item.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        faults.append(
            Fault(where=f"{at}/{key}", message="This is a text.", way_out="Put it in quotes.")
        )
        return ""
    if len(value) > longest:
        faults.append(Fault(where=f"{at}/{key}", message=f"This has at most {longest} characters."))
    return value.strip()[:longest]


def _interval(item: Mapping[str, Any], at: str, faults: list[Fault]) -> int | None:
    value = custom(item, "assayInterval")
    if value is None:
        return None
    if type(value) is int and LEAST_INTERVAL <= value <= GREATEST_INTERVAL:
        return value
    faults.append(
        Fault(
            where=f"{at}/customProperties",
            message=f"assayInterval {value!r} is out of range.",
            way_out=f"Use whole seconds, {LEAST_INTERVAL} to {GREATEST_INTERVAL}.",
        )
    )
    return None


def _source(item: Mapping[str, Any], at: str, faults: list[Fault]) -> str:
    value = custom(item, "assaySource")
    if value is None:
        return ""
    if isinstance(value, str) and value.count("/") == 1 and len(value) <= 250:
        return value
    faults.append(
        Fault(
            where=f"{at}/customProperties",
            message=f"assaySource {value!r} names no product.",
            way_out="Write it as domain/slug.",
        )
    )
    return ""
