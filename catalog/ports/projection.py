"""Ports as a product's tree declares them; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
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
        raise ValidationFailed([Issue(location=f"/{key}", message="Ports are a list.")])
    issues: list[Issue] = []
    ports: list[DeclaredPort] = []
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(declared):
        at = f"/{key}/{index}"
        if not isinstance(item, Mapping):
            issues.append(Issue(location=at, message="A port is an object."))
            continue
        port = _port(item, at, issues)
        if (port.name, port.version) in seen:
            issues.append(
                Issue(
                    location=at,
                    message=f"{port.name} {port.version} is declared twice.",
                    hint="Give each port of a name its own version.",
                )
            )
        seen.add((port.name, port.version))
        ports.append(port)
    if issues:
        raise ValidationFailed(issues)
    return ports


def _port(item: Mapping[str, Any], at: str, issues: list[Issue]) -> DeclaredPort:
    name = _word(item, "name", at, issues, longest=120)
    if not name:
        issues.append(Issue(location=f"{at}/name", message="A port needs a name."))
    return DeclaredPort(
        name=name,
        version=_word(item, "version", at, issues, longest=60) or "1.0.0",
        type=_word(item, "type", at, issues, longest=60),
        description=_word(item, "description", at, issues, longest=20_000),
        contract_identifier=_word(item, "contractId", at, issues, longest=400),
        is_deprecated=item.get("deprecated") is True,
        interval=_interval(item, at, issues),
        source_name=_source(item, at, issues),
    )


def _word(item: Mapping[str, Any], key: str, at: str, issues: list[Issue], *, longest: int) -> str:
    value = item.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        issues.append(
            Issue(location=f"{at}/{key}", message="This is a text.", hint="Put it in quotes.")
        )
        return ""
    if len(value) > longest:
        issues.append(
            Issue(location=f"{at}/{key}", message=f"This has at most {longest} characters.")
        )
    return value.strip()[:longest]


def _interval(item: Mapping[str, Any], at: str, issues: list[Issue]) -> int | None:
    value = custom(item, "assayInterval")
    if value is None:
        return None
    if type(value) is int and LEAST_INTERVAL <= value <= GREATEST_INTERVAL:
        return value
    issues.append(
        Issue(
            location=f"{at}/customProperties",
            message=f"assayInterval {value!r} is out of range.",
            hint=f"Use whole seconds, {LEAST_INTERVAL} to {GREATEST_INTERVAL}.",
        )
    )
    return None


def _source(item: Mapping[str, Any], at: str, issues: list[Issue]) -> str:
    value = custom(item, "assaySource")
    if value is None:
        return ""
    if isinstance(value, str) and value.count("/") == 1 and len(value) <= 250:
        return value
    issues.append(
        Issue(
            location=f"{at}/customProperties",
            message=f"assaySource {value!r} names no product.",
            hint="Write it as domain/slug.",
        )
    )
    return ""
