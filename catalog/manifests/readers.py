"""From bytes to documents: the one parser of all formats, which refuses what is hostile or unclear.

Limits are checked while the text is read, before anything large is built. Whatever the bytes are,
the answer is a list of documents or a ParseError with line, column, location and hint.
"""

from catalog.manifests.csv_reader import parse_csv
from catalog.manifests.issues import ParseError
from catalog.manifests.json_reader import parse_json
from catalog.manifests.source_map import Document, line_and_column
from catalog.manifests.yaml_reader import parse_yaml
from catalog.types import JSONValue

MAX_BYTES = 2 * 1024 * 1024


def read_documents(content: bytes, *, name: str) -> list[Document]:
    """Return the documents of a YAML or JSON text, at least one. Raises ParseError.

    YAML may hold several, separated by `---`; both may hold several as a list of mappings.
    """
    text, documents = _decode(content, name), None
    is_json = name.lower().endswith(".json")
    # YAML reads some JSON strings differently, so what looks like JSON is read as JSON first.
    if is_json or text.lstrip()[:1] in ("{", "["):
        try:
            documents = parse_json(text, name).documents()
        except ParseError as error:
            if is_json or error.issue.code != "reading.json-syntax":
                raise
    if documents is None:
        documents = parse_yaml(text, name).documents()
    if not documents:
        raise ParseError(name, 1, 1, "empty", "The file holds no document", "Write at least one.")
    return documents


def read_json(content: bytes, *, name: str) -> JSONValue:
    """Return the one JSON value of a text, whatever its type. Raises ParseError."""
    return parse_json(_decode(content, name), name).value


def read_csv(content: bytes, *, name: str) -> list[Document]:
    """Return the rows of a CSV text, keyed by the names in its first row. Raises ParseError."""
    return list(parse_csv(_decode(content, name), name))


def _decode(content: bytes, name: str) -> str:
    if len(content) > MAX_BYTES:
        message = f"Files are limited to {MAX_BYTES // 1024**2} MB"
        hint = "Split it into several files: one product or contract in each."
        raise ParseError(name, 1, 1, "size", message, hint)
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
