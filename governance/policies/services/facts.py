"""Reads the facts of many products at once: the number of statements does not grow with them.

A working copy has the documents of its own, and what is measured of the published product.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import TypeVar

from catalog.authorization.tree import ancestors_in
from catalog.contracts.columns import GROUP_CLASSIFICATIONS
from catalog.contracts.models import contract_of, last_good_check
from catalog.domains.models import Domain
from catalog.people.models import Person
from catalog.permissions import Role
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct, Sensitivity, Verdict
from catalog.products.projection import custom
from catalog.products.reuse import reuse_of
from catalog.provenance.answers import ANSWERED, NOT_APPLICABLE, UNKNOWN
from catalog.provenance.contradictions import find_contradictions
from catalog.provenance.models import Imbalance, ProvenanceAnswer
from catalog.provenance.questions import CURRENT_SET
from catalog.publication.rules import MAX_CHECK_AGE
from governance.inspection.models import Inspection
from governance.policies.facts import (
    BiasFact,
    CertificationFact,
    ColumnFact,
    ContractFact,
    DimensionFact,
    DomainFact,
    Facts,
    ObjectiveFact,
    PersonFact,
    PortFact,
    ProductFact,
    ProvenanceFact,
    QualityFact,
    ShareFact,
)
from governance.policies.services.fact_rows import (
    columns_of,
    latest_runs,
    moved_products,
    people_by_role,
    ports_with_servers,
)
from governance.quality.models import QualityRun
from governance.quality.outcomes import CheckState
from governance.quality.scores import scores_of
from governance.slo.models import Objective

UNDECLARED, MISSING = "column-undeclared", "column-missing"
Row = TypeVar("Row")


def read_facts(product_ids: Collection[int], *, now: datetime) -> dict[int, Facts]:
    """Return the facts of products and working copies by id; ids that are unknown are left out."""
    rows = DataProduct.including_working_copies.filter(pk__in=product_ids)
    products = list(rows.select_related("domain", "successor"))
    reader = _Reader(products, now)
    return {product.pk: reader.facts_of(product) for product in products}


class _Reader:
    """The rows of all products, read once, by product."""

    def __init__(self, products: Collection[DataProduct], now: datetime) -> None:
        self.now = now
        ids = [product.pk for product in products]
        # Where measured rows are: with the published product.
        self.measured = {row.pk: row.working_copy_of_id or row.pk for row in products}
        published = set(self.measured.values())
        self.domains = Domain.objects.in_bulk()
        self.parents = {pk: domain.parent_id for pk, domain in self.domains.items()}
        self.people = people_by_role()
        self.ports = _by_product(ports_with_servers({*ids, *published}), attrgetter("product_id"))
        self.columns = columns_of(ids)
        self.inspections = _by_product(
            Inspection.objects.filter(port__product__in=published)
            .select_related("port")
            .defer("tables", "facts"),
            attrgetter("port.product_id"),
        )
        answers = ProvenanceAnswer.objects.filter(record__product__in=ids).select_related("record")
        self.answers = _by_product(answers, attrgetter("record.product_id"))
        imbalances = Imbalance.objects.filter(record__product__in={*ids, *published})
        self.imbalances = _by_product(
            imbalances.select_related("record"), attrgetter("record.product_id")
        )
        self.moved = moved_products(published)
        objectives = Objective.objects.of_products(published).select_related(
            "port__product", "product", "status"
        )
        self.objectives = _by_product(
            objectives.order_by("position", "pk"),
            lambda row: row.subject_product.pk,
        )
        self.runs = _by_product(latest_runs(published), attrgetter("port.product_id"))

    def facts_of(self, product: DataProduct) -> Facts:
        domain_ids = ancestors_in(self.parents, product.domain_id)
        return Facts(
            product=_product(product),
            domain=DomainFact(
                slug=product.domain.slug,
                name=product.domain.name,
                ancestors=[self.domains[pk].slug for pk in domain_ids],
            ),
            owners=_with_role(self.people[Role.OWNER], domain_ids),
            stewards=_with_role(self.people[Role.STEWARD], domain_ids),
            ports=self._ports(product),
            columns=self._columns(product),
            contract=self._contract(product),
            provenance=_provenance(self.answers[product.pk]),
            bias=self._bias(product),
            slo_verdict=product.slo_verdict,
            objectives=[_objective(row) for row in self.objectives[self.measured[product.pk]]],
            quality=QualityFact(
                state=product.quality_state,
                checked_at=product.quality_observed_at,
                dimensions=_dimensions(self.runs[self.measured[product.pk]]),
            ),
            certification=CertificationFact(
                level=product.certification,
                state="certified" if product.certification else "",
                until=_midnight(product.certified_until),
                reviewed_at=None,
            ),
            now=self.now,
        )

    def _ports(self, product: DataProduct) -> list[PortFact]:
        checks = {port.key: port for port in self.ports[self.measured[product.pk]]}
        return [self._port(port, checks.get(port.key, port)) for port in self.ports[product.pk]]

    def _port(self, port: OutputPort, check: OutputPort) -> PortFact:
        contract = contract_of(port)
        servers = list(contract.servers.all()) if contract else []
        good_at = max(
            filter(None, (last_good_check(row, servers) for row in (port, check))), default=None
        )
        return PortFact(
            name=port.name,
            version=port.version,
            type=servers[0].type if servers else port.type,
            is_deprecated=port.is_deprecated,
            is_live=bool(good_at and abs(self.now - good_at) <= MAX_CHECK_AGE),
            last_good_at=good_at,
            contract=contract.identifier if contract else port.contract_identifier,
            contract_version=contract.version if contract else "",
        )

    def _columns(self, product: DataProduct) -> list[ColumnFact]:
        missing = {
            (inspection.port.name, drift["table"], drift["column"])
            for inspection in self.inspections[self.measured[product.pk]]
            for drift in inspection.drifts
            if drift["code"] == MISSING
        }
        compared = {
            inspection.port.name
            for inspection in self.inspections[self.measured[product.pk]]
            if inspection.is_compared and inspection.observed_at
        }
        return [
            ColumnFact(
                port=row.port,
                table=row.table,
                name=row.path,
                type=row.type,
                description=row.description,
                classification=row.classification,
                term=row.term,
                is_key=row.is_key,
                is_required=row.is_required,
                is_observed=(row.port, row.table, row.path) not in missing
                if row.port in compared
                else None,
            )
            for row in self.columns[product.pk]
        ]

    def _contract(self, product: DataProduct) -> ContractFact:
        drifts = [
            drift
            for inspection in self.inspections[self.measured[product.pk]]
            for drift in inspection.drifts
        ]
        return ContractFact(
            state=product.contract_state,
            observed_at=product.contract_observed_at,
            undeclared_columns=sorted(
                f"{drift['table']}.{drift['column']}"
                for drift in drifts
                if drift["code"] == UNDECLARED
            ),
        )

    def _bias(self, product: DataProduct) -> BiasFact:
        declared = [row for row in self.imbalances[product.pk] if _is_declared(row)]
        measured = [
            row for row in self.imbalances[self.measured[product.pk]] if not _is_declared(row)
        ]
        contradictions = find_contradictions(declared, [row.measured_share for row in measured])
        answers = {answer.question: answer for answer in self.answers[product.pk]}
        sensitive = answers.get("sensitive_attributes")
        classified = {column.classification.casefold() for column in self.columns[product.pk]}
        return BiasFact(
            is_about_people=bool(
                (sensitive and sensitive.values) or classified & {"pii", *GROUP_CLASSIFICATIONS}
            ),
            declared=[_share(row) for row in declared],
            measured=[_share(row) for row in measured],
            measured_at=max((row.measured_at for row in measured if row.measured_at), default=None),
            contradictions=[row.sentence for row in contradictions if not row.is_explained],
            has_drifted=self.measured[product.pk] in self.moved,
        )


def _by_product(
    rows: Iterable[Row], product_of: Callable[[Row], int]
) -> defaultdict[int, list[Row]]:
    grouped: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[product_of(row)].append(row)
    return grouped


def _with_role(people: Mapping[int, list[Person]], domain_ids: Iterable[int]) -> list[PersonFact]:
    """Return who has a role in a domain or above it, each once."""
    people_by_id = {person.pk: person for pk in domain_ids for person in people.get(pk, ())}
    return [PersonFact(id=str(person.uuid), name=str(person)) for person in people_by_id.values()]


def _product(product: DataProduct) -> ProductFact:
    reuse = reuse_of(product.tree)
    retention = custom(product.tree, "retention")
    return ProductFact(
        id=str(product.uuid),
        name=product.name,
        slug=product.slug,
        version=product.version,
        status=product.status,
        type=str(product.tree.get("type") or ""),
        visibility=product.visibility,
        sensitivity=Sensitivity(product.sensitivity).label,
        sensitivity_rank=product.sensitivity,
        tags=product.tags,
        purpose=product.purpose,
        limitations=product.limitations,
        usage=product.usage,
        license=reuse.license,
        retention=retention if isinstance(retention, str) else "",
        contacts=[text for text in (reuse.channel, reuse.contact_url) if text],
        published_at=product.published_at,
        updated_at=product.updated_at,
        ends_on=_midnight(product.ends_on),
        successor=product.successor.name if product.successor else "",
    )


def _provenance(answers: Iterable[ProvenanceAnswer]) -> ProvenanceFact:
    states = {answer.question: answer.state for answer in answers}
    codes = CURRENT_SET.codes
    answered = [code for code in codes if states.get(code) in (ANSWERED, NOT_APPLICABLE)]
    return ProvenanceFact(
        open_questions=[code for code in CURRENT_SET.required_codes if code not in states],
        answered=answered,
        unknown=[code for code in codes if states.get(code) == UNKNOWN],
        completeness=len(answered) / len(codes),
    )


def _is_declared(row: Imbalance) -> bool:
    return row.origin == Imbalance.Origin.DECLARED


def _share(row: Imbalance) -> ShareFact:
    return ShareFact(
        attribute=row.attribute,
        group=row.group,
        share=row.share,
        reference_share=row.reference_share,
    )


def _objective(objective: Objective) -> ObjectiveFact:
    status = getattr(objective, "status", None)
    return ObjectiveFact(
        indicator=objective.indicator,
        port=objective.port.name if objective.port else "",
        target=objective.target,
        verdict=status.verdict if status else Verdict.NO_DATA.value,
        value=status.value if status else None,
        checks=status.total if status else 0,
        is_standard=objective.origin_id is not None,
    )


def _dimensions(runs: Iterable[QualityRun]) -> list[DimensionFact]:
    """Return each dimension over the last good runs of all ports."""
    outcomes = [outcome for run in runs for outcome in run.outcomes.all()]
    failed = Counter(row.dimension for row in outcomes if row.state == CheckState.FAILED)
    return [
        DimensionFact(
            dimension=score.dimension.value,
            checks=score.checks,
            failed=failed[score.dimension.value],
            score=score.share,
        )
        for score in scores_of(outcomes)
    ]


def _midnight(day: date | None) -> datetime | None:
    """Return when a day is over."""
    return datetime.combine(day + timedelta(days=1), time(), UTC) if day else None
