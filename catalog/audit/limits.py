"""How much of a change an audit event keeps; pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.types import JSONObject, JSONValue

MAX_CHARACTERS = 32 * 1024
# The key of the number of members that were left out, and the end of a text that was cut.
OMITTED = "…"
_PER_VALUE = 4


def within_limit(values: Mapping[str, JSONValue]) -> JSONObject:
    """Return the values of an event, without what exceeds MAX_CHARACTERS in all."""
    result: JSONObject = _Budget(MAX_CHARACTERS).keep(dict(values))
    return result


@dataclass
class _Budget:
    """Counts down the characters that are left while values are copied."""

    left: int

    def keep(self, value: JSONValue) -> JSONValue:
        self.left -= _PER_VALUE
        if isinstance(value, str):
            return self._cut(value)
        if isinstance(value, Mapping):
            members: JSONObject = {}
            for key, member in value.items():
                if self.left <= 0:
                    return members | {OMITTED: len(value) - len(members)}
                name = self._cut(str(key))
                members[name] = self.keep(member)
            return members
        if isinstance(value, list | tuple):
            items: list[JSONValue] = []
            for item in value:
                if self.left <= 0:
                    return [*items, {OMITTED: len(value) - len(items)}]
                items.append(self.keep(item))
            return items
        return value

    def _cut(self, text: str) -> str:
        result = text if len(text) <= self.left else text[: max(self.left, 0)] + OMITTED
        self.left -= len(result)
        return result
