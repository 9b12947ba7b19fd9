"""CSV as documents: the first row names the fields, every other row is one document."""

import csv
from collections.abc import Iterator
from io import StringIO

from catalog.issues import shortened
from catalog.manifests.issues import ParseError
from catalog.manifests.source_map import Document, SourcePosition

_QUOTING = "Put a text with commas, quotes or line breaks between double quotes."


def parse_csv(text: str, file: str) -> Iterator[Document]:
    """Yield the rows that are not blank, every value a text. Raises ParseError.

    A row's position is its first line; a cell has no column of its own.
    """
    rows = csv.reader(StringIO(text, newline=""), strict=True)
    line = 1
    try:
        fields = _field_names(next(rows, []), file)
        line = rows.line_num + 1
        for row in rows:
            if any(map(str.strip, row)):
                if len(row) > len(fields):
                    message = f"{len(row)} cells, but the first row names {len(fields)}"
                    raise ParseError(file, line, 1, "csv-cells", message, _QUOTING)
                position = SourcePosition(line, 1)
                position.children = {field: SourcePosition(line, 1) for field in fields}
                yield Document(file, dict(zip(fields, row, strict=False)), position)
            line = rows.line_num + 1
    except csv.Error as error:
        raise ParseError(file, line, 1, "csv-syntax", f"Invalid CSV: {error}", _QUOTING) from None


def _field_names(row: list[str], file: str) -> list[str]:
    fields = [cell.strip() for cell in row]
    if not any(fields):
        hint = "Name the fields in the first row."
        raise ParseError(file, 1, 1, "empty", "The file has no rows", hint)
    for field in fields:
        if fields.count(field) > 1:
            message = f"Duplicate field {shortened(field) or '(no name)'}"
            raise ParseError(file, 1, 1, "csv-fields", message, "Name every field once.")
    return fields
