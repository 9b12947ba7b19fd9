"""API of suggested classifications: what is suggested, and what a steward decides of it."""

from collections.abc import Mapping

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.products.bodies import Reasoned
from catalog.api.products.views import OfProduct
from catalog.api.rest.bodies import StrictString
from catalog.api.rest.etags import EDITS
from catalog.api.rest.views import ModelAnswer
from catalog.authorization.access import require_permission
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.products.services import edited_version
from catalog.types import JSONObject
from governance.inspection.classification import Suggestion
from governance.inspection.models import RejectedClassification
from governance.inspection.services import decide_classifications, suggestions_of


class SuggestionAnswer(serializers.Serializer[JSONObject]):
    """A suggested classification; `is_by_values` is False if only the column's name says so."""

    id = serializers.CharField()
    contract = serializers.CharField(help_text="The id of the contract's document.")
    table = serializers.CharField()
    column = serializers.CharField(help_text="The path of the column in its table.")
    classification = serializers.CharField()
    detector = serializers.CharField()
    evidence = serializers.CharField()
    is_by_values = serializers.BooleanField()


class RejectionAnswer(ModelAnswer[RejectedClassification]):
    """A suggestion that a steward rejected; names as in the source, in lower case."""

    class Meta:
        model = RejectedClassification
        fields = (
            "id",
            "contract",
            "table",
            "column",
            "classification",
            "evidence",
            "reason",
            "rejected_by",
            "rejected_at",
        )


class SuggestionsAnswer(serializers.Serializer[JSONObject]):
    """What is suggested for the columns of a product, and what was rejected."""

    suggestions = SuggestionAnswer(many=True)
    rejected = RejectionAnswer(many=True)


class SuggestionIds(serializers.ListField):
    """Ids of suggestions."""

    child = StrictString(max_length=1200)
    max_length = 1000


class Decisions(Reasoned):
    """Suggestions by id to confirm or reject, and rejections by id to forget."""

    confirm = SuggestionIds(required=False)
    reject = SuggestionIds(required=False)
    restore = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False)


class ClassificationSuggestions(OfProduct):
    """The suggested classifications of one product, for those who edit it."""

    permission_classes = [IsAuthenticated]
    serializer_class = SuggestionsAnswer

    def state(self, product: DataProduct) -> Mapping[str, object]:
        rejected = RejectedClassification.objects.filter(product=product.published_row)
        return {
            "suggestions": [_as_json(suggestion) for suggestion in suggestions_of(product)],
            "rejected": RejectionAnswer(rejected, many=True).data,
        }

    @extend_schema(responses=SuggestionsAnswer)
    def retrieve(self, request: Request, uuid: str) -> Response:
        """Return what is suggested, with the evidence, and what was rejected."""
        product = self.get_object()
        require_permission(self.reader, Permission.EDIT_PRODUCTS, product.domain)
        return self.answer(edited_version(product))

    @extend_schema(request=Decisions, responses={200: SuggestionsAnswer}, parameters=EDITS)
    def create(self, request: Request, uuid: str) -> Response:
        """Confirm, reject or restore suggestions, as a steward."""
        edit = self.edit_of(Decisions, Permission.STEWARD_PRODUCTS)
        return self.answer_changed(decide_classifications(**edit))


def _as_json(suggestion: Suggestion) -> JSONObject:
    column = suggestion.column
    return {
        "id": suggestion.key,
        "contract": column.key.contract,
        "table": column.table,
        "column": column.path,
        "classification": suggestion.classification,
        "detector": suggestion.detector,
        "evidence": suggestion.evidence,
        "is_by_values": suggestion.is_by_values,
    }
