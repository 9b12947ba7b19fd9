"""Lines to paste: how to read a product's entry and its data, with the installation's address."""

from collections.abc import Iterable
from dataclasses import dataclass
from shlex import quote

from django.utils.translation import gettext as _

from catalog.contracts.models import Server
from catalog.products.models import DataProduct, Visibility

READERS = {"parquet": "read_parquet", "csv": "read_csv", "json": "read_json"}


@dataclass(frozen=True)
class Snippet:
    """One way to connect, as text that runs when pasted."""

    title: str
    language: str
    text: str


def entry_snippets(product: DataProduct, origin: str) -> list[Snippet]:
    """Return how a program reads the catalog's entry; a token is named where one is needed."""
    address = f"{origin}/api/v1/products/{product.uuid}"
    is_open = product.visibility == Visibility.PUBLIC
    token = "" if is_open else ' -H "Authorization: Bearer $ASSAY_TOKEN"'
    headers = (
        "" if is_open else ', headers={"Authorization": f"Bearer {os.environ[\'ASSAY_TOKEN\']}"}'
    )
    imports = "import json, urllib.request" if is_open else "import json, os, urllib.request"
    python = (
        f"{imports}\n\n"
        f"request = urllib.request.Request({address!r}{headers})\n"
        "with urllib.request.urlopen(request) as answer:\n"
        "    product = json.load(answer)"
    )
    return [
        Snippet(_("Entry, with curl"), "sh", f"curl -s{token} {quote(address)}"),
        Snippet(_("Entry, with Python"), "python", python),
    ]


def data_snippets(url: str, data_format: str) -> list[Snippet]:
    """Return how to read data that Assay serves itself, at its URL, which is encoded."""
    # The one character that an encoded URL may have and a literal may not.
    reader, url = READERS[data_format], url.replace("'", "%27")
    sql = f"SELECT *\nFROM {reader}('{url}')\nLIMIT 20;"
    python = (
        "import duckdb\n\n"
        f"relation = duckdb.{reader}({url!r})\n"
        "rows = relation.limit(20).fetchall()"
    )
    return [
        Snippet(_("Data, with SQL (DuckDB)"), "sql", sql),
        Snippet(_("Data, with Python"), "python", python),
        Snippet(_("Data, with curl"), "sh", f"curl -sOJ {quote(url)}"),
    ]


def server_snippets(servers: Iterable[Server]) -> list[Snippet]:
    """Return how to read the data of each server that the lines are known for."""
    return [snippet for server in servers for snippet in _server(server)]


def _server(server: Server) -> list[Snippet]:
    place = server.location
    # What a terminal or an editor would not show as it is, is not offered for pasting.
    if not place.isprintable():
        return []
    if server.type == "api" and place:
        python = (
            "import json, urllib.request\n\n"
            f"with urllib.request.urlopen({place!r}) as answer:\n"
            "    rows = json.load(answer)"
        )
        return [
            Snippet(_("Data, with curl"), "sh", f"curl -s -- {quote(place)}"),
            Snippet(_("Data, with Python"), "python", python),
        ]
    if server.type == "local" and server.format in READERS:
        reader, text = READERS[server.format], place.replace("'", "''")
        sql = f"SELECT *\nFROM {reader}('{text}')\nLIMIT 20;"
        python = (
            "import duckdb\n\n"
            f"relation = duckdb.read_{server.format}({place!r})\n"
            "rows = relation.limit(20).fetchall()"
        )
        return [
            Snippet(_("Data, with SQL (DuckDB)"), "sql", sql),
            Snippet(_("Data, with Python"), "python", python),
        ]
    if server.type == "local" and server.format == "sqlite":
        # From ./ on, no path is an option or a URI.
        path = quote(f"./{place}")
        return [Snippet(_("Data, with SQL (SQLite)"), "sh", f"sqlite3 -readonly {path} .tables")]
    return []
