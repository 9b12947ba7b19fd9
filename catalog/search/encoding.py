"""Values as JSON for the engines; pure."""

import json
from collections.abc import Callable
from typing import Any

import orjson


def encoded(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """The value as UTF-8; half of a surrogate pair, which no engine takes, becomes a `?`.

    No text should hold one, but the one that does must not keep the others out of the index.
    """
    try:
        return orjson.dumps(value, default=default)
    except TypeError:
        return json.dumps(value, default=default, ensure_ascii=False).encode(errors="replace")
