"""From bytes to documents: the one parser of all formats, which refuses what is hostile or unclear.

Limits are checked while the text is read, before anything large is built. Whatever the bytes are,
the answer is a list of documents or a ParseError with line, column, location and hint.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from catalog.manifests.csv_reader import parse_csv
from catalog.manifests.issues import ParseError
from catalog.manifests.json_reader import parse_json, parse_large_json
from catalog.manifests.source_map import Document, SourcePosition, line_and_column
from catalog.manifests.yaml_reader import parse_yaml
from catalog.types import JSONValue

MAX_BYTES = 2 * 1024 * 1024
# All texts of a request together.
MAX_REQUEST_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Source:
    """One text: its name, and how to read its bytes; `is_explicit` if it was named itself.

    What came with a request has no more than MAX_PRODUCTS_OF_REQUEST products or documents.
    """

    name: str
    read: Callable[[], bytes]
    is_explicit: bool = True
    is_request: bool = False


def read_documents(content: bytes, *, name: str) -> list[Document]:
    """Return the documents of a YAML or JSON text, at least one. Raises ParseError.

    YAML may hold several, separated by `---`; both may hold several as a list of mappings.
    """
    return documents_in(read_values(content, name=name), name)


def documents_in(values: Iterable[Document], name: str) -> list[Document]:
    """Return the mappings among values and in lists of mappings. Raises ParseError for others."""
    documents = [document for value in values for document in _mappings_in(value)]
    if not documents:
        raise _empty(name)
    return documents


def read_values(content: bytes, *, name: str, max_bytes: int = MAX_BYTES) -> list[Document]:
    """Return the values of a YAML or JSON text, at least one, of any type. Raises ParseError.

    JSON of more than MAX_BYTES has no positions.
    """
    text = _decode(content, name, max_bytes)
    if len(content) > MAX_BYTES:
        if text.lstrip()[:1] not in ("{", "["):
            require_size(content, name)
        return [Document(name, parse_large_json(text, name), SourcePosition(1, 1))]
    is_json = name.lower().endswith(".json")
    # YAML reads some JSON strings differently, so what looks like JSON is read as JSON first.
    if is_json or text.lstrip()[:1] in ("{", "["):
        try:
            return parse_json(text, name).roots()
        except ParseError as error:
            if is_json or error.issue.code != "reading.json-syntax":
                raise
    values = parse_yaml(text, name).roots()
    if not values:
        raise _empty(name)
    return values


def read_json(content: bytes, *, name: str) -> JSONValue:
    """Return the one JSON value of a text, whatever its type. Raises ParseError."""
    return parse_json(_decode(content, name), name).roots()[0].tree


def read_csv(content: bytes, *, name: str) -> list[Document]:
    """Return the rows of a CSV text, keyed by the names in its first row. Raises ParseError."""
    return list(parse_csv(_decode(content, name), name))


def _empty(name: str) -> ParseError:
    return ParseError(name, 1, 1, "empty", "The file holds no document", "Write at least one.")


def _mappings_in(document: Document) -> Iterator[Document]:
    value: JSONValue = document.tree
    position = document.position
    if isinstance(value, dict):
        yield document
    elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield Document(document.file, item, position.child(str(index)) or position)
    elif value is not None:
        hint = "Start with lines such as `apiVersion: v1.0.0` and `kind: DataProduct`."
        message = "A document must be a mapping of names to values"
        raise ParseError(document.file, position.line, position.column, "root", message, hint)


def require_size(content: bytes, name: str, max_bytes: int = MAX_BYTES) -> None:
    """Raise ParseError if a text has more bytes than are allowed."""
    if len(content) > max_bytes:
        message = f"Files are limited to {max_bytes // 1024**2} MB"
        hint = "Split it into several files: one product or contract in each."
        raise ParseError(name, 1, 1, "size", message, hint)


def _decode(content: bytes, name: str, max_bytes: int = MAX_BYTES) -> str:
    require_size(content, name, max_bytes)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        position = line_and_column(before, len(before))
        hint = "Save the file as UTF-8."
        raise ParseError(name, *position, "encoding", "Must be UTF-8 text", hint) from None
    if "\0" in text:
        position, message = line_and_column(text, text.index("\0")), "Contains a NUL character"
        raise ParseError(name, *position, "characters", message, "Remove it.")
    return text
