"""Edits of a contract, each of one promise of its own, so that several of them add up."""

import copy
import random
from collections.abc import Callable, Collection, Iterator

from catalog.types import JSONObject

Mutation = Callable[[JSONObject, random.Random], None]
NEW_TABLE = {"name": "added table", "properties": [{"name": "a", "logicalType": "string"}]}
RULES: list[JSONObject] = [
    {"metric": "rowCount", "mustBeGreaterThan": 10},
    {"type": "sql", "query": "SELECT COUNT(*) FROM {object}", "mustBeBetween": [1, 100]},
]
COLUMN_RULES: list[JSONObject] = [
    {"metric": "nullValues", "mustBeLessThan": 5, "unit": "percent"},
    {"metric": "duplicateValues", "mustBe": 0},
    {"metric": "invalidValues", "arguments": {"validValues": ["a", "b"]}, "mustBeLessThan": 3},
    {"metric": "missingValues", "arguments": {"missingValues": [None, "-"]}, "mustBe": 0},
    {"metric": "nullValues", "mustBe": 0, "severity": "warning"},
]


def columns_of(table: JSONObject) -> Iterator[JSONObject]:
    """Yield the columns of a table with those that are nested in them."""
    for column in table.get("properties") or ():
        yield column
        yield from columns_of(column)
        if isinstance(column.get("items"), dict):
            yield from columns_of(column["items"])


def mutations_of(contract: JSONObject) -> dict[str, Mutation]:
    """Return the mutations of a contract by the promise that each is of.

    Those of different promises can be made together: no one removes what another one edits.
    """
    mutations: dict[str, Mutation] = {
        "add a table": lambda document, _choice: document["schema"].append(
            copy.deepcopy(NEW_TABLE)
        ),
        "describe": lambda document, _choice: document.update(description={"purpose": "Other."}),
        "tags": lambda document, _choice: document.update(tags=["another"]),
        "freshness": set_freshness,
    }
    for index, table in enumerate(contract.get("schema") or ()):
        mutations |= {
            f"table {index}: {name}": _of_table(index, mutate)
            for name, mutate in TABLE_MUTATIONS.items()
        }
        for position, _column in enumerate(columns_of(table)):
            for name, mutate in COLUMN_MUTATIONS.items():
                key = f"table {index}, column {position}: {name}"
                mutations[key] = _of_column(index, position, mutate)
    return mutations


def mutated(contract: JSONObject, names: Collection[str], seed: int) -> JSONObject:
    """Return a copy with these mutations; each has its own choices, whatever the others are."""
    document = copy.deepcopy(contract)
    mutations = mutations_of(contract)
    removals = [name for name in names if name.endswith("remove")]
    # Positions stay right while nothing is removed, and from the last to the first.
    ordered = [name for name in mutations if name in names and name not in removals]
    ordered += [name for name in reversed(mutations) if name in removals]
    for name in ordered:
        mutations[name](document, random.Random(f"{seed} {name}"))
    return document


def set_freshness(document: JSONObject, choice: random.Random) -> None:
    levels = document.setdefault("slaProperties", [])
    current = next((level for level in levels if level.get("property") == "freshness"), None)
    if current is None:
        tables = [table for table in document.get("schema") or () if table.get("properties")]
        if not tables:
            return
        element = f"{tables[0]['name']}.{tables[0]['properties'][0]['name']}"
        levels.append({"property": "freshness", "value": 1, "unit": "d", "element": element})
    else:
        current.update(value=choice.choice([1, 2, 100]), unit=choice.choice(["h", "d"]))


def set_or_remove(key: str, *values: object) -> Mutation:
    def mutate(node: JSONObject, choice: random.Random) -> None:
        value = choice.choice([None, *values])
        if value is None:
            node.pop(key, None)
        else:
            node[key] = value

    return mutate


def set_option(key: str, *values: object) -> Mutation:
    def mutate(node: JSONObject, choice: random.Random) -> None:
        set_or_remove(key, *values)(node.setdefault("logicalTypeOptions", {}), choice)

    return mutate


def edit_enum(column: JSONObject, choice: random.Random) -> None:
    values = column.get("enum")
    if not values:
        column["enum"] = [{"value": "a"}, {"value": "b"}]
    elif choice.random() < 0.3:
        del column["enum"]
    elif choice.random() < 0.5:
        values.pop(choice.randrange(len(values)))
    else:
        values.append({"value": "c"})


def edit_quality(rules: list[JSONObject]) -> Mutation:
    def mutate(node: JSONObject, choice: random.Random) -> None:
        current = node.setdefault("quality", [])
        step = choice.random()
        if not current or step < 0.3:
            current.append(copy.deepcopy(choice.choice(rules)))
        elif step < 0.5:
            current.pop(choice.randrange(len(current)))
        else:
            edit_rule(choice.choice(current), choice)

    return mutate


