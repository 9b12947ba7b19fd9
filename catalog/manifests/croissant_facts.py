"""What a Croissant dataset says of an output port, as its reader may see it."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import quote

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from catalog.authorization.access import AccessContext
from catalog.contracts.hosted_data import DataNotServed, HostedData, hosted_server, open_data
from catalog.contracts.models import DataContract, contract_of
from catalog.contracts.observations import ObservedTable, TableRequest, observe
from catalog.contracts.secrets import without_secrets
from catalog.exceptions import NotFound
from catalog.identifiers import fit, product_iri
from catalog.issues import Issue
from catalog.manifests.formats.croissant.exporting import DatasetFacts, tables_of
from catalog.manifests.formats.croissant.tables import ColumnFigures, FileFacts, Table
from catalog.permissions import Permission
from catalog.ports.file_formats import MAX_FIRST_LINE, Layout, layout_of
from catalog.ports.models import OutputPort
from catalog.ports.projection import PortKey
from catalog.ports.uploads import tag_of
from catalog.products.models import DataProduct
from catalog.provenance.models import Imbalance
from catalog.provenance.projection import DeclaredImbalance, parse_provenance
from catalog.publication.contents import port_contracts_in
from catalog.publication.models import ProductVersion
from catalog.types import JSONObject

# The name under which Croissant's clients know a media type.
CLIENT_TYPES = {"application/vnd.apache.parquet": "application/x-parquet"}
BLOCK = 1024 * 1024
DIGEST_SECONDS = 7 * 24 * 60 * 60


def port_facts(port: OutputPort, access: AccessContext) -> DatasetFacts:
    """Return an output port as it is now. Raises NotFound if the reader may not see it."""
    product = port.product
    if not access.can_read(product):
        raise NotFound("There is no such port.")
    contract = contract_of(port)
    base = _facts(product, contract, access)
    file, losses = _file_of(port, access)
    return replace(
        base,
        published_on=product.published_at.date() if product.published_at else None,
        file=file,
        tables=_tables(port, contract, base.contract, file) if contract else (),
        sources=tuple(_sources(product, access)),
        losses=losses,
    )


def version_facts(
    version: ProductVersion, key: PortKey, access: AccessContext
) -> DatasetFacts | None:
    """Return an output port as a version published it, without a file; None if it had none."""
    product = version.product
    served = port_contracts_in(version)
    if key not in served:
        return None
    identifier, number = served[key]
    contract = product.contracts.filter(identifier=identifier, version=number).first()
    facts = _facts(product, contract, access, tree=version.tree)
    message = "Assay keeps no files of earlier versions."
    losses = [Issue(location="contract#/servers", message=message)]
    return replace(facts, published_on=version.published_at.date(), losses=losses)


def _facts(
    product: DataProduct,
    contract: DataContract | None,
    access: AccessContext,
    *,
    tree: JSONObject | None = None,
) -> DatasetFacts:
    """Return what the documents say; who could not edit them sees nothing like a secret."""
    documents: list[JSONObject] = [tree or product.tree, contract.tree if contract else {}]
    if not access.can(Permission.EDIT_PRODUCTS, product.domain_id):
        documents = [without_secrets(document) for document in documents]
    base = settings.ASSAY_BASE_IRI.rstrip("/")
    rows: Iterable[DeclaredImbalance | Imbalance] = parse_provenance(documents[0]).imbalances
    if tree is None:
        rows = [*rows, *Imbalance.objects.filter(record__product=product, origin="measured")]
    return DatasetFacts(
        tree=documents[0],
        contract=documents[1],
        iri=product_iri(product.uuid, base=base),
        page=f"{base}{quote(product.path)}",
        publisher=product.domain.name,
        tables=tables_of(documents[1]),
        imbalances=[sentence_of(row) for row in rows],
    )


def sentence_of(row: DeclaredImbalance | Imbalance) -> str:
    """Return what a row says of one group; of few records only the interval is known."""
    is_measured = isinstance(row, Imbalance) and row.origin == Imbalance.Origin.MEASURED
    parts = []
    if row.share is not None:
        parts.append(f"{row.share:.1%} of the records")
    if isinstance(row, Imbalance) and row.interval_low is not None:
        parts.append(f"between {row.interval_low:.1%} and {row.interval_high:.1%}")
    if row.n is not None:
        parts.append(f"{row.n:,} records")
    if row.reference_share is not None:
        reference = ", ".join(filter(None, (row.reference_name, str(row.reference_date or ""))))
        parts.append(
            f"{row.reference_share:.1%} of the reference" + f" ({reference})" * bool(reference)
        )
    origin = "Declared"
    if is_measured and isinstance(row, Imbalance) and row.measured_at:
        origin = f"Measured on {row.measured_at.date()}"
    figures = "; ".join(parts) or "no figures"
    return f"{origin}: {row.attribute} {row.group}: {figures}."


def _sources(product: DataProduct, access: AccessContext) -> Iterator[tuple[str, str]]:
    """Yield the products of the mesh that a product is made from, if the reader may see them."""
    ports = product.input_ports.exclude(source=None).values("source")
    for source in DataProduct.objects.visible_to(access).filter(pk__in=ports).order_by("uuid"):
        yield product_iri(source.uuid, base=settings.ASSAY_BASE_IRI), source.name


def _file_of(port: OutputPort, access: AccessContext) -> tuple[FileFacts | None, list[Issue]]:
    """Return the file that a port serves; without one, why."""
    try:
        data = open_data(port, access)
    except (DataNotServed, NotFound) as error:
        reason = error.message if hosted_server(port) else "Assay serves no file of this port."
        return None, [Issue(location="contract#/servers", message=reason)]
    with data.file:
        digest, size, layout = _content_of(data)
    siblings = port.product.output_ports.filter(name=port.name).count()
    path = reverse("api:port_data", kwargs={"uuid": port.product.uuid, "port": port.name})
    file = FileFacts(
        name=data.name,
        url=settings.ASSAY_BASE_IRI.rstrip("/")
        + path
        + (f"?version={quote(port.version)}" if siblings > 1 else ""),
        media_type=CLIENT_TYPES.get(layout.media_type, layout.media_type),
        sha256=digest,
        size=size,
        unreadable=_why_unreadable(data.format, layout),
        has_nested=data.format == "parquet" or layout.is_json_lines,
        columns=layout.columns,
    )
    losses = []
    if file.unreadable:
        losses.append(Issue(location="contract#/servers", message=file.unreadable))
    return file, losses


def _why_unreadable(data_format: str, layout: Layout) -> str:
    """Return why clients cannot read the columns of a file; empty if they can."""
    if data_format == "json" and not layout.is_json_lines:
        return (
            "Croissant reads the members of a JSON array one by one, so a record that lacks one "
            "would get the value of another: the columns have no source. Lines of JSON have."
        )
    if data_format == "csv" and layout.separator not in (",", "\t"):
        return (
            f"Croissant's clients read CSV separated by commas or tabs; this file has "
            f"{layout.separator!r}, so its columns have no source."
        )
    return ""


def _content_of(data: HostedData) -> tuple[str, int, Layout]:
    """Return the SHA-256, the size and the layout of an open file; remembered while it is there."""
    status = os.fstat(data.file.fileno())
    key = f"file:{status.st_dev:x}-{status.st_ino:x}-{tag_of(status)}"
    layout = layout_of(data.format, data.file.read(MAX_FIRST_LINE))
    digest = cache.get(key)
    if digest is None:
        data.file.seek(0)
        digest = _digest_of(data.file)
        cache.set(key, digest, DIGEST_SECONDS)
    return digest, status.st_size, layout


def _digest_of(file: BinaryIO) -> str:
    digest = sha256()
    while block := file.read(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _tables(
    port: OutputPort, contract: DataContract, tree: JSONObject, file: FileFacts | None
) -> list[Table]:
    """Return the tables of a contract with what was measured of their columns."""
    rows = list(contract.schema_objects.prefetch_related("properties"))
    requests = [
        TableRequest(
            table=row,
            columns=[column for column in row.properties.all() if not column.depth],
            port_ids=[port.pk],
        )
        for row in rows
    ]
    observed = observe(port.product, requests, for_editors=False)
    by_name = {
        row.name: (request, table)
        for row, request, table in zip(rows, requests, observed, strict=True)
    }
    tables = tables_of(tree)
    served = _served_table(tables, file)
    return [
        replace(table, is_served=table is served, **_figures(*by_name[name]))
        if (name := fit(str(table.node.get("name") or "").strip(), 300)) in by_name
        else table
        for table in tables
    ]


def _served_table(tables: Sequence[Table], file: FileFacts | None) -> Table | None:
    """Return the table that a file holds: the only one, else the one that has its name."""
    if file is None or len(tables) == 1:
        return tables[0] if tables else None
    stem = PurePosixPath(file.name).stem.casefold()
    for table in tables:
        names = (table.node.get(key) for key in ("physicalName", "name"))
        if stem in (PurePosixPath(str(name)).stem.casefold() for name in names):
            return table
    return None


def _figures(request: TableRequest, table: ObservedTable) -> JSONObject:
    """Return the figures of a table as members of Table; none if it was not found or read."""
    if table.observed_at is None or not table.columns:
        return {}
    columns = {}
    for column in request.columns:
        figures = table.columns[column.pk]
        columns[column.name] = ColumnFigures(
            source_name=figures.source_name,
            null_share=figures.null_share,
            n_distinct=figures.n_distinct,
            is_exact=figures.is_exact,
            min=figures.min,
            max=figures.max,
        )
    return {"rows": None if table.is_sample else table.rows, "columns": columns}
