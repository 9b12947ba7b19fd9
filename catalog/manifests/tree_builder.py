"""The trees and source positions of one text's documents, under limits that aliases count for."""

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

from jsonpointer import JsonPointer

from catalog.identifiers import unstorable
from catalog.issues import shortened
from catalog.manifests.issues import ParseError
from catalog.manifests.scalars import Scalar
from catalog.manifests.source_map import Document, SourcePosition
from catalog.products.document_size import MAX_CHARACTERS, MAX_DEPTH, MAX_VALUES
from catalog.types import JSONObject, JSONValue

MAX_KEY = 1_000
MAX_DOCUMENTS = 1_000

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_MERGE = "<<"


class _Node(NamedTuple):
    """A finished value, and what a copy of it costs where an alias repeats it."""

    value: JSONValue
    position: SourcePosition
    height: int
    values: int
    characters: int


@dataclass(slots=True)
class _Open:
    """A mapping or list that is not finished; `key` waits for its value."""

    value: JSONObject | list[JSONValue]
    position: SourcePosition
    anchor: str | None
    values_before: int
    characters_before: int
    height: int = 1
    key: str | None = None
    key_position: tuple[int, int] = (0, 0)
    merge_position: tuple[int, int] | None = None

    @property
    def expects_key(self) -> bool:
        return self.key is None and isinstance(self.value, dict)


