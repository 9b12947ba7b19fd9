"""What looks like a secret in a document: shown to nobody who could not edit it; pure."""

import re

from catalog.types import JSONObject, JSONValue

HIDDEN = "•••"
_NAME = re.compile(
    r"pass(word|wd|phrase)|secret|token|credential|(api|access|private|account|shared)[-_ ]?key"
    r"|connection[-_ ]?string|sas[-_ ]?(url|token)",
    re.IGNORECASE,
)
# These hold the name of a secret.
_NAMES_ONLY = frozenset({"assaySecret", "secretName", "signingSecretName"})
_USER_INFO = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]+(?=@)")
_PARAMETER = re.compile(
    r"(?<=[?&;])((?:[\w-]*(?:sig(?:nature)?|token|secret|password|key))=)[^&;\s]+", re.IGNORECASE
)
_VARIABLE = re.compile(r"\$\{[^{}]*\}\Z")


def without_secrets(value: JSONValue) -> JSONValue:
    """Return a document in which values that look like secrets are hidden."""
    if isinstance(value, str):
        return _PARAMETER.sub(rf"\1{HIDDEN}", _USER_INFO.sub(rf"\1:{HIDDEN}", value))
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    hidden: JSONObject = {key: _member(str(key), member) for key, member in value.items()}
    name = value.get("property")
    if isinstance(name, str) and "value" in value and name not in _NAMES_ONLY:
        hidden["value"] = _member(name, value["value"])
    return hidden


def _member(name: str, value: JSONValue) -> JSONValue:
    is_text = isinstance(value, str) and value and not _VARIABLE.match(value)
    if is_text and _NAME.search(name) and name not in _NAMES_ONLY:
        return HIDDEN
    return without_secrets(value)
