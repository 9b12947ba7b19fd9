"""YAML by libyaml's parser and YAML 1.2's core schema: dates are strings and `no` is a word."""

import re

import yaml  # noqa: TID251  (its events only: what a scalar means is decided here)

from catalog.manifests.scalars import Scalar, to_float, to_integer
from catalog.manifests.source_map import line_and_column
from catalog.manifests.tree_builder import TreeBuilder

# A PyYAML built without libyaml reads the same, some 25 times slower.
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_CORE = "tag:yaml.org,2002:"
_TEXT_TAGS = {"!", _CORE + "str", _CORE + "timestamp"}
_SCALAR_TAGS = {None, *_TEXT_TAGS, *(_CORE + name for name in ("int", "float", "bool", "null"))}
_COLLECTION_TAGS = {None, "!", _CORE + "map", _CORE + "seq"}
# libyaml needs quadratic time for many of these, and nobody needs more.
_TAG_DIRECTIVE = re.compile(r"^%TAG", re.MULTILINE)
_MAX_TAG_DIRECTIVES = 8
# YAML 1.1 breaks lines here and YAML 1.2 does not; a silent change of text would be worse.
_UNUSUAL_LINE_BREAK = re.compile("[\x85\u2028\u2029]")


def resolve_scalar(text: str) -> Scalar:
    """Return the value of an unquoted scalar. Raises ValueError if JSON cannot hold it."""
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("not a finite number")
    if _INTEGER.fullmatch(text):
        return to_integer(text)
    return to_float(text) if _FLOAT.fullmatch(text) else text


def parse_yaml(text: str, file: str) -> TreeBuilder:
    """Return the builder that holds every YAML document of a text. Raises ParseError."""
    builder = TreeBuilder(file)
    _reject_unsupported(builder, text)
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            _add_event(builder, event)
    except yaml.MarkedYAMLError as error:
        mark: yaml.Mark | None = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        details = " ".join(part for part in (error.context, error.problem) if part)
        hint = "Check the indentation, quotes and brackets on this line and the one before it."
        message = f"Invalid YAML: {details}"
        raise builder.error(line, column, "yaml-syntax", message, hint) from None
    except yaml.reader.ReaderError as error:
        message = f"Contains an invalid character: {error.reason}"
        hint = "Remove it, or write it as an escape in double quotes."
        raise builder.error(
            *line_and_column(text, error.position), "characters", message, hint
        ) from None
    return builder


def _reject_unsupported(builder: TreeBuilder, text: str) -> None:
    directives = len(_TAG_DIRECTIVE.findall(text))
    if directives > _MAX_TAG_DIRECTIVES:
        message, hint = f"{directives} %TAG directives", "Remove them: tags are not supported."
        raise builder.error(1, 1, "directives", message, hint)
    if match := _UNUSUAL_LINE_BREAK.search(text):
        code = f"{ord(match[0]):04x}"
        message = f"Contains an unusual line break (U+{code.upper()})"
        hint = f"Remove it, or write it as \\u{code} in double quotes."
        raise builder.error(*line_and_column(text, match.start()), "characters", message, hint)


def _add_event(builder: TreeBuilder, event: yaml.Event) -> None:
    assert event.start_mark is not None
    line, column = event.start_mark.line + 1, event.start_mark.column + 1
    match event:
        case yaml.ScalarEvent():
            _add_scalar(builder, event, line, column)
        case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
            if event.tag not in _COLLECTION_TAGS:
                raise _unknown_tag(builder, event.tag, line, column)
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            builder.start_collection(line, column, is_mapping=is_mapping, anchor=event.anchor)
        case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
            builder.end_collection()
        case yaml.AliasEvent():
            builder.add_alias(event.anchor or "", line, column)
        case yaml.DocumentStartEvent():
            builder.start_document(line, column)


def _add_scalar(builder: TreeBuilder, event: yaml.ScalarEvent, line: int, column: int) -> None:
    text, tag = str(event.value), event.tag
    if tag not in _SCALAR_TAGS:
        raise _unknown_tag(builder, tag, line, column)
    if event.style or tag in _TEXT_TAGS:
        builder.add_scalar(text, line, column, anchor=event.anchor)
        return
    try:
        value = resolve_scalar(text)
    except ValueError as error:
        message, hint = f"{text[:40]} is {error}", "Quote it if it is meant as text."
        raise builder.error(line, column, "numbers", message, hint) from None
    builder.add_scalar(value, line, column, unquoted=text, anchor=event.anchor)


def _unknown_tag(builder: TreeBuilder, tag: object, line: int, column: int) -> Exception:
    message = f"Unsupported tag {str(tag).removeprefix(_CORE)[:60]}"
    hint = "Remove the tag: plain text, numbers, true, false and null need none."
    return builder.error(line, column, "tags", message, hint)
