"""Compiles SQL rules: the placeholders of ODCS become names of the source; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from catalog.types import JSONObject
from governance.quality.drafts import Draft, Place, RuleProblem, threshold_in
from governance.quality.rules import Unit
from governance.sandbox.checks import MAX_SQL_LENGTH, Check

TABLE_NAMES = ("table", "model", "object")
QUALIFIER_NAMES = ("schema", "dataset", "project", "catalog", "database")
COLUMN_NAMES = ("column", "field", "property")
PLACEHOLDER = re.compile(r"[\"'`]?\$?\{([A-Za-z_]+)\}[\"'`]?")
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
# Databases that quote names by backticks.
BACKTICKS = ("mysql", "mariadb")


def compile_sql(rule: JSONObject, place: Place) -> Draft:
    """Return what a SQL rule asks for: a SELECT of one number. Raises RuleProblem."""
    query = rule.get("query")
    if not isinstance(query, str) or not query.strip():
        raise RuleProblem("The rule has no query.", "Add a SELECT of one number.", "/query")
    if len(query) > MAX_SQL_LENGTH:
        hint = f"At most {MAX_SQL_LENGTH} characters are run; create a view in the source."
        raise RuleProblem("The query is too long.", hint, "/query")
    return Draft(
        kind="sql",
        threshold=threshold_in(rule),
        unit=Unit.NONE,
        check=Check(key="", kind="sql", sql=with_names(query, place)),
    )


def with_names(query: str, place: Place) -> str:
    """Return a query whose placeholders are the names of the source. Raises RuleProblem."""
    names: dict[str, str] = dict.fromkeys(TABLE_NAMES, place.table)
    for qualifier in QUALIFIER_NAMES:
        names[qualifier] = str(place.server.get(qualifier) or place.table)
    if place.column:
        names |= dict.fromkeys(COLUMN_NAMES, place.column)

    def name(match: re.Match[str]) -> str:
        if match[1] not in names:
            known = ", ".join(f"${{{name}}}" for name in names)
            hint = f"Known here are {known}."
            raise RuleProblem(f"Unknown placeholder ${{{match[1]}}}.", hint, "/query")
        return quoted(names[match[1]], place.server)

    return PLACEHOLDER.sub(name, query)


def quoted(name: str, server: Mapping[str, object]) -> str:
    """Return a name as SQL writes it; a plain one without quotes, so that its case is ignored."""
    quote = "`" if server.get("type") in BACKTICKS else '"'
    return ".".join(
        part if PLAIN_NAME.fullmatch(part) else f"{quote}{part.replace(quote, quote * 2)}{quote}"
        for part in name.split(".")
    )