class TreeBuilder:
    """Builds every document of one text; the limits are of the whole text, aliases written out."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._values = self._characters = self._documents = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, _Node] = {}
        self._roots: list[_Node] = []

    def roots(self) -> list[Document]:
        """Return every value of the text, whatever its type."""
        return [Document(self._file, root.value, root.position) for root in self._roots]

    def start_document(self, line: int, column: int) -> None:
        self._documents += 1
        self._anchors = {}
        if self._documents > MAX_DOCUMENTS:
            message = f"More than {MAX_DOCUMENTS:,} documents in one file"
            raise self.error(line, column, "documents", message, "Split it into several files.")

    def start_collection(
        self, line: int, column: int, *, is_mapping: bool, anchor: str | None = None
    ) -> None:
        self._require_text_key(line, column)
        self._require_depth(len(self._open) + 1, line, column)
        collection = _Open(
            value={} if is_mapping else [],
            position=SourcePosition(line, column, children={} if is_mapping else []),
            anchor=anchor,
            values_before=self._values,
            characters_before=self._characters,
        )
        self._count(1, 0, line, column)
        self._open.append(collection)

    def end_collection(self) -> None:
        closed = self._open.pop()
        self._merge(closed)
        node = _Node(
            closed.value,
            closed.position,
            closed.height,
            self._values - closed.values_before,
            self._characters - closed.characters_before,
        )
        self._place(node, closed.anchor)

    def add_scalar(
        self,
        value: Scalar,
        line: int,
        column: int,
        *,
        unquoted: str | None = None,
        anchor: str | None = None,
    ) -> None:
        """Add a key, a list item or a value; `unquoted` is its text as it was written."""
        text = value if isinstance(value, str) else unquoted or ""
        self._count(1, len(text), line, column)
        if _UNSTORABLE.search(text):
            message, hint = f"Contains {unstorable(text)}", "Remove it from the text."
            raise self.error(line, column, "characters", message, hint)
        if self._open and self._open[-1].expects_key:
            key = unquoted if unquoted is not None else str(value)
            self._set_key(key, line, column, may_merge=unquoted is not None)
            return
        position = SourcePosition(line, column, None if isinstance(value, str) else unquoted)
        self._place(_Node(value, position, 0, 1, len(text)), anchor)

    def add_alias(self, anchor: str, line: int, column: int) -> None:
        node = self._anchors.get(anchor)
        if node is None:
            name = shortened(anchor)
            message = f"The alias *{name} has no finished anchor before it"
            hint = f"Define &{name} first; a value cannot contain itself."
            raise self.error(line, column, "aliases", message, hint)
        self._count(node.values, node.characters, line, column)
        self._require_depth(len(self._open) + node.height, line, column)
        if isinstance(node.value, str) and self._open and self._open[-1].expects_key:
            self._set_key(node.value, line, column)
            return
        self._require_text_key(line, column)
        position = SourcePosition(line, column, node.position.text, node.position.children)
        self._place(node._replace(value=deepcopy(node.value), position=position), None)

    def error(self, line: int, column: int, code: str, message: str, hint: str) -> ParseError:
        """Return an error at a position, with the path of the value that is being built."""
        steps = [
            len(collection.value) if isinstance(collection.value, list) else collection.key
            for collection in self._open
        ]
        path = JsonPointer.from_parts(step for step in steps if step is not None).path
        return ParseError(self._file, line, column, code, message, hint, shortened(path, 200))

    def _require_text_key(self, line: int, column: int) -> None:
        if self._open and self._open[-1].expects_key:
            hint = "Use a plain name as the key."
            raise self.error(line, column, "keys", "A key must be a text", hint)

    def _require_depth(self, depth: int, line: int, column: int) -> None:
        if depth > MAX_DEPTH:
            message = f"Nested more than {MAX_DEPTH} levels deep"
            hint = "Flatten it: no document of these standards needs such depth."
            raise self.error(line, column, "depth", message, hint)

    def _count(self, values: int, characters: int, line: int, column: int) -> None:
        self._values += values
        self._characters += characters
        if self._values > MAX_VALUES or self._characters > MAX_CHARACTERS:
            message = (
                f"More than {MAX_VALUES:,} values or {MAX_CHARACTERS:,} characters,"
                " counting every alias written out"
            )
            hint = "Split it into several files: one product or contract in each."
            raise self.error(line, column, "size", message, hint)

    def _set_key(self, key: str, line: int, column: int, *, may_merge: bool = False) -> None:
        mapping = self._open[-1]
        mapping.key, mapping.key_position = shortened(key), (line, column)
        if len(key) > MAX_KEY:
            message = f"A key of {len(key):,} characters; at most {MAX_KEY:,} are allowed"
            raise self.error(line, column, "keys", message, "Shorten it.")
        if isinstance(mapping.value, dict) and key in mapping.value:
            first = mapping.position.child(key) or mapping.position
            message = f"Duplicate key {shortened(key)}, first at line {first.line}"
            raise self.error(line, column, "duplicate-key", message, "Remove one of the two.")
        mapping.key = key
        if key == _MERGE and may_merge:
            mapping.merge_position = line, column

    def _place(self, node: _Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if not self._open:
            self._roots.append(node)
            return
        parent, children = self._open[-1], self._open[-1].position.children
        parent.height = max(parent.height, node.height + 1)
        if isinstance(parent.value, list) and isinstance(children, list):
            parent.value.append(node.value)
            children.append(node.position)
        elif isinstance(parent.value, dict) and isinstance(children, dict):
            key = parent.key or ""
            parent.value[key], parent.key = node.value, None
            children[key] = SourcePosition(
                *parent.key_position, node.position.text, node.position.children
            )

    def _merge(self, mapping: _Open) -> None:
        """Take the keys of YAML's merge key `<<` that the mapping does not have itself."""
        own = mapping.position.children
        if mapping.merge_position is None or not isinstance(mapping.value, dict):
            return
        assert isinstance(own, dict)
        merged, position = mapping.value.pop(_MERGE), own.pop(_MERGE)
        sources = [(merged, position)]
        if isinstance(merged, list) and isinstance(position.children, list):
            sources = list(zip(merged, position.children, strict=True))
        for value, source in sources:
            if not isinstance(value, dict) or not isinstance(source.children, dict):
                hint = "Give << an alias of a mapping, or write the keys out."
                message = "<< takes mappings only"
                raise self.error(*mapping.merge_position, "merge-key", message, hint)
            mapping.value.update({k: v for k, v in value.items() if k not in mapping.value})
            own.update({k: v for k, v in source.children.items() if k not in own})
