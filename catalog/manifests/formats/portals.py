"""Datasets of open data portals: one contract whose servers are the distributions; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.issues import Issue
from catalog.manifests.formats.source_object import Slugs, SourceObject, links
from catalog.manifests.formats.tables import Table, build_product, table_contract
from catalog.manifests.formats.types import ImportedProduct
from catalog.types import JSONObject, JSONValue

# The addresses of a portal are kept, and read by nobody until an owner gives the server a type
# that is checked.
SERVER_TYPE = "custom"


@dataclass(frozen=True, kw_only=True)
class PortalFile:
    """One distribution or resource of a dataset."""

    title: str
    format: str
    address: str
    description: str = ""
    columns: Sequence[JSONObject] = ()


@dataclass(frozen=True, kw_only=True)
class PortalDataset:
    """What portals say of a dataset, whatever they call it."""

    identifier: str
    title: str
    description: str = ""
    tags: Sequence[str] = ()
    publisher: str = ""
    contact: str = ""
    email: str = ""
    license: str = ""
    version: str = ""
    sensitivity: str = ""
    period: str = ""
    pages: Sequence[tuple[str, str, str]] = ()
    files: Sequence[PortalFile] = ()
    issues: Sequence[Issue] = field(default=())


def portal_product(
    standard: str,
    dataset: PortalDataset,
    source: SourceObject,
    slugs: Slugs,
    losses: Iterable[Issue] = (),
) -> ImportedProduct:
    """Return the product of a dataset; the rest of its source is kept."""
    extras = dict(source.rest())
    tables = _tables(dataset)
    name = dataset.title or dataset.identifier
    answers = {"period": {"state": "answered", "text": dataset.period}} if dataset.period else {}
    return build_product(
        standard,
        identifier=dataset.identifier,
        name=name,
        slug=slugs.unique(name, dataset.identifier),
        purpose=dataset.description,
        tags=dataset.tags,
        definitions=links(dataset.pages),
        tables=tables,
        extras=extras,
        losses=losses,
        issues=dataset.issues,
        properties={
            "license": dataset.license,
            "assaySensitivity": dataset.sensitivity,
            "assayProvenance": {"answers": answers} if answers else None,
        },
        version=dataset.version[:60],
        support=_support(dataset),
        team={"name": dataset.publisher[:400]} if dataset.publisher else {},
    )


def _tables(dataset: PortalDataset) -> list[Table]:
    """Return a port for each file; all share the contract of the dataset."""
    names = Slugs()
    by_name = [(names.unique(one.title, one.format, "file"), one) for one in dataset.files]
    servers = [_server(name, one) for name, one in by_name]
    columns = next((one.columns for one in dataset.files if one.columns), ())
    contract = table_contract(
        dataset.identifier, dataset.title, dataset.title, columns, servers=servers[:100]
    )
    return [
        Table(
            name=name,
            physical_name=one.title,
            port_type=one.format.casefold(),
            # A title that is no slug would be lost in the name of the port.
            description=": ".join(filter(None, (one.title * (one.title != name), one.description))),
            contract=contract,
        )
        for name, one in by_name
    ]


def _server(name: str, file: PortalFile) -> JSONObject:
    server = {
        "server": name[:120],
        "type": SERVER_TYPE,
        "location": file.address[:2000],
        "format": file.format.casefold()[:60],
        "description": file.description,
    }
    return {key: value for key, value in server.items() if value}


def _support(dataset: PortalDataset) -> list[JSONObject]:
    email = dataset.email.removeprefix("mailto:")
    entry: Mapping[str, JSONValue] = {
        "channel": dataset.contact or email,
        "url": f"mailto:{email}" if email else "",
    }
    return [{key: value for key, value in entry.items() if value}] if entry["channel"] else []
