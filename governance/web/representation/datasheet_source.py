"""What a product's datasheet is made from: one version, as one reader may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings

from catalog.authorization.access import AccessContext
from catalog.exceptions import ValidationFailed
from catalog.identifiers import product_iri
from catalog.ports.projection import DeclaredPort, parse_ports
from catalog.products.models import DataProduct
from catalog.products.projection import ProductColumns, parse_columns
from catalog.products.reuse import Reuse, reuse_of, suggested_citation
from catalog.provenance.models import Imbalance
from catalog.provenance.projection import DeclaredProvenance, parse_provenance
from catalog.provenance.question_types import Question, QuestionSet
from catalog.provenance.questions import CURRENT_SET
from catalog.publication.changes import Content
from catalog.publication.contents import content_of_product, content_of_version
from catalog.publication.models import ProductVersion
from catalog.web.products.lookup import linked_products
from governance.web.representation.bias import PortBias, port_bias, ports_to_measure
from governance.web.representation.declared import (
    StatedAttribute,
    Statements,
    stated_attributes,
    statements_of,
)


@dataclass(frozen=True)
class InputLine:
    """One input of a product; `product` is None if it is elsewhere or hidden from the reader."""

    port: DeclaredPort
    product: DataProduct | None


@dataclass(frozen=True, kw_only=True)
class DatasheetSource:
    """`problem` says why the answers of an old document cannot be read, and is empty otherwise.

    `measured` and `statements` are of the data as it is now, and so only in the latest datasheet.
    `dated` is when the version was published, or the entry changed; never the moment of reading.
    """

    product: DataProduct
    version: str
    dated: datetime
    is_published: bool
    is_latest: bool
    content: Content
    provenance: DeclaredProvenance
    problem: str
    inputs: Sequence[InputLine]
    iri: str
    declared: Sequence[StatedAttribute] = ()
    measured: Sequence[PortBias] = ()
    statements: Statements | None = None

    @property
    def questions(self) -> QuestionSet:
        """Return the current questions: what an older set did not ask is not answered."""
        return CURRENT_SET

    @property
    def open_questions(self) -> list[Question]:
        answered = {answer.question for answer in self.provenance.answers}
        return [question for question in self.questions.questions if question.code not in answered]

    @cached_property
    def columns(self) -> ProductColumns:
        return parse_columns(self.content.tree)

    @property
    def reuse(self) -> Reuse:
        return reuse_of(self.content.tree)

    @property
    def citation(self) -> str:
        """Return the citation that the document states, else one made from the entry."""
        return self.reuse.citation or suggested_citation(
            publisher=self.product.domain.name,
            year=self.dated.year,
            name=self.columns.name,
            version=self.version,
            iri=self.iri,
        )


def load_datasheet(
    product: DataProduct, access: AccessContext, version: ProductVersion | None
) -> DatasheetSource:
    """Return what the datasheet of a product shows, or that of one of its published versions."""
    content = content_of_version(version) if version else content_of_product(product)
    provenance, problem = DeclaredProvenance(), ""
    try:
        provenance = parse_provenance(content.tree)
    except ValidationFailed as error:
        # Rules may have become stricter since an old version was published.
        problem = error.issues[0].message
    dated = version.published_at if version else product.published_at or product.updated_at
    latest = product.versions.first()
    is_latest = version is None or version == latest
    ports = [port_bias(port, access) for port in ports_to_measure(product)] if is_latest else []
    statements = statements_of(product, access) if is_latest else None
    declared = [Imbalance(**vars(row)) for row in provenance.imbalances]
    return DatasheetSource(
        product=product,
        version=version.version if version else product.version,
        dated=dated,
        is_published=version is not None or latest is not None,
        is_latest=is_latest,
        content=content,
        provenance=provenance,
        problem=problem,
        inputs=_inputs(product, access, content),
        iri=product_iri(product.uuid, base=settings.ASSAY_BASE_IRI),
        measured=[row for row in ports if row.run],
        statements=statements,
        declared=statements.declared if statements else stated_attributes(declared, {}, {}),
    )


def _inputs(product: DataProduct, access: AccessContext, content: Content) -> list[InputLine]:
    sources = dict(
        product.input_ports.exclude(source=None).values_list("name", "source_id").order_by("pk")
    )
    visible = linked_products(access).order_by().in_bulk(list(sources.values()))
    try:
        declared = parse_ports(content.tree).inputs
    except ValidationFailed:
        return []
    return [InputLine(port, visible.get(sources.get(port.name, 0))) for port in declared]
