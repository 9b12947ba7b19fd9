"""Catalogs of datasets as data.json: DCAT-US 1.1 (Project Open Data) and DCAT-US 3; pure."""

from collections.abc import Iterator, Sequence

from catalog.exceptions import ValidationFailed
from catalog.issues import Issue
from catalog.manifests.formats.portals import PortalDataset, PortalFile, portal_product
from catalog.manifests.formats.source_object import Slugs, SourceObject, not_kept
from catalog.manifests.formats.types import MEGABYTE, Format, ImportedProduct, SourceFile
from catalog.types import JSONValue

SYSTEM = "data-json"
DATASETS = "dataset"
# Where the schemas of the standard are, by which a file says that it follows it.
ADDRESSES = ("https://project-open-data.cio.gov/", "https://resources.data.gov/schemas/dcat-us")
_SENSITIVITIES = {
    "public": "public",
    "restricted public": "confidential",
    "non-public": "restricted",
}
_PAGES = {
    "landingPage": "documentation",
    "describedBy": "dataDictionary",
    "conformsTo": "standard",
    "references": "documentation",
    "page": "documentation",
}
_REQUIRED = ("identifier", "title")


def detects(value: JSONValue) -> bool:
    if not isinstance(value, dict):
        return False
    datasets = value.get(DATASETS)
    first = datasets[0] if isinstance(datasets, list) and datasets else None
    is_catalog = isinstance(first, dict) and "identifier" in first and "kind" not in value
    marks = (value.get("conformsTo"), value.get("id"), value.get("$id"))
    return is_catalog or any(str(mark).startswith(ADDRESSES) for mark in marks)


def read(files: Sequence[SourceFile]) -> Iterator[ImportedProduct]:
    """Yield a product for each dataset. Raises ValidationFailed."""
    slugs = Slugs()
    for file in files:
        catalog = SourceObject(file.value)
        if _is_schema(file.value):
            message = "This is a JSON Schema of a standard, not a catalog of datasets."
            raise ValidationFailed([Issue(location="", message=message)])
        datasets = catalog.value.get(DATASETS)
        if not isinstance(datasets, list):
            message = "A data.json catalog lists its datasets in the member dataset."
            raise ValidationFailed([Issue(location=f"/{DATASETS}", message=message)])
        catalog.discard(DATASETS, "@context", "@type", "conformsTo", "describedBy")
        losses = [
            not_kept(place, place[1:], "it is said of the catalog, not of a dataset")
            for place, _ in catalog.rest()
        ]
        for index, item in enumerate(datasets):
            yield _product(item, f"/{DATASETS}/{index}", slugs, losses)
            losses = []


FORMAT = Format(
    name=SYSTEM,
    title="data.json (DCAT-US)",
    versions="1.1 and 3.0",
    files="one catalog in JSON",
    detects=detects,
    read=read,
    max_bytes=64 * MEGABYTE,
)


def _is_schema(value: JSONValue) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("$schema"), str)
        and isinstance(value.get("properties") or value.get("$defs"), dict)
    )


def _product(
    item: JSONValue, pointer: str, slugs: Slugs, losses: Sequence[Issue]
) -> ImportedProduct:
    source = SourceObject(item, pointer)
    issues = [
        Issue(location=f"{pointer}/{name}", message=f"A dataset needs the text {name}.")
        for name in _REQUIRED
        if not isinstance(source.value.get(name), str) or not source.value[name]
    ]
    source.discard("@type")
    publisher = source.object("publisher")
    contact = _first(source, "contactPoint")
    files = [_file(one) for one in source.objects("distribution", is_single=True)]
    first = next(iter(source.objects("distribution", is_single=True)), SourceObject(None))
    dataset = PortalDataset(
        identifier=source.text("identifier") or pointer,
        title=source.text("title") or pointer,
        description=source.text("description"),
        tags=[*source.texts("keyword"), *_themes(source)],
        publisher=publisher.text("name") or source.text("publisher"),
        contact=contact.text("fn"),
        email=contact.text("hasEmail"),
        license=source.text("license") or first.text("license"),
        version=source.text("version"),
        sensitivity=_sensitivity(source),
        period=source.text("temporal"),
        pages=[
            (kind, address, "") for name, kind in _PAGES.items() for address in source.texts(name)
        ],
        files=files,
        issues=issues,
    )
    return portal_product(SYSTEM, dataset, source, slugs, losses)


def _file(source: SourceObject) -> PortalFile:
    source.discard("@type")
    media = source.text("mediaType")
    return PortalFile(
        title=source.text("title"),
        format=source.text("format") or media.rpartition("/")[2],
        address=source.text("downloadURL", "accessURL"),
        description=source.text("description"),
    )


def _first(source: SourceObject, name: str) -> SourceObject:
    objects = source.objects(name, is_single=True)
    return objects[0] if objects else SourceObject(None)


def _themes(source: SourceObject) -> list[str]:
    """Return the themes: texts in 1.1, concepts with a label in 3."""
    concepts = [one.text("prefLabel") for one in source.objects("theme", is_single=True)]
    return [*source.texts("theme"), *filter(None, concepts)]


def _sensitivity(source: SourceObject) -> str:
    """Return our word for the level of access; any other level is kept as it is."""
    level = source.value.get("accessLevel")
    known = _SENSITIVITIES.get(level) if isinstance(level, str) else None
    if known:
        source.discard("accessLevel")
    return known or ""
