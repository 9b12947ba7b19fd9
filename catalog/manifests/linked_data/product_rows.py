"""The rows around products, read at once, as facts for one reader."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Self
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from catalog.authorization.access import AccessContext
from catalog.contracts.hosted_data import served_ports
from catalog.contracts.models import DataContract, Server, contract_of
from catalog.contracts.secrets import HIDDEN, without_secrets
from catalog.identifiers import product_iri
from catalog.manifests.linked_data.facts import (
    AnswerFacts,
    ContractFacts,
    DomainFacts,
    ImbalanceFacts,
    MetricFacts,
    PortFacts,
    ProductFacts,
    ServerFacts,
    SourceFacts,
    description_of,
)
from catalog.manifests.linked_data.losses import MAX_CONTACTS
from catalog.ports.models import InputPort, OutputPort
from catalog.products.models import DataProduct, Verdict
from catalog.products.reuse import MAILTO, Contact, Reuse, reuse_of
from catalog.provenance.models import Imbalance
from catalog.provenance.projection import DeclaredImbalance, parse_provenance
from catalog.provenance.questions import QUESTION_SETS
from catalog.types import JSONObject


class ProductRows:
    """The rows around some products that a reader may see, each kind read at once."""

    def __init__(
        self,
        products: Sequence[DataProduct],
        access: AccessContext,
        *,
        ports: Iterable[OutputPort],
        inputs: Iterable[InputPort],
        measured: Iterable[Imbalance] = (),
    ) -> None:
        by_key = {product.pk: product for product in products}
        self.ports: dict[int, list[OutputPort]] = defaultdict(list)
        self.inputs: dict[int, list[InputPort]] = defaultdict(list)
        self.measured: dict[int, list[Imbalance]] = defaultdict(list)
        for port in ports:
            port.product = by_key[port.product_id]
            self.ports[port.product_id].append(port)
        for source in inputs:
            self.inputs[source.product_id].append(source)
        for row in measured:
            self.measured[row.record.product_id].append(row)
        self.served = served_ports(port for rows in self.ports.values() for port in rows)
        self.visible = self._visible(products, access)

    @classmethod
    def read(cls, products: Sequence[DataProduct], access: AccessContext) -> Self:
        """Return the rows of some products, in one statement for each kind."""
        keys = [product.pk for product in products]
        ports = OutputPort.objects.filter(product__in=keys)
        ports = ports.select_related("port_contract__contract")
        ports = ports.prefetch_related("port_contract__contract__servers")
        measured = Imbalance.objects.filter(record__product__in=keys)
        measured = measured.filter(origin=Imbalance.Origin.MEASURED)
        return cls(
            products,
            access,
            ports=ports.defer("port_contract__contract__tree"),
            inputs=InputPort.objects.filter(product__in=keys),
            measured=measured.select_related("record", "port"),
        )

    def _visible(
        self, products: Sequence[DataProduct], access: AccessContext
    ) -> dict[int, DataProduct]:
        """Return the sources and successors that the reader may see."""
        sources = {port.source_id for ports in self.inputs.values() for port in ports}
        related = {*sources, *(product.successor_id for product in products)}
        keys = [key for key in related if key is not None]
        rows = DataProduct.objects.visible_to(access).order_by()
        columns = ("uuid", "name", "purpose", "limitations", "usage")
        return rows.filter(pk__in=keys).only(*columns).in_bulk() if keys else {}

    def facts(self, product: DataProduct) -> ProductFacts:
        successor = self.visible.get(product.successor_id or 0)
        reuse = reuse_of(product.tree)
        is_measured = product.slo_verdict not in (Verdict.NO_DATA, Verdict.COLLECTING)
        base, domain = base_iri(), product.domain
        return ProductFacts(
            base=base,
            iri=product_iri(product.uuid, base=base),
            page_url=f"{base}{quote(product.path)}",
            name=product.name,
            purpose=product.purpose,
            limitations=product.limitations,
            usage=product.usage,
            version=product.version,
            status=product.status,
            sensitivity=str(product.get_sensitivity_display()),
            visibility=product.visibility,
            identifier=product.document_id,
            domain=DomainFacts(
                name=domain.name, url=f"{base}/d/{quote(domain.slug)}", mission=domain.mission
            ),
            reuse=reuse,
            contacts=_contacts(product),
            citation=reuse.citation,
            tags=tuple(product.tags),
            modified=product.updated_at,
            issued=product.published_at,
            ports=tuple(self._port(product, port) for port in self.ports[product.pk]),
            sources=tuple(self._source(port) for port in self.inputs[product.pk]),
            metrics=tuple(_metrics(product.slo_figures)),
            measured=tuple(map(_imbalance, self.measured[product.pk])),
            verdict=product.slo_verdict if is_measured else "",
            certification=product.certification,
            certified_until=product.certified_until,
            successor=product_iri(successor.uuid, base=base) if successor else "",
            **declared_facts(product.tree),
        )

    def _port(self, product: DataProduct, port: OutputPort) -> PortFacts:
        contract = contract_of(port)
        data_format = self.served.get(port.pk, "")
        names = [other.name for other in self.ports[product.pk]]
        has_namesake = names.count(port.name) > 1
        url = _data_url(product, port, has_namesake=has_namesake) if data_format else ""
        return PortFacts(
            name=port.name,
            version=port.version,
            description=port.description,
            contract=contract_facts(contract) if contract else None,
            servers=server_facts(contract.servers.all()) if contract else (),
            data_url=url,
            data_format=data_format,
            is_deprecated=port.is_deprecated,
            ends_on=port.ends_on,
        )

    def _source(self, port: InputPort) -> SourceFacts:
        product = self.visible.get(port.source_id or 0)
        if product is None:
            return SourceFacts(port=port.name)
        return SourceFacts(
            port=port.name,
            iri=product_iri(product.uuid, base=base_iri()),
            name=product.name,
            description=description_of(product),
        )


def base_iri() -> str:
    return settings.ASSAY_BASE_IRI.rstrip("/")


def contract_facts(contract: DataContract) -> ContractFacts:
    return ContractFacts(
        name=contract.name or contract.identifier,
        identifier=contract.identifier,
        version=contract.version,
        url=base_iri() + reverse("api:contract_manifest_yaml", args=[contract.uuid]),
    )


def server_facts(servers: Iterable[Server]) -> tuple[ServerFacts, ...]:
    return tuple(
        ServerFacts(
            name=server.name,
            type=server.type,
            location="" if HIDDEN in (place := without_secrets(server.location)) else place,
            format=server.format,
            description=server.description,
        )
        for server in servers
    )


def _data_url(product: DataProduct, port: OutputPort, *, has_namesake: bool) -> str:
    path = reverse("api:port_data", kwargs={"uuid": product.uuid, "port": port.name})
    return f"{base_iri()}{path}" + (f"?version={quote(port.version)}" if has_namesake else "")


def _contacts(product: DataProduct) -> tuple[Contact, ...]:
    """Return the contacts of a document, else the mail address of the domain's team."""
    support = product.tree.get("support")
    entries = support[:MAX_CONTACTS] if isinstance(support, list) else []
    contacts = [
        Reuse(channel=_text(entry, "channel"), contact_url=_text(entry, "url")).contact
        for entry in entries
        if isinstance(entry, dict)
    ]
    team = product.domain.owner_team
    if not any(contacts) and team:
        url = f"{MAILTO}{team.email}" if team.email else ""
        contacts = [Contact(channel=team.name, url=url)]
    return tuple(contact for contact in contacts if contact)


