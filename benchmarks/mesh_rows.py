"""The rows of a seeded mesh, written in bulk; import it once Django is set up."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from benchmarks.mesh_trees import GeneratedProduct
from catalog.audit.actors import SystemActor
from catalog.audit.models import AuditEvent
from catalog.contracts.models import DataContract, PortContract, SchemaObject, SchemaProperty
from catalog.contracts.projection import parse_contract
from catalog.domains.models import Domain
from catalog.ports.models import InputPort, OutputPort
from catalog.ports.projection import parse_ports
from catalog.products.models import PRODUCT, DataProduct, Status
from catalog.products.projection import digest_of, parse_columns
from catalog.provenance.models import ProvenanceRecord
from catalog.provenance.projection import parse_provenance
from governance.slo.services.objectives import schedule_ports

ACTOR = SystemActor("benchmark")
FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class Writing:
    """Writes one chunk of products after another, and remembers who feeds whom."""

    def __init__(self, domains: Mapping[str, Domain]) -> None:
        self.domains = domains
        self.keys: list[int] = []

    @transaction.atomic
    def write(self, chunk: Sequence[GeneratedProduct]) -> None:
        """Write a chunk in one transaction; its products follow those written before."""
        products = DataProduct.objects.bulk_create(map(self._product, chunk))
        self.keys += [product.pk for product in products]
        ports = OutputPort.objects.bulk_create(_output_ports(products))
        InputPort.objects.bulk_create(self._input_ports(products, chunk))
        _write_contracts(products, ports, chunk)
        ProvenanceRecord.objects.bulk_create(
            ProvenanceRecord(
                product=product, question_set=parse_provenance(product.tree).question_set
            )
            for product in products
        )
        schedule_ports(ports)
        AuditEvent.objects.bulk_create(_events(products))

    def _product(self, generated: GeneratedProduct) -> DataProduct:
        columns = parse_columns(generated.tree)
        moment = FIRST_MOMENT + timedelta(minutes=generated.number)
        return DataProduct(
            uuid=generated.uuid,
            domain=self.domains[generated.domain],
            tree=generated.tree,
            status=Status.PUBLISHED,
            **asdict(columns) | {"tags": list(columns.tags)},
            created_at=moment,
            updated_at=moment,
            revised_at=moment,
            published_at=moment,
        )

    def _input_ports(
        self, products: Sequence[DataProduct], chunk: Sequence[GeneratedProduct]
    ) -> Iterator[InputPort]:
        for product, generated in zip(products, chunk, strict=True):
            for position, port in enumerate(parse_ports(product.tree).inputs):
                assert generated.source is not None
                yield InputPort(
                    product=product,
                    name=port.name,
                    version=port.version,
                    contract_identifier=port.contract_identifier,
                    source_id=self.keys[generated.source],
                    position=position,
                )


def _output_ports(products: Sequence[DataProduct]) -> Iterator[OutputPort]:
    for product in products:
        for position, port in enumerate(parse_ports(product.tree).outputs):
            columns = asdict(port) | {"position": position}
            columns.pop("source_name")
            yield OutputPort(product=product, **columns)


def _write_contracts(
    products: Sequence[DataProduct], ports: Sequence[OutputPort], chunk: Sequence[GeneratedProduct]
) -> None:
    declared = [parse_contract(generated.contract) for generated in chunk]
    contracts = DataContract.objects.bulk_create(
        DataContract(
            product=product,
            identifier=columns.identifier,
            version=columns.version,
            status=columns.status,
            tree=generated.contract,
            digest=digest_of(generated.contract),
            created_at=product.created_at,
        )
        for product, columns, generated in zip(products, declared, chunk, strict=True)
    )
    PortContract.objects.bulk_create(
        PortContract(port=port, contract=contract)
        for port, contract in zip(ports, contracts, strict=True)
    )
    tables = SchemaObject.objects.bulk_create(
        SchemaObject(contract=contract, name=columns.objects[0].name)
        for contract, columns in zip(contracts, declared, strict=True)
    )
    _insert_properties(
        {"schema_object_id": table.pk, "parent_id": None, "position": place} | vars(column)
        for table, columns in zip(tables, declared, strict=True)
        for place, column in enumerate(columns.objects[0].properties)
    )


def _insert_properties(rows: Iterable[dict[str, Any]]) -> None:
    """Insert columns without making a model of each: there are ten times as many as products."""
    fields = [field for field in SchemaProperty._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quote(SchemaProperty._meta.db_table)} ({names}) VALUES ({places})",
            [[row[field.attname] for field in fields] for row in rows],
        )


def _events(products: Sequence[DataProduct]) -> Iterator[AuditEvent]:
    """Yield what the trail says of each product: that it was registered, then published."""
    for product in products:
        for verb in ("registered", "published"):
            words: dict[str, Any] = {"slug": product.slug, "version": product.version}
            yield AuditEvent(
                occurred_at=product.created_at,
                actor_id=ACTOR.audit_id,
                actor_name=ACTOR.audit_name,
                verb=verb,
                object_kind=PRODUCT,
                object_id=str(product.uuid),
                object_name=product.name,
                domain_id=product.domain_id,
                revision=product.revision,
                after=words,
            )
