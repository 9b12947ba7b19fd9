"""How the API writes JSON: by orjson, which takes a tenth of the time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class FastJSON(JSONRenderer):
    """JSON as REST framework writes it; what orjson does not write, that one does.

    Such are whole numbers beyond 64 bits, which a document may hold.
    """

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the bytes of an answer; none for none."""
        if data is None:
            return b""
        try:
            return orjson.dumps(data, default=_plain, option=OPTIONS)
        except orjson.JSONEncodeError:
            written: bytes = super().render(data, accepted_media_type, renderer_context)
            return written


_plain = JSONEncoder().default