def _text(entry: JSONObject, key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _metrics(figures: JSONObject) -> Iterable[MetricFacts]:
    for indicator, metric in sorted(figures.items()):
        as_of: datetime | None = parse_datetime(metric.get("as_of") or "")
        if metric.get("value") is None or as_of is None:
            continue
        yield MetricFacts(
            indicator=indicator,
            value=metric["value"],
            target=metric.get("target"),
            verdict=metric.get("verdict") or "",
            window=metric.get("window") or "",
            as_of=as_of,
        )


def declared_facts(tree: JSONObject) -> JSONObject:
    """Return the answers and imbalances of a document, as members of ProductFacts."""
    declared = parse_provenance(tree)
    titles = {one.code: one.text for one in QUESTION_SETS[declared.question_set].questions}
    return {
        "answers": tuple(
            AnswerFacts(
                question=answer.question,
                title=titles[answer.question],
                text=answer.text or answer.reason,
                state=answer.state,
            )
            for answer in declared.answers
        ),
        "imbalances": tuple(map(_imbalance, declared.imbalances)),
    }


def _imbalance(row: DeclaredImbalance | Imbalance) -> ImbalanceFacts:
    facts = ImbalanceFacts(
        attribute=row.attribute,
        group=row.group,
        share=row.share,
        reference_share=row.reference_share,
        n=row.n,
        reference_name=row.reference_name,
        reference_date=row.reference_date,
    )
    if isinstance(row, DeclaredImbalance) or row.port is None:
        return facts
    return replace(
        facts,
        interval_low=row.interval_low,
        interval_high=row.interval_high,
        measured_at=row.measured_at,
        port=row.port.name,
    )
