"""What a schema's complaint says to a person: what is wrong with a value, and a right one."""

from __future__ import annotations

from jsonschema_rs import ValidationError, ValidationErrorKind

from catalog.issues import did_you_mean, shortened

_NAMES = {
    "string": "a text",
    "object": "a mapping of names to values",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_EXAMPLES = {
    "string": 'Put it in quotes: "…".',
    "object": "Write one `name: value` on each line below it, indented.",
    "array": "Start each item with a dash below it.",
    "integer": "Write digits only, without quotes.",
    "number": "Write digits, without quotes: 0.4 for 40 %.",
    "boolean": "Write true or false, without quotes.",
}


def words_of(error: ValidationError) -> tuple[str, str]:
    """Return what is wrong and the way out."""
    match error.kind:
        case ValidationErrorKind.Required(name):
            return f"{name} is missing", f"Add a line `{name}: …` here."
        case ValidationErrorKind.Type(types):
            wanted = " or ".join(_NAMES.get(name, name) for name in types)
            return f"this must be {wanted}, not {_said(error)}", _EXAMPLES.get(types[0], "")
        case ValidationErrorKind.Enum(options):
            words = [str(option) for option in options]
            meant = did_you_mean(str(error.instance), words)
            return f"{_said(error)} is not one of its values", meant or f"Use {_listed(words)}."
        case ValidationErrorKind.Constant(expected):
            return f"{_said(error)} is not its value", f"Write {expected}."
        case ValidationErrorKind.Pattern(pattern):
            return f"{_said(error)} has another form", f"Write it so that it matches {pattern}."
    return _words_of_limit(error)


def _words_of_limit(error: ValidationError) -> tuple[str, str]:
    limit = getattr(error.kind, "limit", None)
    match error.kind.name:
        case "minimum" | "exclusiveMinimum":
            return f"{_said(error)} is too small", f"Write a number from {limit} up."
        case "maximum" | "exclusiveMaximum":
            return f"{_said(error)} is too large", f"Write a number up to {limit}."
        case "minLength" | "minItems":
            return "this is empty", "Give it at least one, or remove the line."
        case "maxLength" | "maxItems":
            return "this is too long", f"At most {limit} are read."
    return shortened(error.message, 160), "Compare it with the standard's own examples."


def _said(error: ValidationError) -> str:
    value = error.instance
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    return shortened(repr(value), 60)


def _listed(words: list[str]) -> str:
    return ", ".join(words[:12]) + (" …" if len(words) > 12 else "")
