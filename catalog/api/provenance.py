"""API of provenance: what is declared, what is measured, and which questions are open."""

from collections.abc import Mapping
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.products.documents import parse_body_document
from catalog.api.products.views import OfProduct
from catalog.api.rest.bodies import Body, DocumentField, StrictString
from catalog.api.rest.errors import relocating
from catalog.api.rest.etags import EDITS, READS
from catalog.api.rest.views import ModelAnswer
from catalog.authorization.access import require_user
from catalog.manifests.formats import bitol_odps
from catalog.permissions import Permission
from catalog.products.models import DataProduct
from catalog.products.projection import custom, custom_pointer, with_custom
from catalog.products.services import replace_document
from catalog.provenance.contradictions import Contradiction
from catalog.provenance.models import Imbalance, ProvenanceAnswer, contradictions_of
from catalog.provenance.projection import KEY, STATES
from catalog.provenance.questions import CURRENT_SET, QUESTION_SETS
from catalog.provenance.representation import max_gaps, min_shares
from catalog.types import JSONObject


class QuestionAnswer(ModelAnswer[ProvenanceAnswer]):
    """The answer to one question: a fact, that nobody knows, or why it does not apply."""

    class Meta:
        model = ProvenanceAnswer
        fields = ("question", "state", "text", "reason")


class ImbalanceAnswer(ModelAnswer[Imbalance]):
    """A group's share of the records and of a reference; shares from 0 to 1."""

    gap = serializers.FloatField(allow_null=True, help_text="The share less the reference share.")
    port = serializers.IntegerField(source="port_id", allow_null=True)

    class Meta:
        model = Imbalance
        fields = (
            "attribute",
            "group",
            "share",
            "interval_low",
            "interval_high",
            "reference_share",
            "gap",
            "n",
            "origin",
            "port",
            "measured_at",
            "reference_name",
            "reference_date",
        )


class ContradictionAnswer(serializers.Serializer[Contradiction]):
    """A declared share that a measurement contradicts; shares and bounds from 0 to 1.

    It blocks the publication of the next version until it is corrected or explained. `position`
    is that of the declared row; a measured share of few records is null, its bounds are not.
    """

    attribute = serializers.CharField()
    group = serializers.CharField()
    position = serializers.IntegerField()
    declared = serializers.FloatField()
    measured = serializers.FloatField(source="measured.share", allow_null=True)
    interval_low = serializers.FloatField(source="measured.interval_low")
    interval_high = serializers.FloatField(source="measured.interval_high")
    measured_at = serializers.DateTimeField(source="measured.measured_at")
    port = serializers.CharField(source="measured.port")
    explanation = serializers.CharField(allow_blank=True)
    is_explained = serializers.BooleanField()


class ProvenanceState(serializers.Serializer[JSONObject]):
    """A product's provenance; measured imbalances take precedence over declared ones."""

    question_set = serializers.CharField()
    answers = QuestionAnswer(many=True)
    open_questions = serializers.ListField(child=serializers.CharField())
    imbalances = ImbalanceAnswer(many=True)
    contradictions = ContradictionAnswer(many=True)
    least_shares = serializers.DictField(child=serializers.FloatField())
    greatest_gaps = serializers.DictField(child=serializers.FloatField())
    declared = serializers.JSONField(help_text="As the product's document holds it.")


class ProvenanceBody(Body):
    """A declaration as in the product's document, with the checks of a file."""

    questionSet = StrictString(required=False, max_length=20)  # noqa: N815  the document's own word
    answers = DocumentField(
        required=False,
        help_text=f"By question: state ({', '.join(STATES)}), text, reason.",
    )
    imbalances = serializers.ListField(
        child=DocumentField(),
        required=False,
        max_length=2000,
        help_text="attribute, group, share, referenceShare, n, reference {name, date}.",
    )


class ProductProvenance(OfProduct):
    """Where a product's data comes from, and which groups are over- or underrepresented in it."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    serializer_class = ProvenanceState

    def state(self, product: DataProduct) -> Mapping[str, object]:
        record = getattr(product, "provenance", None)
        answers = list(record.answers.order_by("pk")) if record else []
        imbalances = list(record.imbalances.all()) if record else []
        questions = QUESTION_SETS[record.question_set] if record else CURRENT_SET
        answered = {answer.question for answer in answers}
        state = {
            "question_set": questions.version,
            "answers": answers,
            "open_questions": [code for code in questions.codes if code not in answered],
            "imbalances": imbalances,
            "contradictions": contradictions_of(product, imbalances),
            "least_shares": min_shares(imbalances),
            "greatest_gaps": max_gaps(imbalances),
            "declared": custom(product.tree, KEY) or {},
        }
        return ProvenanceState(state).data

    @extend_schema(responses=ProvenanceState, parameters=READS)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return the provenance of the product's data."""
        return self.answer(self.get_object())

    @extend_schema(request=ProvenanceBody, responses=ProvenanceState, parameters=EDITS)
    def update(self, request: Request, uuid: UUID) -> Response:
        """Replace the declared provenance; measured values stay."""
        product, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        declared = dict(ProvenanceBody.read(request).validated_data)
        tree = with_custom(product.tree, KEY, declared or None)
        with relocating(custom_pointer(tree, KEY), ""):
            product = replace_document(
                product=product,
                tree=parse_body_document(bitol_odps.parse, tree, before=product.tree),
                edition=edition,
                actor=require_user(request.user),
            )
        return self.answer_changed(product)
