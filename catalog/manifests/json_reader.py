"""JSON by Python's own parser, with the line and column of each value."""

import json
import re
from collections import Counter
from typing import NoReturn

from catalog.issues import shortened
from catalog.manifests.issues import ParseError
from catalog.manifests.scalars import Scalar, to_float, to_integer
from catalog.manifests.source_map import line_and_column
from catalog.manifests.tree_builder import TreeBuilder
from catalog.products.document_size import MAX_DEPTH, measure
from catalog.products.projection import check_storable
from catalog.types import JSONObject, JSONValue

# Of a text without positions: it bounds the memory that its values take to some 300 MB.
MAX_MARKS = 2_500_000
_PARSER = json.JSONDecoder(parse_int=str, parse_float=str)
# The tokens of well-formed text; whether it is well-formed has been decided by the parser.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]|[^\s\[\]{},:"]+', re.DOTALL)
_WORDS: dict[str, Scalar] = {"true": True, "false": False, "null": None}
# What may be half of a surrogate pair, or a NUL character.
_ESCAPED_UNSTORABLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_SYNTAX_HINT = "Check the commas, quotes and brackets on this line and the one before it."


def parse_json(text: str, file: str) -> TreeBuilder:
    """Return the builder that holds the one JSON value of a text. Raises ParseError."""
    builder = TreeBuilder(file)
    error, end = _syntax_error(text)
    builder.start_document(1, 1)
    line, line_start, last = 1, 0, 0
    for match in _TOKEN.finditer(text):
        start = match.start()
        if match.end() > end:
            end = min(start, end)
            break
        if newlines := text.count("\n", last, start):
            line, line_start = line + newlines, text.rfind("\n", last, start) + 1
        _add_token(builder, match[0], line, start - line_start + 1)
        last = start
    if error:
        position, message = line_and_column(text, end), f"Invalid JSON: {error}"
        raise builder.error(*position, "json-syntax", message, _SYNTAX_HINT)
    return builder


def parse_large_json(text: str, file: str) -> JSONValue:
    """Return the value of a text that is too large for positions. Raises ParseError.

    It takes 50 ns a character. Before values are built their number is bounded by the text's marks.
    """
    marks = text.count(",") + text.count("{") + text.count("[")
    if marks > MAX_MARKS:
        message = f"More than {MAX_MARKS:,} values, or commas and brackets"
        raise ParseError(file, 1, 1, "size", message, "Split it into several files.")
    try:
        value = _LARGE_PARSER.decode(text)
        depth = measure(value).depth
    except json.JSONDecodeError as error:
        position, message = line_and_column(text, error.pos), f"Invalid JSON: {error.msg}"
        raise ParseError(file, *position, "json-syntax", message, _SYNTAX_HINT) from None
    except RecursionError:
        depth = MAX_DEPTH + 1
    except ValueError as error:
        message, hint = f"Invalid JSON: {error}", "Search the file for it."
        raise ParseError(file, 1, 1, "json-value", message, hint) from None
    if depth > MAX_DEPTH:
        message, hint = f"Nested more than {MAX_DEPTH} levels deep", "Flatten it."
        raise ParseError(file, 1, 1, "depth", message, hint)
    if _ESCAPED_UNSTORABLE.search(text) and (issues := check_storable(value)):
        raise ParseError(file, 1, 1, "characters", issues[0].message, "", issues[0].location)
    return value


def _object(pairs: list[tuple[str, JSONValue]]) -> JSONObject:
    value = dict(pairs)
    if len(value) != len(pairs):
        key, _count = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"duplicate key {shortened(key)}")
    return value


def _constant(lexeme: str) -> NoReturn:
    raise ValueError(f"{lexeme} is not a JSON value")


_LARGE_PARSER = json.JSONDecoder(
    parse_int=to_integer,
    parse_float=to_float,
    parse_constant=_constant,
    object_pairs_hook=_object,
)


def _syntax_error(text: str) -> tuple[str, int]:
    """Return what is wrong with a text, empty if nothing is, and how far it is well-formed.

    Not the error itself: its traceback would hold the text until the garbage is collected.
    """
    try:
        _PARSER.decode(text)
    except json.JSONDecodeError as error:
        return error.msg, error.pos
    except RecursionError:  # The builder's own limit of depth is met long before the end.
        return "Nested too deeply", len(text)
    return "", len(text)


def _add_token(builder: TreeBuilder, lexeme: str, line: int, column: int) -> None:
    match lexeme[0]:
        case "{" | "[":
            builder.start_collection(line, column, is_mapping=lexeme == "{")
        case "}" | "]":
            builder.end_collection()
        case '"':
            text = json.loads(lexeme) if "\\" in lexeme else lexeme[1:-1]
            builder.add_scalar(text, line, column)
        case _:
            builder.add_scalar(_literal(builder, lexeme, line, column), line, column)


def _literal(builder: TreeBuilder, lexeme: str, line: int, column: int) -> Scalar:
    if lexeme in _WORDS:
        return _WORDS[lexeme]
    if not lexeme.lstrip("-")[0].isdigit():  # Python's parser takes NaN and Infinity.
        message = f"Invalid JSON: {lexeme} is not a JSON value"
        raise builder.error(line, column, "json-syntax", message, "Use null, or leave it out.")
    try:
        return to_float(lexeme) if set(lexeme) & set(".eE") else to_integer(lexeme)
    except ValueError as error:
        message, hint = f"{lexeme[:40]} is {error}", "Write a shorter number."
        raise builder.error(line, column, "json-value", message, hint) from None
