"""YAML text as events, by YAML 1.2's core schema: dates stay strings and `no` is a word."""

import re
from collections.abc import Iterator

import yaml  # noqa: TID251  (its events only: what a scalar means is decided here)

from catalog.manifests.events import (
    Event,
    Kind,
    Misread,
    Scalar,
    finite,
    integer,
    line_starts,
    place_of,
)

# A PyYAML built without libyaml reads the same, some 25 times slower.
_PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_A_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_CORE = "tag:yaml.org,2002:"
_CORE_TAGS = {"!", *(_CORE + name for name in ("str", "int", "float", "bool", "null", "timestamp"))}
_COLLECTION_TAGS = {"!", _CORE + "map", _CORE + "seq"}
# libyaml needs quadratic time for many of these, and nobody needs more.
_TAG_DIRECTIVE = re.compile(r"^%TAG", re.MULTILINE)
_MAX_TAG_DIRECTIVES = 8
# YAML 1.1 breaks lines here and YAML 1.2 does not; a silent change of text would be worse.
_ODD_BREAK = re.compile("[\x85\u2028\u2029]")


def resolved(text: str) -> Scalar:
    """The value of an unquoted YAML scalar. Raises ValueError where JSON could not hold it."""
    if text in _WORDS:
        return _WORDS[text]
    if _NOT_A_NUMBER.fullmatch(text):
        raise ValueError("no finite number")
    if _INTEGER.fullmatch(text):
        return integer(text)
    return finite(text) if _FLOAT.fullmatch(text) else text


def yaml_events(text: str) -> Iterator[Event]:
    """The events of every YAML document in the text. Raises Misread."""
    _refuse_oddities(text)
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            yield from _yaml_event(event)
    except yaml.MarkedYAMLError as error:
        raise _misread_yaml(error) from None
    except yaml.reader.ReaderError as error:
        line, column = place_of(line_starts(text), error.position)
        raise Misread(
            line,
            column,
            "characters",
            f"a character is not allowed here: {error.reason}",
            "Remove it, or write it as an escape in double quotes.",
        ) from None


def _refuse_oddities(text: str) -> None:
    directives = _TAG_DIRECTIVE.findall(text)
    if len(directives) > _MAX_TAG_DIRECTIVES:
        raise Misread(
            1,
            1,
            "directives",
            f"{len(directives)} %TAG directives",
            "Remove them: tags are not read.",
        )
    if odd := _ODD_BREAK.search(text):
        line, column = place_of(line_starts(text), odd.start())
        name = f"\\u{ord(odd.group()):04x}"
        raise Misread(
            line,
            column,
            "characters",
            f"an unusual line break (U+{name[2:].upper()})",
            f"Remove it, or write it as {name} in double quotes.",
        )


def _misread_yaml(error: yaml.MarkedYAMLError) -> Misread:
    mark: yaml.Mark | None = error.problem_mark or error.context_mark
    message = " ".join(part for part in (error.context, error.problem) if part)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Misread(
        line,
        column,
        "yaml-syntax",
        f"not well-formed YAML: {message}",
        "Look at the indentation, quotes and brackets at this line and the one before it.",
    )


def _yaml_event(event: yaml.Event) -> Iterator[Event]:
    assert event.start_mark is not None
    line, column = event.start_mark.line + 1, event.start_mark.column + 1
    match event:
        case yaml.ScalarEvent():
            yield _yaml_scalar(event, line, column)
        case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
            if event.tag not in {None, *_COLLECTION_TAGS}:
                raise _unknown_tag(str(event.tag), line, column)
            kind = Kind.MAPPING if isinstance(event, yaml.MappingStartEvent) else Kind.LIST
            yield Event(kind, line, column, anchor=event.anchor)
        case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
            yield Event(Kind.END, line, column)
        case yaml.AliasEvent():
            yield Event(Kind.ALIAS, line, column, anchor=event.anchor)
        case yaml.DocumentStartEvent():
            yield Event(Kind.DOCUMENT, line, column)


def _yaml_scalar(event: yaml.ScalarEvent, line: int, column: int) -> Event:
    text, tag = str(event.value), event.tag
    if tag is not None and tag not in _CORE_TAGS:
        raise _unknown_tag(tag, line, column)
    quoted = bool(event.style) or tag in {"!", _CORE + "str", _CORE + "timestamp"}
    if quoted:
        return Event(Kind.SCALAR, line, column, text, anchor=event.anchor)
    try:
        return Event(Kind.SCALAR, line, column, resolved(text), text, event.anchor)
    except ValueError as error:
        raise Misread(
            line, column, "numbers", f"{text[:40]} is {error}", "Quote it, if it is meant as text."
        ) from None


def _unknown_tag(tag: str, line: int, column: int) -> Misread:
    return Misread(
        line,
        column,
        "tags",
        f"the tag {tag.removeprefix(_CORE)[:60]} is not read",
        "Remove the tag: plain text, numbers, true, false and null need none.",
    )
