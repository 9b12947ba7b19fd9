"""Entities and their aspects in the files of DataHub: proposals (MCP) and snapshots (MCE); pure."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from jsonpointer import escape

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue, shortened
from catalog.manifests.formats.source_object import SourceObject, not_kept
from catalog.manifests.formats.types import SourceFile
from catalog.manifests.issues import ParseError
from catalog.manifests.readers import read_json
from catalog.types import JSONObject, JSONValue

SNAPSHOT = "proposedSnapshot"
MAX_ISSUES = 100
# Members of a proposal next to its aspect: when and by which run it was written.
_BOOKKEEPING = ("systemMetadata", "auditHeader", "proposedDelta", "headers")


@dataclass
class Entity:
    """What a file says of one entity, by aspect; of two values of an aspect the later one.

    `earlier` are the values that were replaced; series of measurements have many.
    """

    urn: str
    type: str
    pointer: str
    aspects: dict[str, SourceObject] = field(default_factory=dict)
    earlier: list[tuple[str, SourceObject]] = field(default_factory=list)

    def aspect(self, name: str) -> SourceObject:
        return self.aspects.get(name) or SourceObject(None)

    @property
    def is_removed(self) -> bool:
        return self.aspect("status").flag("removed") is True

    @property
    def short_name(self) -> str:
        """Return the last part of the URN: `pii` of `urn:li:tag:pii`."""
        return self.urn.rpartition(":")[2]


class EntityReader:
    """Reads the entities of one file, and collects what is wrong with it."""

    def __init__(self) -> None:
        self.entities: dict[str, Entity] = {}
        self.issues: list[Issue] = []
        self._bookkeeping: Counter[str] = Counter()

    def read(self, file: SourceFile) -> dict[str, Entity]:
        """Return the entities by URN. Raises ValidationFailed."""
        for pointer, value in _items(file):
            if len(self.issues) >= MAX_ISSUES:
                break
            self._read_item(value, pointer)
        if self.issues:
            raise ValidationFailed(self.issues)
        return self.entities

    def losses(self) -> Iterator[Issue]:
        for name, count in self._bookkeeping.items():
            yield not_kept("", f"{name} ({count:,} times)", "it says which run wrote the metadata")

    def _read_item(self, value: JSONValue, pointer: str) -> None:
        if not isinstance(value, dict):
            self._add_issue(pointer, "A proposal or snapshot must be an object.")
            return
        self._bookkeeping.update(name for name in _BOOKKEEPING if value.get(name))
        if SNAPSHOT in value:
            self._read_snapshot(value[SNAPSHOT], f"{pointer}/{SNAPSHOT}")
        elif "entityType" in value or "aspectName" in value:
            self._read_proposal(value, pointer)
        else:
            hint = "A proposal has entityType, entityUrn, aspectName and aspect."
            self._add_issue(pointer, "Neither a metadata change proposal nor a snapshot.", hint)

    def _read_snapshot(self, value: JSONValue, pointer: str) -> None:
        if not isinstance(value, dict) or len(value) != 1:
            self._add_issue(pointer, "A snapshot must be an object of one class.")
            return
        ((name, body),) = value.items()
        at = f"{pointer}/{escape(name)}"
        urn = body.get("urn") if isinstance(body, dict) else None
        if not isinstance(body, dict) or not isinstance(urn, str):
            self._add_issue(f"{at}/urn", "A snapshot needs the URN of its entity.")
            return
        entity = self._entity(urn, _first_small(name).removesuffix("Snapshot"), pointer)
        aspects = body.get("aspects")
        for index, aspect in enumerate(aspects if isinstance(aspects, list) else ()):
            for kind, content in aspect.items() if isinstance(aspect, dict) else ():
                place = f"{at}/aspects/{index}/{escape(kind)}"
                _set_aspect(entity, _first_small(kind), content, place)

    def _read_proposal(self, value: JSONObject, pointer: str) -> None:
        urn, kind, name = (value.get(key) for key in ("entityUrn", "entityType", "aspectName"))
        for key, text in (("entityUrn", urn), ("entityType", kind), ("aspectName", name)):
            if not isinstance(text, str) or not text:
                self._add_issue(f"{pointer}/{key}", f"A proposal needs the text {key}.")
                return
        entity = self._entity(str(urn), str(kind), pointer)
        if value.get("changeType") == "DELETE":
            entity.aspects.pop(str(name), None)
            return
        content, place = self._content(value.get("aspect"), f"{pointer}/aspect")
        if isinstance(content, dict) and isinstance(content.get("patch"), list):
            content = content["patch"]
        if value.get("changeType") == "PATCH" and isinstance(content, list):
            content = _patched(entity.aspect(str(name)), content)
        if content is not None:
            _set_aspect(entity, str(name), content, place)

    def _content(self, aspect: JSONValue, pointer: str) -> tuple[JSONValue, str]:
        """Return the value of an aspect: `json`, or JSON written as a text in `value`."""
        if isinstance(aspect, dict) and isinstance(aspect.get("json"), dict | list):
            return aspect["json"], f"{pointer}/json"
        if not isinstance(aspect, dict) or not isinstance(aspect.get("value"), str):
            self._add_issue(pointer, "An aspect needs its value as json, or as a text.")
            return None, pointer
        try:
            return read_json(aspect["value"].encode(errors="replace"), name=""), f"{pointer}/value"
        except ParseError as error:
            self._add_issue(f"{pointer}/value", error.issue.message, error.issue.hint)
            return None, pointer

    def _entity(self, urn: str, kind: str, pointer: str) -> Entity:
        if not urn.startswith("urn:li:"):
            hint = "Such as urn:li:dataset:(urn:li:dataPlatform:hive,orders,PROD)."
            self._add_issue(pointer, f"{shortened(urn)!r} is no URN of DataHub.", hint)
        return self.entities.setdefault(urn, Entity(urn, kind, pointer))

    def _add_issue(self, location: str, message: str, hint: str = "") -> None:
        self.issues.append(Issue(location=location, message=message, hint=hint))


def _items(file: SourceFile) -> Iterator[tuple[str, JSONValue]]:
    """Yield the items of a list, or the one item of a file, with their pointers."""
    for value in file.values:
        if isinstance(value, list):
            yield from ((f"/{index}", item) for index, item in enumerate(value))
        else:
            yield "", value


def _set_aspect(entity: Entity, name: str, content: JSONValue, pointer: str) -> None:
    if before := entity.aspects.get(name):
        entity.earlier.append((name, before))
    entity.aspects[name] = SourceObject(content, pointer)


def _patched(before: SourceObject, operations: list[JSONValue]) -> JSONObject:
    """Return an aspect after the additions of a JSON Patch, whose deeper paths name list items."""
    value: JSONObject = dict(before.value)
    for operation in operations:
        if not isinstance(operation, dict) or operation.get("op") not in ("add", "replace"):
            continue
        name, _, key = str(operation.get("path", "")).strip("/").partition("/")
        if not key:
            value[name] = operation.get("value")
        elif isinstance(value.get(name), dict):
            value[name] = {**value[name], key: operation.get("value")}
        else:
            listed = value.get(name)
            value[name] = [*(listed if isinstance(listed, list) else ()), operation.get("value")]
    return value


def _first_small(name: str) -> str:
    """Return a class without its package, as proposals write aspects: `datasetProperties`."""
    short = name.rpartition(".")[2]
    return short[:1].lower() + short[1:]
