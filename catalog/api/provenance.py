"""API of provenance: what is declared, what is measured, and which questions are open."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.permissions import AllowAny, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.products.documents import parse_body_document
from catalog.api.products.views import OBJECT, OfProduct
from catalog.api.rest.bodies import Body, DocumentField, JSONBody, PatchBody, StrictString
from catalog.api.rest.errors import relocating
from catalog.api.rest.etags import EDITS, READS
from catalog.api.rest.views import ModelAnswer
from catalog.authorization.access import require_user
from catalog.manifests.formats import bitol_odps
from catalog.permissions import Permission
from catalog.products.json_patch import apply_patch
from catalog.products.models import DataProduct
from catalog.products.projection import custom, custom_pointer, with_custom
from catalog.products.services import replace_document
from catalog.provenance.completeness import Completeness, completeness
from catalog.provenance.contradictions import Contradiction
from catalog.provenance.groups import RestRow, rest_rows, unassessed_attributes
from catalog.provenance.inheritance import InheritedAttribute, inherited_imbalances
from catalog.provenance.models import Imbalance, ProvenanceAnswer, contradictions_of
from catalog.provenance.projection import KEY, STATES
from catalog.provenance.question_types import QuestionSet
from catalog.provenance.questions import CURRENT_SET, QUESTION_SETS
from catalog.provenance.representation import max_gaps, min_shares
from catalog.provenance.takeover import AnswerOrigin, answer_origins
from catalog.publication.assessments import sensitive_attributes
from catalog.types import JSONObject, JSONValue


class TakenFrom(serializers.Serializer[AnswerOrigin]):
    """The upstream product of an answer; `product` is null if the caller cannot see it."""

    product = serializers.UUIDField(source="product.uuid", allow_null=True, default=None)
    version = serializers.CharField()
    has_changed = serializers.BooleanField(help_text="The answer there is another one now.")


class QuestionAnswer(ModelAnswer[ProvenanceAnswer]):
    """The answer to one question: a fact, that nobody knows, or why it does not apply."""

    values = serializers.ListField(
        child=serializers.CharField(), help_text="Entries of a list, or codes of choices."
    )
    taken_from = serializers.SerializerMethodField()

    class Meta:
        model = ProvenanceAnswer
        fields = ("question", "state", "text", "reason", "values", "start", "end", "taken_from")

    @extend_schema_field(TakenFrom(allow_null=True))
    def get_taken_from(self, answer: ProvenanceAnswer) -> JSONObject | None:
        origin = self.context["origins"].get(answer.question)
        return TakenFrom(origin).data if origin else None


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
            "interval_low",
            "interval_high",
            "assessor",
            "assessed_on",
            "explanation",
        )


class RestAnswer(serializers.Serializer[RestRow]):
    """What the declared groups of an attribute leave of the whole; null if a share is unknown."""

    attribute = serializers.CharField()
    share = serializers.FloatField(allow_null=True)
    reference_share = serializers.FloatField(allow_null=True)
    gap = serializers.FloatField(allow_null=True)


class InheritedAnswer(serializers.Serializer[InheritedAttribute]):
    """An attribute that an upstream product has assessed and this one has not; its shares there."""

    attribute = serializers.CharField()
    origin = serializers.UUIDField(source="origin.uuid")
    origin_name = serializers.CharField(source="origin.name")
    path = serializers.SerializerMethodField(help_text="From an input port to the origin.")
    is_measured = serializers.BooleanField()
    groups = ImbalanceAnswer(source="rows", many=True)

    def get_path(self, inherited: InheritedAttribute) -> list[UUID]:
        return [product.uuid for product in inherited.path]


class MissingAnswer(serializers.Serializer[JSONObject]):
    """A question that is open or unknown, and where it is answered."""

    question = serializers.CharField()
    state = serializers.ChoiceField(["open", "unknown"])
    url = serializers.URLField()


class CompletenessAnswer(serializers.Serializer[Completeness]):
    """Counts of the questions that an audience needs; `done` are answered or not applicable."""

    audience = serializers.CharField()
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    answered = serializers.ListField(child=serializers.CharField())
    not_applicable = serializers.ListField(child=serializers.CharField())
    missing = serializers.SerializerMethodField()

    @extend_schema_field(MissingAnswer(many=True))
    def get_missing(self, row: Completeness) -> list[JSONObject]:
        states = dict.fromkeys(row.open, "open") | dict.fromkeys(row.unknown, "unknown")
        form = self.context["form_url"]
        return [
            {"question": code, "state": state, "url": f"{form}#q-{code}"}
            for code, state in states.items()
        ]


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
    current_question_set = serializers.CharField()
    answers = QuestionAnswer(many=True)
    open_questions = serializers.ListField(
        child=serializers.CharField(), help_text="Those that publication waits for."
    )
    completeness = CompletenessAnswer(many=True)
    imbalances = ImbalanceAnswer(many=True)
    rests = RestAnswer(many=True)
    not_assessed = serializers.ListField(
        child=serializers.CharField(), help_text="Sensitive attributes of which no share is known."
    )
    inherited = InheritedAnswer(many=True)
    contradictions = ContradictionAnswer(many=True)
    least_shares = serializers.DictField(child=serializers.FloatField())
    greatest_gaps = serializers.DictField(child=serializers.FloatField())
    declared = serializers.JSONField(help_text="As the product's document holds it.")


class ProvenanceBody(Body):
    """A declaration as in the product's document, with the checks of a file."""

    questionSet = StrictString(required=False, max_length=20)  # noqa: N815  the document's own word
    answers = DocumentField(
        required=False,
        help_text=f"By question: state ({', '.join(STATES)}), text, reason; values, start, end "
        "by its type; takenFrom {product, version}.",
    )
    imbalances = serializers.ListField(
        child=DocumentField(),
        required=False,
        max_length=2000,
        help_text="attribute, group, share, referenceShare, n, reference {name, date}, assessor, "
        "assessedOn, explanation.",
    )


