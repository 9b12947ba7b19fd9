"""Columns of OpenMetadata's tables, and fields of its topics, as columns of a contract; pure."""

import re
from collections.abc import Iterator

from catalog.manifests.formats.source_object import SourceObject, links
from catalog.manifests.issues import ParseError
from catalog.manifests.readers import read_json
from catalog.types import JSONObject, JSONValue

MAX_DEPTH = 20
# Values of the data itself, which do not belong into a catalog.
DATA = ("sampleData", "tableProfile", "profile", "customMetrics")
_TYPES = {
    "string": "VARCHAR CHAR STRING TEXT MEDIUMTEXT LARGETEXT UUID ENUM XML CLOB BYTES",
    "integer": "INT BIGINT SMALLINT TINYINT BYTEINT LONG",
    "number": "NUMERIC NUMBER DECIMAL DOUBLE FLOAT",
    "timestamp": "TIMESTAMP TIMESTAMPZ DATETIME",
    "date": "DATE",
    "time": "TIME",
    "boolean": "BOOLEAN",
    "array": "ARRAY SET",
    "object": "STRUCT MAP RECORD JSON UNION",
}
LOGICAL_TYPES = {name: logical for logical, names in _TYPES.items() for name in names.split()}
_CLASSES = re.compile(r"(?:PII|PersonalData|Classification|DataSensitivity)\..+", re.IGNORECASE)
_AVRO = {"int": "INT", "long": "LONG", "double": "DOUBLE", "float": "FLOAT", "record": "RECORD"}


def table_columns(table: SourceObject) -> list[JSONObject]:
    """Return the columns of a table, with what its constraints say of them."""
    columns = _columns(table, "columns", 0)
    by_name = {column["name"]: column for column in columns}
    for constraint in table.objects("tableConstraints"):
        names = constraint.texts("columns")
        kind = constraint.value.get("constraintType")
        if kind == "PRIMARY_KEY":
            constraint.discard("constraintType")
            for position, name in enumerate(names, start=1):
                if name in by_name:
                    by_name[name] |= {"primaryKey": True, "primaryKeyPosition": position}
        elif kind == "UNIQUE" and len(names) == 1 and names[0] in by_name:
            constraint.discard("constraintType")
            by_name[names[0]]["unique"] = True
    return columns


def places_of_data(source: SourceObject, depth: int = 0) -> Iterator[str]:
    """Yield where a table or a column holds values of the data."""
    yield from (f"{source.pointer}/{name}" for name in DATA if source.value.get(name))
    for member in ("columns", "children"):
        for inner in source.objects(member) if depth <= MAX_DEPTH else ():
            yield from places_of_data(inner, depth + 1)


def avro_columns(schema: SourceObject) -> list[JSONObject]:
    """Return the fields of an Avro schema that is written as a text; none of any other schema."""
    if str(schema.value.get("schemaType")).casefold() != "avro":
        return []
    try:
        record = read_json(str(schema.value.get("schemaText", "")).encode(), name="")
    except ParseError:
        return []
    schema.discard("schemaText", "schemaType")
    return _avro_fields(record, 0)


def _columns(parent: SourceObject, name: str, depth: int) -> list[JSONObject]:
    if depth > MAX_DEPTH:
        return []
    return [_column(source, depth) for source in parent.objects(name) if source.value.get("name")]


def _column(source: SourceObject, depth: int) -> JSONObject:
    kind = source.text("dataType")
    logical = LOGICAL_TYPES.get(kind.upper(), "")
    tags = [tag.text("tagFQN") for tag in source.objects("tags")]
    terms = [
        tag.text("tagFQN")
        for tag in source.objects("tags")
        if tag.value.get("source") == "Glossary"
    ]
    children = _columns(source, "children", depth + 1)
    source.discard("ordinalPosition", "fullyQualifiedName", *DATA)
    column: JSONObject = {
        "name": source.text("name")[:300],
        "businessName": source.text("displayName"),
        "logicalType": logical,
        "physicalType": (source.text("dataTypeDisplay") or kind)[:200],
        "description": source.text("description"),
        "tags": [tag for tag in tags if tag not in terms],
        "classification": next((tag for tag in tags if _CLASSES.match(tag)), "")[:60],
        "authoritativeDefinitions": links(("businessDefinition", term, "") for term in terms),
        **_constraint(source),
        **_length(source, logical),
    }
    if logical == "array":
        items = {"logicalType": LOGICAL_TYPES.get(source.text("arrayDataType").upper(), "")}
        column["items"] = {key: value for key, value in items.items() if value} | (
            {"logicalType": "object", "properties": children} if children else {}
        )
    elif children:
        column |= {"logicalType": "object", "properties": children}
    return {key: value for key, value in column.items() if value not in ("", [], {}, None)}


def _constraint(source: SourceObject) -> JSONObject:
    kind = source.text("constraint")
    return {
        "PRIMARY_KEY": {"primaryKey": True, "required": True},
        "NOT_NULL": {"required": True},
        "UNIQUE": {"unique": True},
    }.get(kind, {})


def _length(source: SourceObject, logical: str) -> JSONObject:
    length = source.value.get("dataLength")
    if logical != "string" or type(length) is not int or length < 1:
        return {}
    source.discard("dataLength")
    return {"logicalTypeOptions": {"maxLength": length}}


def _avro_fields(record: JSONValue, depth: int) -> list[JSONObject]:
    fields = record.get("fields") if isinstance(record, dict) else None
    columns = []
    for field in fields if isinstance(fields, list) and depth <= MAX_DEPTH else ():
        if not isinstance(field, dict) or not isinstance(field.get("name"), str):
            continue
        kind = field.get("type")
        options = kind if isinstance(kind, list) else [kind]
        inner = next((option for option in options if option != "null"), None)
        name = inner.get("type") if isinstance(inner, dict) else inner
        text = str(name or "")
        column = {
            "name": field["name"][:300],
            "logicalType": LOGICAL_TYPES.get(_AVRO.get(text, text.upper()), ""),
            "physicalType": text[:200],
            "description": str(field.get("doc") or ""),
            "required": True if kind and "null" not in options else None,
            "properties": _avro_fields(inner, depth + 1),
        }
        columns.append({key: value for key, value in column.items() if value})
    return columns
