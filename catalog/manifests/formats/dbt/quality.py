"""Tests and freshness of dbt as quality rules and service levels of ODCS; pure."""

import json
import re
from collections.abc import Iterator, Mapping

from catalog.manifests.formats.dbt.artifacts import Artifacts, Node, items, mapping, text
from catalog.types import JSONObject, JSONValue

ENGINE = "dbt"
MAX_IMPLEMENTATION = 20_000
# The names in `ref('orders')` and `source('shop', 'orders')`.
_REFERENCE = re.compile(r"""['"]([^'"]+)['"]\s*\)""")


def rules_by_node(artifacts: Artifacts) -> dict[str, dict[str, list[JSONObject]]]:
    """Return the rules of each node: by column, and under an empty name those of the table."""
    rules: dict[str, dict[str, list[JSONObject]]] = {}
    for test in artifacts.tests():
        node = _tested(artifacts, test)
        if node is None or test.config.get("enabled") is False:
            continue
        column = _column_of(test)
        rules.setdefault(node, {}).setdefault(column.casefold(), []).append(_rule(test))
    return rules


def service_levels(node: Node) -> Iterator[JSONObject]:
    """Yield the freshness that a source promises; the errors first, then the warnings."""
    freshness = mapping(node.get("freshness"))
    element = text(node.get("loaded_at_field"))
    for key, words in (("error_after", "error"), ("warn_after", "warning")):
        limit = mapping(freshness.get(key))
        count, period = limit.get("count"), text(limit.get("period"))
        if type(count) is int and period:
            level: JSONObject = {"property": "freshness", "value": count, "unit": period}
            level["description"] = f"dbt reports an older source as {words}."
            yield level | ({"element": f"{node.name}.{element}"} if _is_column(element) else {})


def _is_column(element: str) -> bool:
    return element.isidentifier()


def _tested(artifacts: Artifacts, test: Node) -> str | None:
    """Return what a test is of: what it is attached to, else the last that it reads."""
    attached = text(test.values.get("attached_node"))
    if attached:
        return attached
    depends_on = [node for key in test.depends_on if (node := artifacts.node(key))]
    arguments = mapping(mapping(test.values.get("test_metadata")).get("kwargs"))
    names = _REFERENCE.findall(text(arguments.get("model")))
    referenced = [node.id for node in depends_on if node.name in names]
    return next(iter([*referenced, *(node.id for node in depends_on[-1:])]), None)


def _column_of(test: Node) -> str:
    arguments = mapping(mapping(test.values.get("test_metadata")).get("kwargs"))
    column = text(test.values.get("column_name")) or text(arguments.get("column_name"))
    return column.strip('"`[]')


def _rule(test: Node) -> JSONObject:
    metadata = mapping(test.values.get("test_metadata"))
    name = text(metadata.get("name"))
    rule: JSONObject = {"id": _stable(test.id), "name": test.name}
    rule |= _library_rule(metadata, test) or _own_rule(test, name)
    if description := text(test.values.get("description")):
        rule["description"] = description
    rule["severity"] = (text(test.config.get("severity")) or "ERROR").lower()
    return rule


def _library_rule(metadata: Mapping[str, JSONValue], test: Node) -> JSONObject:
    """Return a test as a metric of the standard, if it says the same."""
    if text(metadata.get("namespace")) or test.config.get("where") or _has_own_limit(test):
        return {}
    arguments = mapping(metadata.get("kwargs"))
    name = text(metadata.get("name"))
    if name == "not_null":
        return {"metric": "nullValues", "mustBe": 0, "dimension": "completeness"}
    if name == "unique":
        return {"metric": "duplicateValues", "mustBe": 0, "dimension": "uniqueness"}
    values = items(arguments.get("values"))
    if name == "accepted_values" and values and arguments.get("quote") is not False:
        return {
            "metric": "invalidValues",
            "arguments": {"validValues": values},
            "mustBe": 0,
            "dimension": "conformity",
        }
    return {}


def _has_own_limit(test: Node) -> bool:
    """Return True if a test fails at another number of rows than one."""
    return any(_is_limit(test.config.get(key)) for key in ("error_if", "warn_if"))


def _is_limit(value: JSONValue) -> bool:
    return value not in (None, "", "!= 0", "!=0", ">0", "> 0")


def _own_rule(test: Node, name: str) -> JSONObject:
    """Return any other test as a rule that dbt itself checks."""
    metadata = mapping(test.values.get("test_metadata"))
    arguments = {
        key: value for key, value in mapping(metadata.get("kwargs")).items() if key != "model"
    }
    code = text(test.values.get("raw_code")) or text(test.values.get("raw_sql"))
    namespace = text(metadata.get("namespace"))
    call = f"{namespace}.{name}" if namespace else name
    config = {
        key: value
        for key in ("where", "error_if", "warn_if")
        if (value := test.config.get(key)) and (key == "where" or _is_limit(value))
    }
    implementation = json.dumps(
        {"test": call, "arguments": arguments, **config} if name else {"sql": code, **config},
        sort_keys=True,
        ensure_ascii=False,
    )
    return {
        "type": "custom",
        "engine": ENGINE,
        "implementation": implementation[:MAX_IMPLEMENTATION],
    }


def _stable(identifier: str) -> str:
    """Return an id as ODCS 3.1 allows it."""
    return "".join(
        char if char.isascii() and (char.isalnum() or char in "_-") else "_" for char in identifier
    )
