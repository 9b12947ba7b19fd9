"""API of the quality of products: what the checks of each port say, and run them now."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.port_data import PORT, VERSION, find_port
from catalog.api.products.views import OfProduct
from catalog.api.rest.bodies import Body, StrictString
from catalog.api.rest.etags import EDITS, READS
from catalog.authorization.access import require_permission, require_user
from catalog.permissions import Permission
from catalog.ports.models import OutputPort
from catalog.products.models import DataProduct, QualityState
from catalog.products.services import edited_version
from catalog.types import JSONObject
from governance.quality.dimensions import Dimension
from governance.quality.models import QualityRun
from governance.quality.outcomes import CheckState
from governance.quality.proposals import RuleProposal
from governance.quality.reports import PortQuality, RuleResult
from governance.quality.rules import Severity, Unit
from governance.quality.scores import SCORE_DEFINITION, DimensionScore
from governance.quality.services import (
    add_proposed_rule,
    port_quality,
    proposals_of,
    results_of,
    run_port_checks,
)

STATES = f"One of {', '.join(CheckState)}."


class DimensionAnswer(serializers.Serializer[JSONObject]):
    """The score of a dimension in the last run; `share` from 0 to 1, null without a result."""

    dimension = serializers.ChoiceField([item.value for item in Dimension])
    definition = serializers.CharField()
    share = serializers.FloatField(allow_null=True)
    state = serializers.CharField(help_text=STATES)
    checks = serializers.IntegerField()
    evaluated = serializers.IntegerField(help_text="Checks that have a result.")
    rows = serializers.IntegerField(allow_null=True, help_text="Most rows that one check tested.")


class QualityCheckAnswer(serializers.Serializer[JSONObject]):
    """A rule of the contract, and what it said in the last run.

    `location` is the JSON Pointer of the rule in the contract; one that is not `is_declared` is
    implied by the schema. `reason` says why a rule is not run. `samples` are rows that fail, and
    empty for callers who may not see the data.
    """

    key = serializers.CharField()
    location = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    table = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField())
    dimension = serializers.ChoiceField([item.value for item in Dimension])
    severity = serializers.ChoiceField([item.value for item in Severity])
    expected = serializers.CharField(allow_blank=True)
    unit = serializers.ChoiceField([item.value for item in Unit])
    is_declared = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)
    state = serializers.CharField(help_text=STATES)
    observed = serializers.FloatField(allow_null=True, help_text="In `unit`.")
    tested = serializers.IntegerField(allow_null=True, help_text="Rows.")
    failing = serializers.IntegerField(allow_null=True, help_text="Rows.")
    seconds = serializers.FloatField(allow_null=True)
    message = serializers.CharField(allow_blank=True)
    is_changed = serializers.BooleanField(help_text="The rule says something else since the run.")
    samples = serializers.ListField(child=serializers.DictField())


class QualityRunAnswer(serializers.Serializer[JSONObject]):
    """A run of checks. One that is reported is of another tool, and was not measured by Assay."""

    run_id = serializers.UUIDField()
    at = serializers.DateTimeField()
    state = serializers.CharField(help_text="ok or failed.")
    code = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a member by name
        QualityRun.Source.values
    )
    reporter = serializers.CharField(allow_blank=True)
    contract = serializers.CharField(allow_blank=True)
    rows = serializers.IntegerField(allow_null=True)
    is_sample = serializers.BooleanField()
    seconds = serializers.FloatField(allow_null=True)


class RuleIssueAnswer(serializers.Serializer[JSONObject]):
    """A rule that is wrong and therefore not run; `location` is its place in the contract."""

    location = serializers.CharField()
    message = serializers.CharField()
    hint = serializers.CharField(allow_blank=True)


class PortQualityAnswer(serializers.Serializer[JSONObject]):
    """The quality of one port: its last good run, and the last one if that failed as a whole."""

    id = serializers.IntegerField()
    port = serializers.CharField()
    run = QualityRunAnswer(allow_null=True)
    failure = QualityRunAnswer(allow_null=True)
    reported = QualityRunAnswer(many=True)
    next_at = serializers.DateTimeField(allow_null=True)
    interval = serializers.IntegerField(allow_null=True, help_text="Seconds.")
    dimensions = DimensionAnswer(many=True)
    checks = QualityCheckAnswer(many=True)
    issues = RuleIssueAnswer(many=True)


class ProductQualityAnswer(serializers.Serializer[JSONObject]):
    """The quality of a product, by port. `quality` is what its last runs say together."""

    quality = serializers.ChoiceField(QualityState.choices)
    observed_at = serializers.DateTimeField(allow_null=True)
    score_definition = serializers.CharField()
    ports = PortQualityAnswer(many=True)


class CheckProposalAnswer(serializers.Serializer[JSONObject]):
    """A rule that every reading of the source would have passed; `reason` says what that is of.

    `rule` is what is written at the column in the contract.
    """

    id = serializers.CharField()
    table = serializers.CharField()
    column = serializers.CharField()
    kind = serializers.CharField()
    rule = serializers.DictField()
    reason = serializers.CharField()
    readings = serializers.IntegerField()


class CheckProposalsAnswer(serializers.Serializer[JSONObject]):
    """The rules that are proposed for the contract of a port as it is edited now, at most 50."""

    proposals = CheckProposalAnswer(many=True)


class ChosenProposal(Body):
    """The id of a proposed rule."""

    id = StrictString(max_length=16)


class ProductQuality(OfProduct):
    """The quality of one product."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class: type[serializers.BaseSerializer[Any]] = ProductQualityAnswer

    def state(self, product: DataProduct) -> Mapping[str, object]:
        return {
            "quality": product.quality_state,
            "observed_at": moment.isoformat() if (moment := product.quality_observed_at) else None,
            "score_definition": SCORE_DEFINITION,
            "ports": [port_answer(quality) for quality in results_of(product, self.reader)],
        }

    @extend_schema(responses=ProductQualityAnswer, parameters=READS)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return what the quality checks of each port say, by dimension and check."""
        return Response(self.state(self.get_object()))


class PortChecks(OfProduct):
    """The quality checks of one port."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class: type[serializers.BaseSerializer[Any]] = PortQualityAnswer

    @extend_schema(request=None, responses={200: PortQualityAnswer}, parameters=[PORT, VERSION])
    def run(self, request: Request, uuid: UUID, port: str) -> Response:
        """Run the checks of the port now; a run that fails is kept with its reason."""
        version = request.query_params.get("version", "")
        row = find_port(self.get_object(), port, version)
        run_port_checks(port=row, actor=require_user(request.user))
        return Response(port_answer(port_quality(row, self.reader)))


