"""Datasets of CKAN as its API returns them, and data packages of Frictionless; pure."""

from collections.abc import Iterator, Sequence

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests.formats.portals import PortalDataset, PortalFile, portal_product
from catalog.manifests.formats.source_object import Slugs, SourceObject, not_kept
from catalog.manifests.formats.types import MEGABYTE, Format, ImportedProduct, SourceFile
from catalog.types import JSONObject, JSONValue

SYSTEM = "ckan"
_LOGICAL_TYPES = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "datetime": "timestamp",
    "object": "object",
    "array": "array",
}


def detects(value: JSONValue) -> bool:
    if not isinstance(value, dict):
        return False
    is_answer = "success" in value and isinstance(value.get("result"), dict)
    resources = value.get("resources")
    first = resources[0] if isinstance(resources, list) and resources else None
    is_package = isinstance(first, dict) and not {"url", "path", "package_id"}.isdisjoint(first)
    return is_answer or (is_package and "name" in value and "kind" not in value)


def read(files: Sequence[SourceFile]) -> Iterator[ImportedProduct]:
    """Yield a product for each dataset. Raises ValidationFailed."""
    slugs = Slugs()
    for file in files:
        losses: list[Issue] = []
        for pointer, value in _packages(file.value):
            source = SourceObject(value, pointer)
            if source.value.get("state") == "deleted":
                name = str(source.value.get("name"))
                losses.append(not_kept(pointer, name, "it is marked as deleted"))
                continue
            yield _product(source, slugs, losses)
            losses = []


FORMAT = Format(
    name=SYSTEM,
    title="CKAN datasets and Frictionless data packages",
    versions="CKAN API 3, Data Package 1",
    files="JSON of package_show or package_search, or one package",
    detects=detects,
    read=read,
    max_bytes=64 * MEGABYTE,
)


def _packages(value: JSONValue) -> Iterator[tuple[str, JSONValue]]:
    """Yield the packages of an answer of the API, or the one of a file, with their pointers."""
    if not isinstance(value, dict):
        raise ValidationFailed([Issue(location="", message="A dataset must be an object.")])
    result = value.get("result")
    if isinstance(result, dict) and isinstance(result.get("results"), list):
        yield from ((f"/result/results/{n}", item) for n, item in enumerate(result["results"]))
    elif isinstance(result, dict):
        yield "/result", result
    elif isinstance(value.get("resources"), list):
        yield "", value
    else:
        message = "A dataset of CKAN has a list of resources."
        raise ValidationFailed([Issue(location="/resources", message=message)])


def _product(source: SourceObject, slugs: Slugs, losses: Sequence[Issue]) -> ImportedProduct:
    issues = []
    if not any(isinstance(source.value.get(name), str) for name in ("id", "name")):
        message, place = "A dataset needs an id or a name.", f"{source.pointer}/name"
        issues.append(Issue(location=place, message=message))
    source.discard("type", "state", "num_resources", "num_tags")
    name = source.text("name")
    identifier = source.text("id") or name or source.pointer
    licenses = source.objects("licenses")
    tags = [tag.text("display_name", "name") for tag in source.objects("tags")]
    groups = [group.text("title", "display_name", "name") for group in source.objects("groups")]
    contact = source.text("maintainer") or source.text("author")
    dataset = PortalDataset(
        identifier=identifier,
        title=source.text("title") or name,
        description=source.text("notes", "description"),
        tags=[*tags, *groups, *source.texts("keywords")],
        publisher=source.object("organization").text("title", "name"),
        contact=contact,
        email=source.text("maintainer_email") or source.text("author_email"),
        license=source.text("license_id")
        or next((one.text("name", "path") for one in licenses), ""),
        version=source.text("version"),
        sensitivity="public" if source.flag("private") is False else "",
        pages=[("documentation", source.text("url", "homepage"), "")],
        files=[_file(one) for one in source.objects("resources")],
        issues=issues,
    )
    return portal_product(SYSTEM, dataset, source, slugs, losses)


def _file(source: SourceObject) -> PortalFile:
    media = source.text("mimetype", "mediatype")
    fields = source.object("schema").objects("fields")
    return PortalFile(
        title=source.text("title") or source.text("name"),
        format=source.text("format") or media.rpartition("/")[2],
        address=source.text("url", "path"),
        description=source.text("description"),
        columns=[_column(one) for one in fields if one.value.get("name")],
    )


def _column(source: SourceObject) -> JSONObject:
    kind, constraints = source.text("type"), source.object("constraints")
    column = {
        "name": source.text("name")[:300],
        "businessName": source.text("title"),
        "logicalType": _LOGICAL_TYPES.get(kind, ""),
        "physicalType": kind,
        "description": source.text("description"),
        "required": constraints.flag("required") or None,
        "unique": constraints.flag("unique") or None,
    }
    return {key: value for key, value in column.items() if value}
