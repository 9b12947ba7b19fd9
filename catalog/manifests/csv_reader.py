"""CSV text to documents: the first row names the fields, every other row is one document."""

import csv
from collections.abc import Iterator
from io import StringIO

from catalog.manifests.events import Misread
from catalog.manifests.issues import shortened
from catalog.manifests.source_map import Document, SourcePosition

_QUOTING = "Put a text with commas, quotes or line ends between double quotes."


def csv_documents(text: str, name: str) -> Iterator[Document]:
    """The rows that hold anything, every value a text. Raises Misread.

    A row's place is its first line; a cell has no column of its own.
    """
    rows = csv.reader(StringIO(text, newline=""), strict=True)
    begun = 1
    try:
        fields = _fields(next(rows, []))
        begun = rows.line_num + 1
        for row in rows:
            if any(map(str.strip, row)):
                yield _document(name, begun, fields, row)
            begun = rows.line_num + 1
    except csv.Error as error:
        raise Misread(begun, 1, "csv-syntax", f"no row of CSV: {error}", _QUOTING) from None


def _fields(row: list[str]) -> list[str]:
    fields = [cell.strip() for cell in row]
    if not any(fields):
        raise Misread(1, 1, "empty", "there is no row in it", "Name the fields in the first row.")
    for field in fields:
        if fields.count(field) > 1:
            said = f"the field {shortened(field) or '(no name)'} stands twice"
            raise Misread(1, 1, "csv-fields", said, "Name every field once.")
    return fields


def _document(name: str, line: int, fields: list[str], row: list[str]) -> Document:
    if len(row) > len(fields):
        said = f"{len(row)} cells, where the first row names {len(fields)}"
        raise Misread(line, 1, "csv-cells", said, _QUOTING)
    mark = SourcePosition(line, 1)
    mark.children = {field: SourcePosition(line, 1) for field in fields}
    return Document(name, dict(zip(fields, row, strict=False)), mark)
