"""JSON by orjson, which takes a tenth of the time of REST framework's encoder."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class FastJSON(JSONRenderer):
    """JSON by orjson; REST framework's encoder writes what orjson cannot, such as integers beyond
    64 bits in a document.
    """

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None:
            return b""
        try:
            return orjson.dumps(data, default=_encode_other, option=OPTIONS)
        except orjson.JSONEncodeError:
            written: bytes = super().render(data, accepted_media_type, renderer_context)
            return written


_encode_other = JSONEncoder().default
