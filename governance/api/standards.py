"""API of the objectives that a domain sets as a standard for its products."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.domains import OfDomain
from catalog.api.rest.bodies import Body
from catalog.api.rest.errors import relocating
from catalog.api.rest.etags import EDITS, READS
from catalog.authorization.access import require_user
from catalog.domains.models import Domain
from catalog.permissions import Permission
from catalog.types import JSONObject
from governance.slo.evaluation import Verdict
from governance.slo.services import set_standards
from governance.slo.standard_results import StandardResult, standard_results
from governance.slo.wording import format_objective


class StandardsBody(Body):
    """All objectives that the domain sets, in the notation of `assayObjectives`."""

    objectives = serializers.ListField(child=serializers.DictField(), max_length=50)


class MissedAnswer(serializers.Serializer[JSONObject]):
    """A product that misses a standard; `is_own` if by a stricter objective of its own."""

    product = serializers.UUIDField()
    name = serializers.CharField()
    value = serializers.FloatField(allow_null=True)
    is_own = serializers.BooleanField()


class StandardAnswer(serializers.Serializer[JSONObject]):
    """A standard of the domain, or of one above it, and the products that it applies to."""

    domain = serializers.CharField()
    objective = serializers.DictField()
    description = serializers.CharField()
    published_at = serializers.DateTimeField()
    products = serializers.IntegerField()
    by_verdict = serializers.DictField(
        child=serializers.IntegerField(), help_text=f"Of {', '.join(Verdict)}."
    )
    missed_by = MissedAnswer(many=True)


class StandardsAnswer(serializers.Serializer[JSONObject]):
    """The standards that apply in a domain, the nearest domain first."""

    domain = serializers.CharField()
    standards = StandardAnswer(many=True)
    edition = serializers.IntegerField()


def standard_answer(result: StandardResult) -> JSONObject:
    return {
        "domain": result.standard.domain.slug,
        "objective": result.standard.declared,
        "description": format_objective(result.declared.spec),
        "published_at": result.standard.published_at.isoformat(),
        "products": len(result.products),
        "by_verdict": {verdict.value: count for verdict, count in result.counts},
        "missed_by": [
            {
                "product": str(row.product.uuid),
                "name": row.product.name,
                "value": row.value,
                "is_own": row.is_own,
            }
            for row in result.missing
        ],
    }


class DomainStandards(OfDomain):
    """The objectives that a domain sets for its products, and which of them miss one."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class: type[serializers.BaseSerializer[Any]] = StandardsAnswer

    def state(self, domain: Domain) -> Mapping[str, object]:
        results = standard_results(domain, self.reader)
        return {
            "domain": domain.slug,
            "standards": [standard_answer(result) for result in results],
            "edition": domain.edition,
        }

    @extend_schema(responses=StandardsAnswer, parameters=READS)
    def retrieve(self, request: Request, slug: str) -> Response:
        """Return the standards that apply in a domain; of products those that you may see."""
        return self.answer(self.get_object())

    @extend_schema(request=StandardsBody, responses={200: StandardsAnswer}, parameters=EDITS)
    def update(self, request: Request, slug: str) -> Response:
        """Replace the standards of a domain; they apply to its published products at once."""
        domain, edition = self.to_edit(Permission.MANAGE_DOMAIN)
        objectives = StandardsBody.read(request).validated_data["objectives"]
        actor = require_user(request.user)
        with relocating("", "/objectives"):
            set_standards(domain=domain, declared=objectives, edition=edition, actor=actor)
        return self.answer_changed(domain)
