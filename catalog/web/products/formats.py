"""The formats in which a product can be fetched, as its page lists them.

An app adds its own in `AppConfig.ready`; docs/how-to/add-a-format.md says how.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.authorization.access import AccessContext
from catalog.manifests.linked_data.syntaxes import PROV_JSON, RDF, Syntax
from catalog.ports.projection import parse_ports
from catalog.products.models import DataProduct, Status

MAX_PORTS_LISTED = 10


@dataclass(frozen=True, kw_only=True)
class FormatLink:
    """A document of a product: `path` is its address here, `loss_path` lists what it leaves out."""

    title: str
    path: str
    media_type: str
    note: str = ""
    loss_path: str = ""


FormatSource = Callable[[DataProduct, AccessContext], Iterable[FormatLink]]
_sources: dict[str, FormatSource] = {}


def register_formats(name: str, source: FormatSource) -> None:
    """Register what adds formats to the page of a product, in the order of registration."""
    _sources[name] = source


def format_links(product: DataProduct, access: AccessContext) -> list[FormatLink]:
    """Return the formats that a reader can fetch; of a retired product there are none."""
    if product.status == Status.RETIRED:
        return []
    links = [*_manifest_links(product), *linked_data_links(product), *_croissant_links(product)]
    return [*links, *(link for source in _sources.values() for link in source(product, access))]


def linked_data_links(product: DataProduct) -> list[FormatLink]:
    """Return the documents of linked data."""
    dcat = [_linked_data(product, syntax, f"DCAT-AP 3 ({syntax.title})") for syntax in RDF]
    return [*dcat, _linked_data(product, PROV_JSON, PROV_JSON.title)]


def header_links(links: Sequence[FormatLink], *, iri: str, canonical: str) -> str:
    """Return the Link header of a product's page: its address, its IRI and its other formats."""
    alternates = [f'<{link.path}>; rel="alternate"; type="{link.media_type}"' for link in links]
    return ", ".join([f'<{canonical}>; rel="canonical"', f'<{iri}>; rel="cite-as"', *alternates])


def _manifest_links(product: DataProduct) -> list[FormatLink]:
    path = reverse("api:product_manifest", args=[product.uuid])
    note = _("The document as it is kept.")
    return [
        FormatLink(title="ODPS (YAML)", path=path, media_type="application/yaml", note=note),
        FormatLink(
            title="OpenSLO v1 (YAML)",
            path=reverse("api:product_openslo", args=[product.uuid]),
            media_type="application/yaml",
            note=_("Objectives and service levels."),
            loss_path=reverse("api:product_openslo_report", args=[product.uuid]),
        ),
    ]


def _croissant_links(product: DataProduct) -> list[FormatLink]:
    """Return the dataset of each output port, of a long list the first ones."""
    names = dict.fromkeys(port.name for port in parse_ports(product.tree).outputs)
    keys = [{"uuid": product.uuid, "port": name} for name in names]
    return [
        FormatLink(
            title=f"Croissant ({key['port']})",
            path=reverse("api:port_croissant", kwargs=key),
            media_type="application/ld+json",
            note=_(
                "For machine learning: columns, responsible AI, and the file if Assay serves it."
            ),
            loss_path=reverse("api:port_croissant_report", kwargs=key),
        )
        for key in keys[:MAX_PORTS_LISTED]
    ]


def _linked_data(product: DataProduct, syntax: Syntax, title: str) -> FormatLink:
    path = reverse("product_document", args=[product.uuid, syntax.suffix])
    notes = {PROV_JSON: _("Where it comes from: sources, versions, measurements.")}
    return FormatLink(
        title=title,
        path=path,
        media_type=syntax.media_type,
        note=notes.get(syntax, ""),
        loss_path=f"{path}?loss=1",
    )
