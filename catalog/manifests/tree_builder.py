"""Events to trees and the marks of every value, under limits that no alias gets around."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from catalog.identifiers import unstorable
from catalog.manifests.events import Event, Kind, Misread
from catalog.manifests.issues import pointer, shortened
from catalog.manifests.source_map import Document, SourcePosition

MAX_DEPTH = 64
MAX_VALUES = 100_000
MAX_CHARACTERS = 2 * 1024 * 1024
MAX_KEY = 1_000
MAX_DOCUMENTS = 1_000

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_MERGE = "<<"


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is still open."""

    value: dict[str, Any] | list[Any]
    mark: SourcePosition
    anchor: str | None
    values_before: int
    characters_before: int
    height: int = 1
    key: str | None = None
    key_event: Event | None = None
    merge_event: Event | None = None


@dataclass(frozen=True, slots=True)
class _Anchored:
    """A finished value that an alias may repeat, and what a copy of it costs."""

    value: Any
    mark: SourcePosition
    height: int
    values: int
    characters: int


class Builder:
    """Builds every document of one text. The limits are of the whole text, aliases written out."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values = self.characters = self.documents = 0
        self.frames: list[_Frame] = []
        self.anchors: dict[str, _Anchored] = {}
        self.finished: list[tuple[Any, SourcePosition]] = []

    def build(self, events: Iterable[Event]) -> list[Document]:
        """The documents that the events spell. Raises Misread."""
        self._take_all(events)
        return [found for value, mark in self.finished for found in self._documents(value, mark)]

    def value(self, events: Iterable[Event]) -> Any:
        """The first value that the events spell, whatever its kind. Raises Misread."""
        self._take_all(events)
        return self.finished[0][0]

    def _take_all(self, events: Iterable[Event]) -> None:
        try:
            for event in events:
                self._take(event)
        except Misread as misread:
            misread.path = misread.path or self._path()
            raise

    def _documents(self, value: Any, mark: SourcePosition) -> Iterator[Document]:
        if isinstance(value, dict):
            yield Document(self.file, value, mark)
        elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
            for position, item in enumerate(value):
                yield Document(self.file, item, mark.child(str(position)) or mark)
        elif value is not None:
            raise Misread(
                mark.line,
                mark.column,
                "root",
                "a document must be a mapping of names to values",
                "Start with lines such as `apiVersion: v1.0.0` and `kind: DataProduct`.",
            )

    def _take(self, event: Event) -> None:
        match event.kind:
            case Kind.DOCUMENT:
                self._start_document(event)
            case Kind.MAPPING | Kind.LIST:
                self._open(event)
            case Kind.END:
                self._close()
            case Kind.ALIAS:
                self._repeat(event)
            case Kind.SCALAR:
                self._scalar(event)

    def _start_document(self, event: Event) -> None:
        self.documents += 1
        self.anchors = {}
        if self.documents > MAX_DOCUMENTS:
            raise self._misread(
                event,
                "documents",
                f"more than {MAX_DOCUMENTS:,} documents in one text",
                "Part it into several files.",
            )

    def _open(self, event: Event) -> None:
        self._want_no_key(event)
        if len(self.frames) >= MAX_DEPTH:
            raise self._too_deep(event)
        frame = _Frame(
            value={} if event.kind is Kind.MAPPING else [],
            mark=self._mark(event),
            anchor=event.anchor,
            values_before=self.values,
            characters_before=self.characters,
        )
        if event.kind is Kind.MAPPING:
            frame.mark.children = {}
        self._count(event, values=1, characters=0)
        self.frames.append(frame)

    def _close(self) -> None:
        frame = self.frames.pop()
        if isinstance(frame.value, dict):
            self._merge(frame)
        finished = _Anchored(
            value=frame.value,
            mark=frame.mark,
            height=frame.height,
            values=self.values - frame.values_before,
            characters=self.characters - frame.characters_before,
        )
        if frame.anchor:
            self.anchors[frame.anchor] = finished
        self._place(frame.value, frame.mark, frame.height)

    def _scalar(self, event: Event) -> None:
        text = event.value if isinstance(event.value, str) else event.text or ""
        self._count(event, values=1, characters=len(text))
        if _UNSTORABLE.search(text):
            raise self._misread(event, "characters", unstorable(text), "Remove it from the text.")
        if self._wants_key():
            self._key(event, event.text if event.text is not None else str(event.value))
            return
        mark = self._mark(event)
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(event.value, mark, 0, 1, len(text))
        self._place(event.value, mark, 0)

    def _repeat(self, event: Event) -> None:
        known = self.anchors.get(event.anchor or "")
        if known is None:
            raise self._misread(
                event,
                "aliases",
                f"the alias *{shortened(event.anchor or '')} has no finished anchor before it",
                f"Define &{shortened(event.anchor or '')} first; a value cannot hold itself.",
            )
        self._count(event, values=known.values, characters=known.characters)
        if len(self.frames) + known.height > MAX_DEPTH:
            raise self._too_deep(event)
        if not self._wants_key():
            self._place(_copied(known.value), known.mark, known.height)
        elif isinstance(known.value, str):
            self._key(event, known.value)
        else:
            self._want_no_key(event)

    def _wants_key(self) -> bool:
        return (
            bool(self.frames)
            and isinstance(self.frames[-1].value, dict)
            and (self.frames[-1].key is None)
        )

    def _want_no_key(self, event: Event) -> None:
        if self._wants_key():
            raise self._misread(event, "keys", "a key must be a text", "Write a plain name as key.")

    def _key(self, event: Event, key: str) -> None:
        frame = self.frames[-1]
        frame.key, frame.key_event = shortened(key), event
        if len(key) > MAX_KEY:
            message = f"a key of {len(key):,} characters; at most {MAX_KEY:,} are read"
            raise self._misread(event, "keys", message, "Shorten it.")
        if key in frame.value:
            first = frame.mark.child(key) or frame.mark
            message = f"the key {shortened(key)} is here twice, first at line {first.line}"
            raise self._misread(event, "duplicate-key", message, "Remove one of the two.")
        frame.key = key
        if key == _MERGE and event.text is not None:
            frame.merge_event = event

    def _place(self, value: Any, mark: SourcePosition, height: int) -> None:
        if not self.frames:
            self.finished.append((value, mark))
            return
        frame = self.frames[-1]
        frame.height = max(frame.height, height + 1)
        if isinstance(frame.value, list):
            frame.value.append(value)
            assert isinstance(frame.mark.children, list)
            frame.mark.children.append(mark)
        else:
            self._place_at_key(frame, value, mark)

    def _place_at_key(self, frame: _Frame, value: Any, mark: SourcePosition) -> None:
        key, event = frame.key or "", frame.key_event
        frame.key = frame.key_event = None
        assert event is not None
        assert isinstance(frame.value, dict)
        assert isinstance(frame.mark.children, dict)
        at_key = SourcePosition(event.line, event.column, mark.text)
        at_key.children = mark.children
        frame.value[key] = value
        frame.mark.children[key] = at_key

    def _merge(self, frame: _Frame) -> None:
        """Take the keys of YAML's merge key `<<` where the mapping has none of its own."""
        event = frame.merge_event
        if event is None:
            return
        assert isinstance(frame.value, dict)
        assert isinstance(frame.mark.children, dict)
        merged, mark = frame.value.pop(_MERGE), frame.mark.children.pop(_MERGE)
        sources = [(merged, mark)]
        if isinstance(merged, list) and isinstance(mark.children, list):
            sources = list(zip(merged, mark.children, strict=True))
        for value, at in sources:
            if not isinstance(value, dict) or not isinstance(at.children, dict):
                hint = "Give << an alias of a mapping, or write the keys out."
                raise self._misread(event, "merge-key", "<< takes mappings only", hint)
            frame.value.update({k: v for k, v in value.items() if k not in frame.value})
            frame.mark.children = {**at.children, **frame.mark.children}

    def _mark(self, event: Event) -> SourcePosition:
        text = None if isinstance(event.value, str) else event.text
        return SourcePosition(event.line, event.column, text)

    def _count(self, event: Event, *, values: int, characters: int) -> None:
        self.values += values
        self.characters += characters
        if self.values > MAX_VALUES or self.characters > MAX_CHARACTERS:
            raise self._misread(
                event,
                "size",
                f"more than {MAX_VALUES:,} values or {MAX_CHARACTERS:,} characters,"
                " counting every alias written out",
                "Part it into several files: one product or contract in each.",
            )

    def _too_deep(self, event: Event) -> Misread:
        return self._misread(
            event,
            "depth",
            f"nested more than {MAX_DEPTH} deep",
            "Flatten it: no document of these standards needs such depth.",
        )

    def _misread(self, event: Event, rule: str, message: str, hint: str) -> Misread:
        return Misread(event.line, event.column, rule, message, hint, self._path())

    def _path(self) -> str:
        """Where the reading has got to; a list's next item, a mapping's present key."""
        steps: list[str | int] = []
        for frame in self.frames:
            if isinstance(frame.value, list):
                steps.append(len(frame.value))
            elif frame.key is not None:
                steps.append(frame.key)
        return shortened(pointer(steps), 200)


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value
