"""Objects in files of other catalogs: what is read is known, so that the rest is kept; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from jsonpointer import escape

from catalog.identifiers import slug_of
from catalog.issues import Issue, Severity
from catalog.types import JSONObject, JSONValue

NOTHING: JSONObject = {}
# Of a slug that gets a number.
MAX_NUMBERED = 90


class SourceObject:
    """An object at a JSON Pointer; members of a wrong type read as missing and stay in the rest."""

    def __init__(self, value: JSONValue, pointer: str = "") -> None:
        self.value: Mapping[str, JSONValue] = value if isinstance(value, dict) else NOTHING
        self.pointer = pointer
        self._read: set[str] = set()
        self._inner: dict[str, list[SourceObject]] = {}

    def __bool__(self) -> bool:
        return bool(self.value)

    def text(self, *names: str) -> str:
        """Return the first of the members that is a text, a number or a date, stripped."""
        for name in names:
            value = self.value.get(name)
            text = str(value).strip() if type(value) in (str, int, float) else ""
            if text:
                self._read.add(name)
                return text
        return ""

    def flag(self, name: str) -> bool | None:
        value = self.value.get(name)
        if not isinstance(value, bool):
            return None
        self._read.add(name)
        return value

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; one text is a list of one."""
        value = self.value.get(name)
        values = value if isinstance(value, list) else [value]
        if not values or not all(isinstance(item, str) for item in values):
            return []
        self._read.add(name)
        return [item.strip() for item in values if isinstance(item, str) and item.strip()]

    def object(self, name: str) -> SourceObject:
        """Return an object; an empty one if there is none."""
        inner = self.objects(name, is_single=True)
        return inner[0] if inner else SourceObject(None)

    def objects(self, name: str, *, is_single: bool = False) -> list[SourceObject]:
        """Return a list of objects; one object is a list of one if it may be single."""
        if name not in self._inner:
            value, at = self.value.get(name), f"{self.pointer}/{escape(name)}"
            if isinstance(value, dict) and is_single:
                self._inner[name] = [SourceObject(value, at)]
            elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
                items = enumerate(value)
                self._inner[name] = [SourceObject(item, f"{at}/{n}") for n, item in items]
        return self._inner.get(name, [])

    def discard(self, *names: str) -> None:
        """Take members that say nothing of their own."""
        self._read.update(names)

    def rest(self) -> Iterator[tuple[str, JSONValue]]:
        """Yield what nobody took, by its pointer."""
        for name, value in self.value.items():
            if name in self._read:
                continue
            if name in self._inner:
                for inner in self._inner[name]:
                    yield from inner.rest()
            else:
                yield f"{self.pointer}/{escape(name)}", value


class Slugs:
    """Slugs of one import, each given once."""

    def __init__(self) -> None:
        self._slugs: set[str] = set()
        self._numbers: dict[str, int] = {}

    def unique(self, *candidates: str) -> str:
        """Return the first slug of the candidates that is free, or the last with a number."""
        slugs = [slug for text in candidates if (slug := slug_of(text))] or ["imported"]
        slug = next((slug for slug in slugs if slug not in self._slugs), "")
        start = slugs[-1][:MAX_NUMBERED]
        number = self._numbers.get(start, 2)
        while not slug:
            numbered = f"{start}-{number}"
            slug = "" if numbered in self._slugs else numbered
            number += 1
            self._numbers[start] = number
        self._slugs.add(slug)
        return slug


def not_kept(pointer: str, what: str, reason: str) -> Issue:
    message = f"{what} is not kept: {reason}."
    return Issue(location=pointer, message=message, code="not-kept", severity=Severity.WARNING)


def links(pairs: Iterable[tuple[str, str, str]]) -> list[JSONObject]:
    """Return authoritative definitions of (type, address, description), without repetition."""
    unique = {(kind, url): text for kind, url, text in pairs if url}
    return [
        {"type": kind, "url": url} | ({"description": text} if text else {})
        for (kind, url), text in unique.items()
    ]
