"""The violations of a JSON Schema in plain English: what is wrong, and a hint; pure."""

from jsonschema_rs import ValidationError, ValidationErrorKind

from catalog.issues import did_you_mean, shortened

_TYPES = {
    "string": "a string",
    "object": "an object",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_TYPE_HINTS = {
    "string": 'Put it in quotes: "…".',
    "object": "Write one `name: value` on each line below it, indented.",
    "array": "Start each item with a dash below it.",
    "integer": "Write digits only, without quotes.",
    "number": "Write digits, without quotes: 0.4 for 40 %.",
    "boolean": "Write true or false, without quotes.",
}


def message_for(error: ValidationError) -> tuple[str, str]:
    value = _format_value(error)
    match error.kind:
        case ValidationErrorKind.Required(name):
            return f"{name} is missing", f"Add a line `{name}: …` here."
        case ValidationErrorKind.Type(types):
            names = " or ".join(_TYPES.get(name, name) for name in types)
            return f"Must be {names}, not {value}", _TYPE_HINTS.get(types[0], "")
        case ValidationErrorKind.Enum(options):
            words = [str(option) for option in options]
            listed = ", ".join(words[:12]) + (" …" if len(words) > 12 else "")
            hint = did_you_mean(str(error.instance), words) or f"Use {listed}."
            return f"Unknown value {value}", hint
        case ValidationErrorKind.Constant(expected):
            return f"Unknown value {value}", f"Write {expected}."
        case ValidationErrorKind.Pattern(pattern):
            return f"{value} has the wrong format", f"Write it so that it matches {pattern}."
    return _limit_message(error, value)


def _limit_message(error: ValidationError, value: str) -> tuple[str, str]:
    limit = getattr(error.kind, "limit", None)
    match error.kind.name:
        case "minimum" | "exclusiveMinimum":
            return f"{value} is too small", f"Write a number from {limit} up."
        case "maximum" | "exclusiveMaximum":
            return f"{value} is too large", f"Write a number up to {limit}."
        case "minLength" | "minItems":
            return "Must not be empty", "Give it at least one, or remove the line."
        case "maxLength":
            return f"At most {limit} characters", "Shorten it."
        case "maxItems":
            return f"At most {limit} items", "Remove some."
    return shortened(error.message, 160), "Compare it with the standard's own examples."


def _format_value(error: ValidationError) -> str:
    value = error.instance
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    return shortened(repr(value), 60)
