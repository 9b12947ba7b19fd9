"""Ports as a product's tree declares them; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from catalog.products.projection import custom, custom_pointer
from catalog.products.tree_reader import TreeReader
from catalog.types import JSONObject, JSONValue

MIN_INTERVAL, MAX_INTERVAL = 5, 86_400
MAX_PORTS = 200
DEFAULT_VERSION = "1.0.0"
PortKey = tuple[str, str]
"""The name and the version of a port: no other port of its product has both."""


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
    ends_on: date | None = None
    source_name: str = ""


@dataclass(frozen=True, kw_only=True)
class DeclaredPorts:
    outputs: tuple[DeclaredPort, ...] = ()
    inputs: tuple[DeclaredPort, ...] = ()


def parse_ports(tree: JSONObject) -> DeclaredPorts:
    """Return the ports of a product's tree. Raises ValidationFailed with every issue."""
    reader = TreeReader()
    ports = DeclaredPorts(
        outputs=_ports(reader, tree, "outputPorts"), inputs=_ports(reader, tree, "inputPorts")
    )
    reader.finish()
    return ports


def port_key(entry: Mapping[str, JSONValue]) -> PortKey:
    """Return the name and version under which an entry of a tree is kept as a port."""
    reader = TreeReader()
    name = reader.key(entry, "name", "", 120)
    return name, reader.key(entry, "version", "", 60) or DEFAULT_VERSION


def _ports(
    reader: TreeReader, tree: JSONObject, key: Literal["outputPorts", "inputPorts"]
) -> tuple[DeclaredPort, ...]:
    ports: dict[tuple[str, str], DeclaredPort] = {}
    declared = tree.get(key)
    if isinstance(declared, list) and len(declared) > MAX_PORTS:
        reader.add_issue(f"/{key}", f"A product has at most {MAX_PORTS} of these.")
        return ()
    for at, item in reader.objects(tree, key):
        port = DeclaredPort(
            name=reader.key(item, "name", at, 120),
            version=reader.key(item, "version", at, 60) or DEFAULT_VERSION,
            type=reader.key(item, "type", at, 60),
            description=reader.words(item, "description", at),
            contract_identifier=reader.key(item, "contractId", at, 400),
            is_deprecated=item.get("deprecated") is True,
            interval=_interval(reader, item, at),
            ends_on=_ends_on(reader, item, at),
            source_name=_source_name(reader, item, at),
        )
        if not port.name:
            reader.add_issue(f"{at}/name", "A port needs a name.")
        if (port.name, port.version) in ports:
            hint = "Give each port of a name its own version."
            reader.add_issue(at, f"Duplicate port {port.name} {port.version}.", hint)
        ports[port.name, port.version] = port
    return tuple(ports.values())


def major_of(version: str) -> str:
    """Return the number before the first dot; a version without numbers is its own major."""
    match = re.match(r"[vV]?(\d+)", version)
    return str(int(match[1])) if match else version


def end_of(entry: Mapping[str, JSONValue]) -> date | None:
    """Return the day on which a port's entry says that it ends; None if it says none."""
    try:
        return date.fromisoformat(str(custom(entry, "assayEndsOn")))
    except ValueError:
        return None


def _ends_on(reader: TreeReader, item: Mapping[str, JSONValue], at: str) -> date | None:
    value = custom(item, "assayEndsOn")
    if value is not None and (not isinstance(value, str) or end_of(item) is None):
        message = f"assayEndsOn {value!r} is not a date."
        location = at + custom_pointer(item, "assayEndsOn")
        reader.add_issue(location, message, "Write it as year-month-day, such as 2027-01-31.")
    return end_of(item)


def _interval(reader: TreeReader, item: Mapping[str, JSONValue], at: str) -> int | None:
    value = custom(item, "assayInterval")
    if value is None or (type(value) is int and MIN_INTERVAL <= value <= MAX_INTERVAL):
        return value
    hint = f"Use whole seconds, {MIN_INTERVAL} to {MAX_INTERVAL}."
    message = f"assayInterval {value!r} is out of range."
    reader.add_issue(at + custom_pointer(item, "assayInterval"), message, hint)
    return None


def _source_name(reader: TreeReader, item: Mapping[str, JSONValue], at: str) -> str:
    value = custom(item, "assaySource")
    if value is None:
        return ""
    if isinstance(value, str) and value.count("/") == 1 and len(value) <= 250:
        return value
    message = f"assaySource {value!r} is not the address of a product."
    location = at + custom_pointer(item, "assaySource")
    reader.add_issue(location, message, "Write it as domain/slug.")
    return ""
