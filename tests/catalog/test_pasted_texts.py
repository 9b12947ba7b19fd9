"""What people paste or open elsewhere: snippets keep to their language, CSV runs no formula."""

import ast
import shlex
import sqlite3
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest
from django.urls import resolve, reverse

from catalog.contracts.models import Server
from catalog.products.models import DataProduct, Visibility
from catalog.web.csv_lines import csv_lines
from catalog.web.products.snippets import data_snippets, entry_snippets, server_snippets

HOSTILE = [
    "sales/it's.csv",
    "sales/a'; touch /tmp/x; '.csv",
    'sales/a""" + __import__("os").system("id") + """.csv',
    "sales/a\\'); import os; os.system('id') #.csv",
    "sales/$(id)`id`.csv",
    "sales/a b;id&&id|id>x.csv",
    "sales/') UNION SELECT * FROM read_csv('people/salaries.csv",
    "-init evil.sql",
    "-cmd",
    "file:sales/a?mode=rwc",
    "sales/{rows}.csv",
]
STRINGS = {"parquet": "read_parquet", "csv": "read_csv", "json": "read_json"}


def literals_in(source: str) -> list[str]:
    """Return the text literals of a Python program, which has no other argument."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    arguments = [argument for call in calls for argument in call.args]
    assert all(isinstance(argument, ast.Constant | ast.Call | ast.Name) for argument in arguments)
    return [a.value for a in arguments if isinstance(a, ast.Constant) and isinstance(a.value, str)]


@pytest.mark.parametrize("place", HOSTILE)
@pytest.mark.parametrize("file_format", STRINGS)
def test_a_path_in_a_snippet_is_one_literal_of_its_language(place, file_format):
    server = Server(type="local", location=place, format=file_format)

    sql, python = (snippet.text for snippet in server_snippets([server]))

    assert literals_in(python) == [place]
    start, end = f"SELECT *\nFROM {STRINGS[file_format]}(", ")\nLIMIT 20;"
    assert sql.startswith(start)
    assert sql.endswith(end)
    literal = sql[len(start) : -len(end)]
    assert sqlite3.connect(":memory:").execute(f"SELECT {literal}").fetchall() == [(place,)]


@pytest.mark.parametrize("name", HOSTILE)
def test_the_url_of_data_that_is_served_is_one_literal_of_each_language(name):
    url = f"https://catalog.example{reverse('api:port_data', args=[uuid4(), name])}"

    sql, python, curl = (snippet.text for snippet in data_snippets(url, "parquet"))

    [literal] = literals_in(python)
    assert resolve(unquote(urlsplit(literal).path)).kwargs["port"] == name
    assert shlex.split(curl, comments=True) == ["curl", "-sOJ", literal]
    assert sql == f"SELECT *\nFROM read_parquet('{literal}')\nLIMIT 20;"
    assert "'" not in literal


@pytest.mark.parametrize("place", HOSTILE)
def test_a_path_in_a_command_is_one_word_and_no_option(place):
    server = Server(type="local", location=place, format="sqlite")

    (snippet,) = server_snippets([server])

    words = shlex.split(snippet.text, comments=True)
    assert words == ["sqlite3", "-readonly", f"./{place}", ".tables"]


@pytest.mark.parametrize("place", [f"https://example.org/{text}" for text in HOSTILE])
def test_an_address_in_a_snippet_is_one_word_and_one_literal(place):
    curl, python = (
        snippet.text for snippet in server_snippets([Server(type="api", location=place)])
    )

    assert shlex.split(curl) == ["curl", "-s", "--", place]
    assert literals_in(python) == [place]


@pytest.mark.parametrize(
    "place", ["sales/a\x1b[2Jb.csv", "sales/a\nid\n.csv", "sales/a\u202eb.csv"]
)
def test_what_cannot_be_seen_is_not_offered_for_pasting(place):
    assert server_snippets([Server(type="local", location=place, format="csv")]) == []


@pytest.mark.parametrize("visibility", Visibility)
def test_the_address_of_the_installation_is_quoted_too(visibility):
    product, origin = DataProduct(visibility=visibility), "http://a'b\"c"

    curl, python = (snippet.text for snippet in entry_snippets(product, origin))

    address = f"{origin}/api/v1/products/{product.uuid}"
    assert shlex.split(curl)[-1] == address
    assert literals_in(python) == [address]


FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    " =1",
    "\t=1",
    "\u200b=1",
    "\ufeff\uff1d1",
    "%0a=1",
    "%0D%0A=1",
    "&#10;=1",
    "&#x0a;+1",
    "_x000A_=1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_is_never_a_formula(text):
    (_, cell) = csv_lines(["name"], [[text]])

    assert cell.strip("\r\n").strip('"').replace("'", "") == text
    assert "'" in cell


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028", "%0A", "&#13;"])
@pytest.mark.parametrize("formula", ["=1+1", "\uff1d1", " @a"])
def test_no_line_of_a_cell_is_a_formula(line_break, formula):
    (_, cell) = csv_lines(["name"], [[f"harmless{line_break}{formula}"]])

    sign = formula.strip()
    assert f"{line_break}{formula.removesuffix(sign)}'{sign}" in cell


@pytest.mark.parametrize("text", ["a-b", "a = b", "1 + 1", "me@example.org", "two\nlines", "50%"])
def test_other_texts_stay_as_they_are(text):
    (_, cell) = csv_lines(["name"], [[text]])

    assert "'" not in cell
    assert cell.strip("\r\n").strip('"') == text


@pytest.mark.parametrize("text", ["\n", "%0a ", " ", "\n="])
def test_long_runs_before_a_sign_take_linear_time(text):
    (_, cell) = csv_lines(["name"], [[text * 200_000]])

    assert len(cell) >= len(text) * 200_000
