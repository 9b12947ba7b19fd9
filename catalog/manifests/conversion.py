"""A document in another version of its standard, or strictly in its own, and what is lost; pure.

A document that was not edited is handed out as it came. Only on request is it converted: what the
schema of the version lacks is removed and reported, or moved to custom properties.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

import jsonschema_rs
from jsonpointer import JsonPointer
from jsonschema_rs import ValidationError, ValidationErrorKind

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue, shortened
from catalog.manifests.formats import bitol_odps, odcs
from catalog.manifests.schema_messages import message_for
from catalog.manifests.schemas import (
    closest_branch,
    refuse_reference,
    unexpected_keys,
    value_at,
)
from catalog.types import JSONObject, JSONValue

# Lists that are not given up for what is wrong in one of their items.
_ESSENTIAL = ("schema", "properties", "servers", "outputPorts", "inputPorts")
MAX_ROUNDS = 80
MAX_ERRORS = 10_000


@dataclass(frozen=True)
class Standard:
    """A standard and the versions that a document can be written in, the newest first.

    `adapt` gives a document the shapes of a version, without loss where it can; it returns what it
    lost.
    """

    name: str
    targets: Sequence[str]
    schema_of: Callable[[str], JSONObject]
    adapt: Callable[[JSONObject, str], list[Issue]] = lambda tree, version: []


ODCS = Standard("ODCS", odcs.TARGETS, odcs.schema_of)
ODPS = Standard("Bitol ODPS", bitol_odps.TARGETS, bitol_odps.schema_of, bitol_odps.adapt)


def standard_of(tree: JSONObject) -> Standard:
    return ODPS if tree.get("kind") == bitol_odps.KIND else ODCS


@dataclass
class Conversion:
    """A converted document, and what it costs; all locations are those of the stored document.

    `unknown` are keys that the standard does not have, `issues` what no removal makes valid: with
    one of either the document is not valid.
    """

    tree: JSONObject
    losses: list[Issue] = field(default_factory=list)
    moved: list[Issue] = field(default_factory=list)
    unknown: list[Issue] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


class ConversionRefused(ValidationFailed):
    """The document cannot be handed out as one that the standard accepts."""

    code = "not-convertible"


@cache
def validator_of(standard: Standard, version: str) -> jsonschema_rs.Validator:
    schema = standard.schema_of(version)
    return jsonschema_rs.validator_for(schema, retriever=refuse_reference, validate_formats=True)


def convert(tree: JSONObject, version: str, *, moves_unknown: bool = False) -> Conversion:
    """Return a document as one that the schema of a version accepts, and what that costs.

    Unknown keys keep it from being valid, unless they are moved to custom properties.
    """
    newest = standard_of(tree).targets[0]
    conversion = Conversion(copy.deepcopy(tree))
    _Converter(conversion, newest, moves=moves_unknown, missing=conversion.unknown).run()
    if version != newest:
        conversion.issues.clear()
        _Converter(conversion, version, moves=moves_unknown, missing=conversion.losses).run()
    return conversion


def convert_strictly(
    tree: JSONObject, version: str = "", *, moves_unknown: bool = False
) -> Conversion:
    """Return a document that the schema accepts, by default of the version that it declares.

    Raises ConversionRefused with every reason.
    """
    declared = str(tree.get("apiVersion"))
    targets = standard_of(tree).targets
    written = version or (declared if declared in targets else targets[0])
    conversion = convert(tree, written, moves_unknown=moves_unknown)
    if not version and written != declared:
        message = f"The document declares {shortened(declared, 40)}; here it is {written}."
        conversion.losses.append(Issue(location="/apiVersion", message=message))
    if reasons := [*conversion.unknown, *conversion.issues]:
        raise ConversionRefused(reasons)
    return conversion


class _Converter:
    """Removes what a schema rejects, until it accepts the document or nothing can be removed.

    No item of a list is removed alone, so that pointers into the document stay right.
    """

    def __init__(
        self, conversion: Conversion, version: str, *, moves: bool, missing: list[Issue]
    ) -> None:
        self.conversion, self.version, self.moves = conversion, version, moves
        # Where keys are reported that the schema does not have.
        self.missing = missing
        self.standard = standard_of(conversion.tree)
        self.label = f"{self.standard.name} {version}"

    def run(self) -> None:
        self.conversion.tree["apiVersion"] = self.version
        self.conversion.losses += self.standard.adapt(self.conversion.tree, self.version)
        for _round in range(MAX_ROUNDS):
            errors = self.errors()
            # Below a value that fails draft 2019-09 forgets which keys are known, so they come
            # last, and the deepest first.
            failing = [error for error in errors if not unexpected_keys(error)]
            others = [error for error in errors if unexpected_keys(error)]
            depth = max((len(error.instance_path) for error in others), default=0)
            deepest = [error for error in others if len(error.instance_path) == depth]
            if not sum(map(self.handle, failing)) and not sum(map(self.handle, deepest)):
                break
        for error in self.errors():
            message, hint = message_for(error)
            location = _pointer(error.instance_path)
            self.conversion.issues.append(Issue(location=location, message=message, hint=hint))

    def errors(self) -> list[ValidationError]:
        errors = islice(
            validator_of(self.standard, self.version).iter_errors(self.conversion.tree), MAX_ERRORS
        )
        return [leaf for error in errors for leaf in closest_branch(error)]

    def handle(self, error: ValidationError) -> bool:
        """Return True if something was done about an error."""
        path = list(error.instance_path)
        if keys := unexpected_keys(error):
            return sum(self.take_out([*path, key], is_key=True) for key in keys) > 0
        while path and isinstance(path[-1], int):
            path.pop()
        if not path or path[-1] in _ESSENTIAL:
            return False
        is_missing = isinstance(error.kind, ValidationErrorKind.Required)
        return (not is_missing and self.replace_type(path)) or self.take_out(path)

    def replace_type(self, path: list[str | int]) -> bool:
        """Replace a type that the version lacks by the nearest that it has."""
        node, key = value_at(self.conversion.tree, path[:-1]), path[-1]
        nearest = (
            "custom" if path[:1] == ["servers"] else odcs.NEAREST_TYPES.get(str(node.get(key)))
        )
        if key not in ("logicalType", "type") or nearest in (None, node.get(key)):
            return False
        message = f"{self.label} has no type {node[key]}; it is {nearest}."
        self.conversion.losses.append(Issue(location=_pointer(path), message=message))
        node[key] = nearest
        return True

    def take_out(self, path: list[str | int], *, is_key: bool = False) -> bool:
        """Remove a member, or move it to custom properties; return False if it is gone already."""
        node, key = value_at(self.conversion.tree, path[:-1]), path[-1]
        if not isinstance(node, dict) or key not in node:
            return False
        value, location = node.pop(key), _pointer(path)
        if key == "customProperties" and self.moves:
            self.move_up(value, path)
        elif self.moves and value is not None:
            self.move(node, str(key), value, location)
        elif is_key and value is not None:
            message = f"{self.label} has no field {key} here."
            hint = "extensions=custom moves it to customProperties."
            self.missing.append(Issue(location=location, message=message, hint=hint))
        else:
            message = f"{self.label} does not allow this value."
            self.conversion.losses.append(Issue(location=location, message=message))
        return True

    def move(self, node: JSONObject, key: str, value: JSONValue, location: str) -> None:
        properties = node.get("customProperties")
        entry = {"property": key, "value": value}
        node["customProperties"] = [*(properties if isinstance(properties, list) else ()), entry]
        message = f"{self.label} has no field {key} here: it is a custom property."
        self.conversion.moved.append(Issue(location=location, message=message))

    def move_up(self, entries: JSONValue, path: list[str | int]) -> None:
        """Put custom properties that have no place here into those of the whole document."""
        for entry in entries if isinstance(entries, list) else ():
            name = _pointer([*path[:-1], entry.get("property", "")])
            moved = {"property": name, "value": entry.get("value")}
            self.conversion.tree.setdefault("customProperties", []).append(moved)


def _pointer(path: Sequence[str | int]) -> str:
    return str(JsonPointer.from_parts(list(path)).path)
