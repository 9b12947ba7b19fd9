"""The schema of a dataset in DataHub as columns of a contract (ODCS); pure."""

import re
from collections.abc import Iterator, Mapping

from catalog.manifests.formats.source_object import SourceObject, links
from catalog.types import JSONObject

LOGICAL_TYPES = {
    "BooleanType": "boolean",
    "StringType": "string",
    "EnumType": "string",
    "NumberType": "number",
    "DateType": "date",
    "TimeType": "timestamp",
    "ArrayType": "array",
    "RecordType": "object",
    "MapType": "object",
    "UnionType": "object",
}
# Of a path in which the columns above it are looked for.
MAX_PATH = 1000
# In paths of the second version: `[version=2.0].[type=string].name`.
_ANNOTATION = re.compile(r"\[[^\[\]]*\]\.?")
# Terms of this node are classes of data: `Classification.Confidential`.
_CLASSIFICATION = re.compile(r"(?:^|[.:])classification\.([\w-]+)\Z", re.IGNORECASE)


class ColumnReader:
    """Reads the columns of one dataset; `names` are the names of tags and terms by URN.

    `documented` are the aspects of columns that are entities of their own, by path.
    """

    def __init__(
        self, names: Mapping[str, str], documented: Mapping[str, list[SourceObject]]
    ) -> None:
        self._names = names
        self._documented = documented

    def columns(self, schema: SourceObject, edited: SourceObject) -> list[JSONObject]:
        """Return the properties, nested as the paths say."""
        keys = set(schema.texts("primaryKeys"))
        edits: dict[str, list[SourceObject]] = {}
        for edit in edited.objects("editableSchemaFieldInfo"):
            edits.setdefault(plain_path(edit.text("fieldPath")), []).append(edit)
        columns: list[JSONObject] = []
        by_path: dict[str, JSONObject] = {}
        for source in schema.objects("fields"):
            raw = source.text("fieldPath")
            path = plain_path(raw)
            if not path or path in by_path:
                continue
            parent, name = _parent_of(path, by_path)
            others = [*edits.get(path, ()), *self._documented.get(path, ())]
            column = self._column(name, source, others)
            if source.flag("isPartOfKey") or raw in keys or path in keys:
                column["primaryKey"] = True
            by_path[path] = column
            (_members(by_path[parent]) if parent else columns).append(column)
        return columns

    def _column(self, name: str, source: SourceObject, others: list[SourceObject]) -> JSONObject:
        described = [other.text("description", "documentation") for other in others]
        for other in others:
            described += [one.text("documentation") for one in other.objects("documentations")]
        sources = (source, *others)
        tags = [tag for one in sources for tag in tags_of(one.object("globalTags"), self._names)]
        terms = [urn for one in sources for urn in term_urns(one.object("glossaryTerms"))]
        names = [self._names.get(urn) or urn.rpartition(":")[2] for urn in terms]
        nullable = source.flag("nullable")
        column = {
            "name": name[:300],
            "businessName": source.text("label"),
            "logicalType": _logical_type(source),
            "physicalType": source.text("nativeDataType")[:200],
            "description": next(filter(None, described), "") or source.text("description"),
            "required": True if nullable is False else None,
            "tags": list(dict.fromkeys(tags)),
            "classification": _classification([*terms, *names]),
            "authoritativeDefinitions": links(
                ("businessDefinition", urn, text) for urn, text in zip(terms, names, strict=True)
            ),
        }
        return {key: value for key, value in column.items() if value not in ("", [], None)}


def plain_path(path: str) -> str:
    """Return a path without the annotations of its second version."""
    return _ANNOTATION.sub("", path).strip(".")


def tags_of(aspect: SourceObject, names: Mapping[str, str]) -> Iterator[str]:
    for tag in aspect.objects("tags"):
        if urn := tag.text("tag"):
            yield (names.get(urn) or urn.removeprefix("urn:li:tag:"))[:120]


def term_urns(aspect: SourceObject) -> list[str]:
    return [urn for term in aspect.objects("terms") if (urn := term.text("urn"))]


def _parent_of(path: str, known: Mapping[str, JSONObject]) -> tuple[str, str]:
    """Return the longest known path above a path, if it may have members, and the rest."""
    for index in range(min(len(path), MAX_PATH) - 1, 0, -1):
        above = known.get(path[:index]) if path[index] == "." else None
        if above and above.get("logicalType") in ("object", "array"):
            return path[:index], path[index + 1 :]
    return "", path


def _members(column: JSONObject) -> list[JSONObject]:
    """Return the list of the members of a column, which an array has in its items."""
    holder = column
    if column.get("logicalType") == "array":
        holder = column.setdefault("items", {"logicalType": "object"})
    members: list[JSONObject] = holder.setdefault("properties", [])
    return members


def _logical_type(source: SourceObject) -> str:
    kind = source.object("type").object("type")
    for name in kind.value:
        short = name.rpartition(".")[2]
        if short in LOGICAL_TYPES:
            inner = kind.object(name)
            if not inner.value:
                kind.discard(name)
            return LOGICAL_TYPES[short]
    return ""


def _classification(texts: list[str]) -> str:
    matches = (_CLASSIFICATION.search(text) for text in texts)
    return next((match[1][:60] for match in matches if match), "")