def edit_rule(rule: JSONObject, choice: random.Random) -> None:
    choice.choice(RULE_MUTATIONS)(rule, choice)


def move_threshold(rule: JSONObject, choice: random.Random) -> None:
    key, by = threshold_of(rule), choice.choice([-1, 1, 10])
    if key and isinstance(rule[key], list):
        rule[key] = [rule[key][0], rule[key][1] + by]
    elif key and isinstance(rule[key], int | float):
        rule[key] += by


def change_operator(rule: JSONObject, _choice: random.Random) -> None:
    key = threshold_of(rule)
    if key and isinstance(rule[key], int | float):
        rule["mustBeLessOrEqualTo"] = rule.pop(key)


def edit_arguments(rule: JSONObject, choice: random.Random) -> None:
    for values in (rule.get("arguments") or {}).values():
        if isinstance(values, list) and (choice.random() < 0.5 or not values):
            values.append("z")
        elif isinstance(values, list):
            values.pop()


def threshold_of(rule: JSONObject) -> str | None:
    return next((key for key in rule if key.startswith("must")), None)


def edit_relationships(node: JSONObject, choice: random.Random) -> None:
    current = node.setdefault("relationships", [])
    if not current or choice.random() < 0.4:
        current.append({"to": "others.id", "type": "foreignKey"})
    elif choice.random() < 0.5:
        current.pop()
    else:
        current[0]["to"] = "others.other"


def add_column(node: JSONObject, _choice: random.Random) -> None:
    added = {"name": "added column", "logicalType": "string", "required": True}
    # At the end, so that the positions of the others stay right.
    node.setdefault("properties", []).append(added)


RULE_MUTATIONS: list[Mutation] = [
    move_threshold,
    move_threshold,
    change_operator,
    edit_arguments,
    set_or_remove("severity", "warning", "error"),
    set_or_remove("metric", "nullValues", "missingValues", "duplicateValues"),
    set_or_remove("unit", "rows", "percent"),
    set_or_remove("description", "Said in other words."),
]
TABLE_MUTATIONS: dict[str, Mutation] = {
    "physicalName": set_or_remove("physicalName", "elsewhere", "other"),
    "physicalType": set_or_remove("physicalType", "view", "table"),
    "description": set_or_remove("description", "Other words."),
    "quality": edit_quality(RULES),
    "add a column": add_column,
}
COLUMN_MUTATIONS: dict[str, Mutation] = {
    "logicalType": set_or_remove("logicalType", "string", "integer", "number", "date"),
    "physicalType": set_or_remove("physicalType", "varchar(10)", "int"),
    "physicalName": set_or_remove("physicalName", "elsewhere"),
    "required": set_or_remove("required", True, False),
    "unique": set_or_remove("unique", True, False),
    "primaryKey": set_or_remove("primaryKey", True, False),
    "primaryKeyPosition": set_or_remove("primaryKeyPosition", 1, 2),
    "description": set_or_remove("description", "Other words."),
    "businessName": set_or_remove("businessName", "Another name"),
    "classification": set_or_remove("classification", "public", "restricted"),
    "tags": set_or_remove("tags", ["another"]),
    "examples": set_or_remove("examples", ["x", "y"]),
    "minimum": set_option("minimum", 0, 5, 10),
    "maximum": set_option("maximum", 20, 50, 100),
    "minLength": set_option("minLength", 1, 3),
    "maxLength": set_option("maxLength", 10, 30),
    "pattern": set_option("pattern", "^[a-z]+$", "^[a-z]{3}$"),
    "format": set_option("format", "email", "uuid"),
    "enum": edit_enum,
    "quality": edit_quality(COLUMN_RULES),
    "relationships": edit_relationships,
    "remove": lambda _column, _choice: None,
}


def _of_table(index: int, mutate: Mutation) -> Mutation:
    return lambda document, choice: mutate(document["schema"][index], choice)


def _of_column(index: int, position: int, mutate: Mutation) -> Mutation:
    def mutate_column(document: JSONObject, choice: random.Random) -> None:
        table = document["schema"][index]
        column = list(columns_of(table))[position]
        if mutate is COLUMN_MUTATIONS["remove"]:
            _remove(table, column)
        else:
            mutate(column, choice)

    return mutate_column


def _remove(owner: JSONObject, column: JSONObject) -> None:
    siblings = owner.get("properties") or []
    owner["properties"] = [sibling for sibling in siblings if sibling is not column]
    for sibling in owner["properties"]:
        for owner_of_more in (sibling, sibling.get("items") or {}):
            if owner_of_more.get("properties"):
                _remove(owner_of_more, column)
