"""Types of data that comes from outside and has no shape of its own."""

from typing import Any, TypeAlias

JSONValue: TypeAlias = Any
JSONObject: TypeAlias = dict[str, Any]
# The initial, submitted or cleaned values of a form by field.
FormValues: TypeAlias = dict[str, Any]
