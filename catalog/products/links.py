"""Links to a column on its product's schema page; pure."""

import re
from urllib.parse import urlencode


def column_anchor(path: str) -> str:
    """Return the id of a column's row, `col-` and the path in plain letters."""
    return "col-" + re.sub(r"[^\w.-]+", "-", path).strip("-").lower()


def column_href(product_path: str, path: str) -> str:
    return f"{product_path}/schema?{urlencode({'column': path})}#{column_anchor(path)}"
