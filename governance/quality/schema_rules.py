"""What the schema of a contract promises without a rule: required, unique, bounds, types; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from catalog.types import JSONObject
from governance.inspection.declarations import nested_nodes, physical_name
from governance.quality.dimensions import Dimension
from governance.quality.drafts import Draft, Place, text_of
from governance.quality.rules import NO_ROWS, Operator, Threshold, Unit
from governance.sandbox.checks import MAX_PATTERN_LENGTH, Check, Reference

# The name of the port's own server in requests to the engine.
OWN = "own"
# Types that not every text conforms to.
CHECKED_TYPES = frozenset(("integer", "number", "boolean", "date", "timestamp", "time"))
ARRAY_OPTIONS = ("minItems", "maxItems", "uniqueItems")
UNIT_SECONDS = {
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
}
# The parts of an ISO 8601 duration, with the seconds of each.
DURATION = re.compile(
    r"P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
)
DURATION_SECONDS = (365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3600, 60, 1)


def column_drafts(item: JSONObject, place: Place) -> Iterator[Draft]:
    """Yield what the schema promises of one column."""
    column = place.column
    is_key = item.get("primaryKey") is True
    if item.get("required") is True or is_key:
        yield _draft(
            "missing",
            "required",
            f"{column} has a value",
            Check(key="", kind="missing", columns=(column,)),
            Dimension.COMPLETENESS,
        )
    if item.get("unique") is True:
        yield _unique((column,))
    logical_type = str(item.get("logicalType") or "")
    if logical_type in CHECKED_TYPES:
        check = Check(key="", kind="type_conformity", columns=(column,), logical_type=logical_type)
        yield _draft("type_conformity", "type", f"{column} is of type {logical_type}", check)
    options = item.get("logicalTypeOptions")
    yield from _option_drafts(column, options if isinstance(options, Mapping) else {})
    if (values := _allowed_values(item)) is not None:
        check = Check(key="", kind="allowed_values", columns=(column,), allowed=values)
        yield _draft("allowed_values", "enum", f"{column} has an allowed value", check)


def key_drafts(node: JSONObject) -> Iterator[Draft]:
    """Yield that the primary key of a table, of one column or of several, is unique."""
    keys = [item for item in nested_nodes(node) if item.get("primaryKey") is True]
    if len(keys) > 1 or (keys and keys[0].get("unique") is not True):
        keys.sort(key=lambda item: item.get("primaryKeyPosition") or 0)
        yield _unique(tuple(map(physical_name, keys)), "primary key")


def relationship_drafts(
    node: JSONObject, tables: Sequence[tuple[Place, JSONObject]]
) -> Iterator[Draft]:
    """Yield that the foreign keys of a table have a match in the table that they refer to."""
    for item in nested_nodes(node):
        for relationship in _relationships(item):
            yield _foreign_key([physical_name(item)], relationship, tables)
    names = {str(item.get("name")): physical_name(item) for item in nested_nodes(node)}
    for relationship in _relationships(node):
        sources = [text.rpartition(".")[2] for text in _texts(relationship.get("from"))]
        yield _foreign_key([names.get(name, name) for name in sources], relationship, tables)


def service_level_drafts(
    tree: Mapping[str, object], tables: Sequence[tuple[Place, JSONObject]]
) -> Iterator[tuple[Place, Draft]]:
    """Yield the freshness that service levels promise of a column (`element: table.column`)."""
    levels = tree.get("slaProperties")
    for index, level in enumerate(levels if isinstance(levels, list) else ()):
        if not isinstance(level, dict) or level.get("property") != "freshness":
            continue
        seconds = seconds_in(level.get("value"), str(level.get("unit") or "d"))
        table_part, _, column = str(level.get("element") or "").partition(".")
        for place, node in tables:
            columns = {
                name: physical_name(item)
                for item in nested_nodes(node)
                for name in (item.get("name"), physical_name(item))
            }
            if seconds is None or table_part not in place.names or column not in columns:
                continue
            own = Place(
                location=f"/slaProperties/{index}",
                table=place.table,
                names=place.names,
                column=columns[column],
                server=place.server,
            )
            yield own, freshness_draft(columns[column], seconds)


def freshness_draft(column: str, seconds: float) -> Draft:
    return Draft(
        kind="freshness",
        name="freshness",
        title=f"Newest value of {column}",
        columns=(column,),
        dimension=Dimension.TIMELINESS,
        unit=Unit.SECONDS,
        threshold=Threshold(Operator.LESS, seconds),
        check=Check(key="", kind="freshness", columns=(column,)),
    )


def seconds_in(value: object, unit: str) -> float | None:
    """Return a duration, as a number of a unit or in ISO 8601; None if it is neither."""
    text = str(value).strip()
    if isinstance(value, str) and (match := DURATION.fullmatch(text.upper())):
        parts = zip(match.groups(), DURATION_SECONDS, strict=True)
        return float(sum(int(amount) * seconds for amount, seconds in parts if amount))
    factor = UNIT_SECONDS.get(unit.strip().casefold())
    try:
        return float(text) * factor if factor and not isinstance(value, bool) else None
    except ValueError:
        return None


def _draft(
    kind: str, name: str, title: str, check: Check, dimension: Dimension = Dimension.VALIDITY
) -> Draft:
    return Draft(
        kind=kind,
        name=name,
        title=title,
        columns=check.columns,
        dimension=dimension,
        threshold=NO_ROWS,
        check=check,
    )


def _unique(columns: tuple[str, ...], name: str = "unique") -> Draft:
    check = Check(key="", kind="duplicates", columns=columns)
    title = f"{', '.join(columns)} is unique"
    return _draft("duplicates", name, title, check, Dimension.UNIQUENESS)


def _option_drafts(column: str, options: Mapping[str, object]) -> Iterator[Draft]:
    yield from _bound_drafts(column, options)
    pattern = options.get("pattern")
    if isinstance(pattern, str) and 0 < len(pattern) <= MAX_PATTERN_LENGTH:
        check = Check(key="", kind="pattern", columns=(column,), pattern=pattern)
        yield _draft("pattern", "pattern", f"{column} has the stated pattern", check)
    for name in ARRAY_OPTIONS:
        if options.get(name) is not None:
            reason = "Rules on the items of an array are not run yet."
            yield Draft(kind="array", name=name, title=f"{column}: {name}", reason=reason)


def _bound_drafts(column: str, options: Mapping[str, object]) -> Iterator[Draft]:
    for names, is_exclusive in (
        (("minimum", "maximum"), False),
        (("exclusiveMinimum", "exclusiveMaximum"), True),
    ):
        for name, bound in zip(names, ("minimum", "maximum"), strict=True):
            if (value := options.get(name)) is not None:
                check = Check(
                    key="",
                    kind="range",
                    columns=(column,),
                    minimum=text_of(value) if bound == "minimum" else None,
                    maximum=text_of(value) if bound == "maximum" else None,
                    is_exclusive=is_exclusive,
                )
                yield _draft("range", name, f"{column}: {name} {text_of(value)}", check)
    for name in ("minLength", "maxLength"):
        if isinstance(value := options.get(name), int):
            check = Check(
                key="",
                kind="length",
                columns=(column,),
                min_length=value if name == "minLength" else None,
                max_length=value if name == "maxLength" else None,
            )
            yield _draft("length", name, f"{column}: {name} {value}", check)


def _allowed_values(item: JSONObject) -> tuple[str, ...] | None:
    """Return the values of an enum, of ODCS 3.2 or as earlier tools wrote it."""
    options = item.get("logicalTypeOptions")
    values: object = item.get("enum")
    if not values and isinstance(options, Mapping):
        values = options.get("enum")
    if not values:
        values = next(
            (
                entry.get("value")
                for entry in _mappings(item.get("customProperties"))
                if entry.get("property") == "enum"
            ),
            None,
        )
    if not isinstance(values, list) or not values:
        return None
    plain = (value.get("value") if isinstance(value, Mapping) else value for value in values)
    return tuple(text_of(value) for value in plain if value is not None)


def _relationships(node: JSONObject) -> Iterator[JSONObject]:
    for relationship in _mappings(node.get("relationships")):
        if (relationship.get("type") or "foreignKey") == "foreignKey":
            yield relationship


def _mappings(value: object) -> list[JSONObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    items: Iterable[object] = value if isinstance(value, list) else (value,)
    return [str(item) for item in items if item]


def _foreign_key(
    columns: list[str],
    relationship: JSONObject,
    tables: Sequence[tuple[Place, JSONObject]],
) -> Draft:
    targets = [text.rpartition(".") for text in _texts(relationship.get("to"))]
    target_tables = {table for table, _, _ in targets}
    matches = [
        (place, node)
        for place, node in tables
        if target_tables and target_tables <= set(place.names)
    ]
    title = f"{', '.join(columns)} refers to {', '.join(_texts(relationship.get('to')))}"
    draft = Draft(
        kind="reference",
        name="relationship",
        title=title,
        columns=tuple(columns),
        dimension=Dimension.CONSISTENCY,
    )
    if len(targets) != len(columns) or not matches:
        reason = "The contract has no such column to refer to."
        return replace(draft, reason=reason)
    place, node = matches[0]
    names = {str(item.get("name")): physical_name(item) for item in nested_nodes(node)}
    reference = Reference(
        server=OWN,
        table=place.table,
        columns=tuple(names.get(column, column) for _, _, column in targets),
    )
    check = Check(key="", kind="reference", columns=tuple(columns), reference=reference)
    return replace(draft, check=check)
