"""CSV (RFC 4180), of which no spreadsheet runs a cell as a formula."""

import csv
import re
from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse

# Spreadsheets also take the full-width signs, skip what is not visible in front of them, and some
# begin a cell at a line break within one, written as it is or encoded.
_BREAK = r"[\n\r\v\f\x85\u2028\u2029]|%0[9ad]|&#(?:x0*[9ad]|0*9|0*1[03]);|\\[nrt]|_x000[9ad]_"
_INVISIBLE = r"[\s\x00-\x20\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
_SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b")
_SIGN = f"[{re.escape(''.join(sorted(_SIGNS)))}]"
_FORMULA = re.compile(rf"(?:^|{_BREAK})(?:{_INVISIBLE}|{_BREAK})*+{_SIGN}?", re.IGNORECASE)
_BREAKS = ("\t", "\r", "\n")


class _LineFile:
    """A file that returns each written line."""

    def write(self, text: str) -> str:
        return text


def csv_lines(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a header, then the rows; numbers stay numbers, moments become ISO 8601."""
    writer = csv.writer(_LineFile())
    yield str(writer.writerow(columns))
    for row in rows:
        yield str(writer.writerow([_cell(value) for value in row]))


def csv_response(
    filename: str, columns: Iterable[str], rows: Iterable[Iterable[object]]
) -> StreamingHttpResponse:
    """Return a download, however long it is."""
    lines = csv_lines(columns, rows)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _cell(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    # Each run is matched once, whether or not a sign ends it, so the time is linear.
    guarded = _FORMULA.sub(_guard, text)
    return f"'{guarded}" if guarded.startswith(_BREAKS) else guarded


def _guard(match: re.Match[str]) -> str:
    run, sign = match[0][:-1], match[0][-1:]
    return f"{run}'{sign}" if sign in _SIGNS else match[0]