class CheckProposals(OfProduct):
    """The rules that readings of a port's source propose, for those who edit the product."""

    permission_classes = [IsAuthenticated]
    serializer_class: type[serializers.BaseSerializer[Any]] = CheckProposalsAnswer

    def state(self, product: DataProduct) -> Mapping[str, object]:
        proposals = proposals_of(self.port_of(product))
        return {"proposals": [proposal_answer(proposal) for proposal in proposals]}

    def port_of(self, product: DataProduct) -> OutputPort:
        version = self.request.query_params.get("version", "")
        return find_port(product, self.kwargs["port"], version)

    @extend_schema(responses=CheckProposalsAnswer, parameters=[PORT, VERSION])
    def retrieve(self, request: Request, uuid: UUID, port: str) -> Response:
        """Return the proposed rules, each with the evidence."""
        product = self.get_object()
        require_permission(self.reader, Permission.EDIT_PRODUCTS, product.domain)
        return self.answer(edited_version(product))

    @extend_schema(
        request=ChosenProposal,
        responses={200: CheckProposalsAnswer},
        parameters=[PORT, VERSION, *EDITS],
    )
    def create(self, request: Request, uuid: UUID, port: str) -> Response:
        """Write a proposed rule into the contract that is edited, and return the others."""
        product, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        key = ChosenProposal.read(request).validated_data["id"]
        edited = add_proposed_rule(
            port=self.port_of(product),
            key=key,
            edition=edition,
            actor=require_user(request.user),
        )
        return self.answer_changed(edited)


def proposal_answer(proposal: RuleProposal) -> JSONObject:
    return {
        "id": proposal.key,
        "table": proposal.table,
        "column": proposal.column,
        "kind": proposal.row.kind,
        "rule": proposal.rule,
        "reason": proposal.reason,
        "readings": proposal.n_readings,
    }


def port_answer(quality: PortQuality) -> JSONObject:
    return {
        "id": quality.port.pk,
        "port": str(quality.port),
        "run": run_answer(quality.run) if quality.run else None,
        "failure": run_answer(quality.failure) if quality.failure else None,
        "reported": [run_answer(run) for run in quality.reported],
        "next_at": quality.next_at.isoformat() if quality.next_at else None,
        "interval": quality.interval,
        "dimensions": [dimension_answer(score) for score in quality.scores],
        "checks": [check_answer(result) for result in quality.results],
        "issues": [
            {"location": issue.location, "message": issue.message, "hint": issue.hint}
            for issue in quality.issues
        ],
    }


def run_answer(run: QualityRun) -> JSONObject:
    return {
        "run_id": str(run.run_id),
        "at": run.at.isoformat(),
        "state": run.state,
        "code": run.code,
        "reason": run.reason,
        "source": run.source,
        "reporter": run.reporter,
        "contract": run.contract,
        "rows": run.rows,
        "is_sample": run.is_sample,
        "seconds": run.seconds,
    }


def dimension_answer(score: DimensionScore) -> JSONObject:
    return {
        "dimension": score.dimension.value,
        "definition": score.definition,
        "share": score.share,
        "state": score.state.value,
        "checks": score.checks,
        "evaluated": score.evaluated,
        "rows": score.rows,
    }


def check_answer(result: RuleResult) -> JSONObject:
    rule, outcome = result.rule, result.outcome
    return {
        "key": rule.key,
        "location": rule.location,
        "title": rule.title,
        "kind": rule.kind,
        "table": rule.table,
        "columns": list(rule.columns),
        "dimension": rule.dimension.value,
        "severity": rule.severity.value,
        "expected": result.expected,
        "unit": rule.unit.value,
        "is_declared": rule.is_declared,
        "reason": rule.reason,
        "state": result.state.value,
        "observed": outcome.observed if outcome else None,
        "tested": outcome.tested if outcome else None,
        "failing": outcome.failing if outcome else None,
        "seconds": outcome.seconds if outcome else None,
        "message": result.message,
        "is_changed": result.is_changed,
        "samples": [dict(row) for row in result.samples],
    }