class ProductProvenance(OfProduct):
    """Where a product's data comes from, and which groups are over- or underrepresented in it."""

    permission_classes = [IsAuthenticatedOrReadOnly]
    parser_classes = [JSONBody, PatchBody]
    serializer_class = ProvenanceState

    def state(self, product: DataProduct) -> Mapping[str, object]:
        record = getattr(product, "provenance", None)
        answers = list(record.answers.order_by("pk")) if record else []
        imbalances = list(record.imbalances.all()) if record else []
        questions = QUESTION_SETS[record.question_set] if record else CURRENT_SET
        answered = {answer.question for answer in answers}
        sensitive = sensitive_attributes([product.pk])[product.pk]
        state = {
            "question_set": questions.version,
            "current_question_set": CURRENT_SET.version,
            "answers": answers,
            "open_questions": [code for code in questions.required_codes if code not in answered],
            "completeness": completeness(questions, answers),
            "imbalances": imbalances,
            "rests": rest_rows(imbalances),
            "not_assessed": unassessed_attributes(sensitive, imbalances),
            "inherited": inherited_imbalances(product, self.reader),
            "least_shares": min_shares(imbalances),
            "greatest_gaps": max_gaps(imbalances),
            "contradictions": contradictions_of(product, imbalances),
            "declared": custom(product.tree, KEY) or {},
        }
        form = reverse("product_answers", args=[product.domain.slug, product.slug])
        context = {
            "origins": answer_origins(answers, self.reader),
            "form_url": self.request.build_absolute_uri(form),
        }
        return ProvenanceState(state, context=context).data

    @extend_schema(responses=ProvenanceState, parameters=READS)
    def retrieve(self, request: Request, uuid: UUID) -> Response:
        """Return the provenance of the product's data."""
        return self.answer(self.get_object())

    @extend_schema(request=ProvenanceBody, responses=ProvenanceState, parameters=EDITS)
    def update(self, request: Request, uuid: UUID) -> Response:
        """Replace the declared provenance; measured values stay."""
        declared = dict(ProvenanceBody.read(request).validated_data)
        return self.replace(request, lambda _current: declared)

    @extend_schema(
        request={
            "application/json": ProvenanceBody,
            "application/json-patch+json": {"type": "array", "items": OBJECT},
        },
        responses=ProvenanceState,
        parameters=EDITS,
    )
    def partial_update(self, request: Request, uuid: UUID) -> Response:
        """Change some of the declared provenance; all else stays.

        JSON replaces the members that it has, and of `answers` those to its questions; null removes
        an answer. A JSON Patch (RFC 6902) is relative to `declared`.
        """
        if PatchBody.is_of(request):
            patch = PatchBody.steps_of(request)
            return self.replace(request, lambda current: apply_patch(current, patch))
        changes = dict(ProvenanceBody.read(request).validated_data)
        return self.replace(request, lambda current: _with_members(current, changes))

    def replace(self, request: Request, change: Callable[[JSONObject], JSONValue]) -> Response:
        """Save what a change makes of the declared provenance."""
        product, edition = self.to_edit(Permission.EDIT_PRODUCTS)
        value = change(custom(product.tree, KEY) or {})
        tree = with_custom(product.tree, KEY, None if value == {} else value)
        with relocating(custom_pointer(tree, KEY), ""):
            product = replace_document(
                product=product,
                tree=parse_body_document(bitol_odps.parse, tree, before=product.tree),
                edition=edition,
                actor=require_user(request.user),
            )
        return self.answer_changed(product)


def _with_members(current: JSONObject, changes: JSONObject) -> JSONObject:
    answers = (current.get("answers") or {}) | (changes.get("answers") or {})
    answers = {question: answer for question, answer in answers.items() if answer is not None}
    return current | changes | ({"answers": answers} if "answers" in changes else {})


class QuestionSetAnswer(serializers.Serializer[QuestionSet]):
    """One set of provenance questions."""

    version = serializers.CharField()
    questions = serializers.SerializerMethodField()

    def get_questions(self, questions: QuestionSet) -> list[JSONObject]:
        """Return each question with its topic, audiences, type of answer and standard names."""
        return [asdict(question) for question in questions.questions]


class QuestionSets(APIView):
    """The questions of the provenance record, by version of their set; the last one is current."""

    permission_classes = [AllowAny]

    @extend_schema(responses=QuestionSetAnswer(many=True))
    def get(self, request: Request) -> Response:
        """Return every question set."""
        sets = [QuestionSetAnswer(questions).data for questions in QUESTION_SETS.values()]
        return Response(sets)
