"""API of manifests: import them, and export a product or a contract as one."""

from collections.abc import Mapping
from functools import partial
from typing import IO, Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.rest.bodies import Body
from catalog.api.rest.errors import InvalidParameters, TooLarge
from catalog.api.rest.problems import issue_json
from catalog.authorization.access import access_for, require_user
from catalog.contracts.access import readable_tree
from catalog.contracts.models import DataContract
from catalog.manifests.conversion import TARGETS, convert, convert_strictly
from catalog.manifests.formats.bitol_odps import export
from catalog.manifests.formats.registry import FORMATS, get_format
from catalog.manifests.import_report import ImportReport
from catalog.manifests.plan import Action
from catalog.manifests.readers import MAX_REQUEST_BYTES, Source
from catalog.manifests.serializers import json_of, yaml_of
from catalog.manifests.services import ReleaseTexts, import_manifests
from catalog.problems import MEDIA_TYPE, problem_document
from catalog.products.models import DataProduct
from catalog.types import JSONObject

REPORT = {
    "type": "object",
    "properties": {
        "dry_run": {"type": "boolean"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "products": {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
        "problems": {"type": "array", "items": {"type": "object", "additionalProperties": {}}},
    },
}
MAX_FILES = 20
MANIFEST = dict.fromkeys(("application/yaml", "text/yaml"), OpenApiTypes.STR) | {
    "multipart/form-data": {
        "type": "object",
        "properties": {"file": {"type": "array", "items": {"type": "string", "format": "binary"}}},
    }
}
DOCUMENT = {
    (200, kind): {"type": "object", "additionalProperties": {}}
    for kind in ("application/yaml", "application/json")
}


class YamlBody(BaseParser):
    """The bytes of one file, which `manifests.readers` parses."""

    media_type = "application/yaml"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes. Raises TooLarge."""
        content = stream.read(MAX_REQUEST_BYTES + 1)
        if len(content) > MAX_REQUEST_BYTES:
            raise TooLarge(f"A request has at most {MAX_REQUEST_BYTES:,} bytes.")
        return content


class TextYamlBody(YamlBody):
    """The older name of YAML."""

    media_type = "text/yaml"


class JsonManifestBody(YamlBody):
    """A file in JSON."""

    media_type = "application/json"


class JsonLinkedDataBody(YamlBody):
    """A file in JSON-LD, read as JSON: no context is fetched."""

    media_type = "application/ld+json"


class YamlAnswer(BaseRenderer):
    """A document as YAML; a problem as JSON."""

    media_type = "application/yaml"
    format = "yaml"

    def render(self, data: Any, accepted: Any = None, context: Any = None) -> str | bytes:
        if context and context["response"].exception:
            answer: bytes = JSONRenderer().render(data)
            return answer
        return yaml_of(data)


class JsonAnswer(YamlAnswer):
    """A document as JSON, in its own order."""

    media_type = "application/json"
    format = "json"

    def render(self, data: Any, accepted: Any = None, context: Any = None) -> str | bytes:
        if context and context["response"].exception:
            return super().render(data, accepted, context)
        return json_of(data)


class ManifestQuery(Body):
    """The options of an import."""

    dry_run = serializers.BooleanField(default=False, help_text="Only report what would happen.")
    overwrite = serializers.BooleanField(default=False, help_text="Replace edits made here.")
    format = serializers.ChoiceField(
        [known.name for known in FORMATS],
        required=False,
        help_text="Format of the files; detected if left out.",
    )
    domain = serializers.CharField(
        default="", allow_blank=True, max_length=120, help_text="Domain of products that name none."
    )
    note = serializers.CharField(
        default="", allow_blank=True, max_length=2000, help_text="What is new, for consumers."
    )
    break_reason = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=2000,
        help_text="Why a breaking change has no notice period.",
    )


class Manifests(APIView):
    """Import products and contracts in any format that is read, as one file or several.

    Importing the same bytes again changes nothing.
    """

    permission_classes = [IsAuthenticated]
    parser_classes = [
        YamlBody,
        TextYamlBody,
        JsonManifestBody,
        JsonLinkedDataBody,
        MultiPartParser,
    ]

    @extend_schema(parameters=[ManifestQuery], request=MANIFEST, responses={200: REPORT})
    def post(self, request: Request) -> Response:
        """Import the body, each product as a unit; 4xx if none could be imported.

        Send several files as `multipart/form-data`, each a part named `file`. `losses` are what a
        file says and is not kept, by JSON Pointer.
        """
        query = ManifestQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        sources = _sources_of(request)
        chosen = query.validated_data.get("format")
        is_dry_run = query.validated_data["dry_run"]
        results = import_manifests(
            sources=sources,
            chosen=get_format(chosen) if chosen else None,
            actor=require_user(request.user),
            default_domain=query.validated_data["domain"],
            overwrite=query.validated_data["overwrite"],
            is_dry_run=is_dry_run,
            texts=ReleaseTexts(query.validated_data["note"], query.validated_data["break_reason"]),
        )
        return _answer(request, ImportReport.of(results), is_dry_run=is_dry_run)

    @extend_schema(parameters=[ManifestQuery], request=MANIFEST, responses={200: REPORT})
    def put(self, request: Request) -> Response:
        """Do the same as POST, because an import is idempotent."""
        return self.post(request)


class ManifestView(APIView):
    """A document as YAML, unless JSON is asked for."""

    permission_classes = [AllowAny]
    renderer_classes = [YamlAnswer, JsonAnswer]


class ProductManifest(ManifestView):
    """A product as a Bitol ODPS document."""

    @extend_schema(responses=DOCUMENT)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Return the current document."""
        visible = DataProduct.objects.visible_to(access_for(request.user)).select_related("domain")
        product = get_object_or_404(visible, uuid=uuid)
        declared = str(product.tree.get("apiVersion"))
        if request.query_params.get("apiVersion", declared) != declared:
            message = f"Products are not converted: this document is of {declared}."
            raise InvalidParameters({"apiVersion": [message]})
        return Response(export(product.tree, status=product.status, domain=product.domain.slug))


class ConversionQuery(Body):
    """The version of ODCS in which a contract is wanted; without one it comes as it is stored."""

    apiVersion = serializers.ChoiceField(  # noqa: N815  the standard's own name
        TARGETS, required=False, help_text="Convert to this version of the standard."
    )
    extensions = serializers.ChoiceField(
        ["custom"],
        required=False,
        help_text="custom moves what the version does not know to customProperties.",
    )


class ContractManifest(ManifestView):
    """A contract version as an ODCS document."""

    @extend_schema(parameters=[ConversionQuery], responses=DOCUMENT)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Return the stored document, or a converted one that the standard's schema accepts.

        `Assay-Loss` counts what the version has no room for; the conversion lists it. 409 with all
        reasons if the result would not be valid.
        """
        tree, query = _contract_tree(request, uuid), _conversion_query(request)
        if not query:
            return Response(tree)
        conversion = convert_strictly(
            tree, query.get("apiVersion", ""), moves_unknown="extensions" in query
        )
        report = f"{reverse('api:contract_conversion', args=[uuid])}?{request.GET.urlencode()}"
        headers = {
            "Assay-Loss": str(len(conversion.losses)),
            "Link": f'<{report}>; rel="describedby"',
        }
        return Response(conversion.tree, headers=headers)


class ConversionAnswer(serializers.Serializer[Any]):
    """A contract in a version of ODCS, and what that costs: all by locations in the stored one."""

    api_version = serializers.CharField()
    valid = serializers.BooleanField(help_text="The standard's schema accepts the document.")
    losses = serializers.ListField(
        child=serializers.DictField(), help_text="What the version has no room for; it is left out."
    )
    moved = serializers.ListField(
        child=serializers.DictField(), help_text="What is in customProperties instead."
    )
    unknown = serializers.ListField(
        child=serializers.DictField(), help_text="Fields that the standard does not have."
    )
    issues = serializers.ListField(
        child=serializers.DictField(), help_text="What keeps the document from being valid."
    )
    document = serializers.DictField()


class ContractConversion(APIView):
    """A contract version in another version of ODCS, with a report of what is lost."""

    permission_classes = [AllowAny]

    @extend_schema(parameters=[ConversionQuery], responses=ConversionAnswer)
    def get(self, request: Request, uuid: UUID) -> Response:
        """Return the converted document and the report, whether or not it is valid."""
        tree, query = _contract_tree(request, uuid), _conversion_query(request)
        version = query.get("apiVersion", TARGETS[0])
        conversion = convert(tree, version, moves_unknown="extensions" in query)
        answer = {
            "api_version": version,
            "valid": not conversion.unknown and not conversion.issues,
            "document": conversion.tree,
        }
        lists = {"losses": conversion.losses, "moved": conversion.moved}
        lists |= {"unknown": conversion.unknown, "issues": conversion.issues}
        return Response(
            answer | {name: list(map(issue_json, rows)) for name, rows in lists.items()}
        )


def _sources_of(request: Request) -> list[Source]:
    """Return the texts of a request: its body, or its parts. Raises ValidationError."""
    content: Any = request.data
    if isinstance(content, bytes):
        return [Source("body", lambda: content, is_request=True)]
    if not isinstance(content, MultiValueDict):
        raise ValidationError("Send the manifest as the body.", code="required")
    files = [file for name in request.FILES for file in request.FILES.getlist(name)]
    if not 0 < len(files) <= MAX_FILES:
        message = f"Send 1 to {MAX_FILES} files, each as a part with a file name."
        raise ValidationError(message, code="required")
    # Read at once: a file on disk is closed with the request.
    texts = [(file.name or "file", file.read()) for file in files]
    return [Source(name, partial(bytes, text), is_request=True) for name, text in texts]


def _contract_tree(request: Request, uuid: UUID) -> JSONObject:
    visible = DataProduct.objects.visible_to(access_for(request.user)).has("product_id")
    contracts = DataContract.objects.filter(visible).select_related("product")
    return readable_tree(get_object_or_404(contracts, uuid=uuid), request.user)


def _conversion_query(request: Request) -> dict[str, str]:
    query = ConversionQuery(data=request.query_params.dict())
    if not query.is_valid():
        raise InvalidParameters(query.errors)
    return dict(query.validated_data)


def _answer(request: Request, report: ImportReport, *, is_dry_run: bool) -> Response:
    """Return the report; as a problem if no product could be imported."""
    answer = {"dry_run": is_dry_run, **report.as_json()}
    stopped = (Action.INVALID, Action.REFUSED, Action.CONFLICT)
    if any(result.action not in stopped for result in report.results):
        return Response(answer)
    actions = {result.action for result in report.results}
    is_conflict = actions == {Action.CONFLICT} and not report.has_errors
    code = "import-conflict" if is_conflict else "invalid"
    if {issue.code for issue in report.all_issues} == {"reading.size"}:
        code = "too-large"
    errors = [issue for issue in report.all_issues if issue.is_error]
    reasons = [*map(str, errors), *(result.reason for result in report.results)]
    problem = problem_document(
        code,
        path=request.path,
        detail=next(iter(reasons), ""),
        errors=[issue_json(issue) for issue in errors],
    )
    return Response(problem | answer, status=problem["status"], content_type=MEDIA_TYPE)
