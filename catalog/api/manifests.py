"""API of manifests: import files of any format."""

from collections.abc import Mapping
from functools import partial
from typing import IO, Any

from django.utils.datastructures import MultiValueDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.api.rest.bodies import Body
from catalog.api.rest.errors import TooLarge
from catalog.api.rest.problems import issue_json
from catalog.authorization.access import require_user
from catalog.manifests.formats.registry import FORMATS, get_format
from catalog.manifests.import_report import ImportReport
from catalog.manifests.plan import Action
from catalog.manifests.readers import MAX_REQUEST_BYTES, Source
from catalog.manifests.services import ReleaseTexts, import_manifests
from catalog.problems import MEDIA_TYPE, problem_document

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
