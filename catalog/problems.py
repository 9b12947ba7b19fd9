"""Problem documents (RFC 9457): the one writer of `application/problem+json`."""

from dataclasses import dataclass

from django.conf import settings
from django.http import JsonResponse
from structlog.contextvars import get_contextvars

from catalog.types import JSONObject, JSONValue

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5


@dataclass(frozen=True)
class ProblemType:
    """One type of problem: its code, its status and its title."""

    code: str
    status: int
    title: str


PROBLEM_TYPES = {
    problem_type.code: problem_type
    for problem_type in (
        ProblemType("unreadable-body", 400, "The body cannot be parsed."),
        ProblemType("invalid-body", 400, "The body does not match the schema."),
        ProblemType("invalid-parameters", 400, "Invalid query parameter."),
        ProblemType("malformed-request", 400, "Malformed request."),
        ProblemType("not-authenticated", 401, "Authentication required."),
        ProblemType("invalid-token", 401, "The token is unknown, expired or revoked."),
        ProblemType("permission-denied", 403, "You do not have permission to do this."),
        ProblemType("insufficient-scope", 403, "The token does not have the required scope."),
        ProblemType("data-not-served", 403, "The data of this port is not served here."),
        ProblemType("not-found", 404, "Not found."),
        ProblemType("method-not-allowed", 405, "Method not allowed."),
        ProblemType("not-acceptable", 406, "No acceptable representation."),
        ProblemType("name-conflict", 409, "The name is already in use."),
        ProblemType("invalid-transition", 409, "Invalid status transition."),
        ProblemType("immutable-version", 409, "Used by a published version, so it is immutable."),
        ProblemType("not-convertible", 409, "Not valid in this version of the standard."),
        ProblemType("import-conflict", 409, "Edited here since the last import."),
        ProblemType("busy", 409, "Changed by someone else at the same time; try again."),
        ProblemType("retired", 410, "The product is retired; `current` names its successor."),
        ProblemType("length-required", 411, "Content-Length is required."),
        ProblemType("edit-conflict", 412, "Edited by someone else since the edition you sent."),
        ProblemType("upload-conflict", 412, "Other data was uploaded to the port meanwhile."),
        ProblemType("too-large", 413, "The body is too large."),
        ProblemType("range-not-satisfiable", 416, "The range is outside the file."),
        ProblemType("unsupported-media-type", 415, "Unsupported media type."),
        ProblemType("invalid", 422, "Validation failed."),
        ProblemType(
            "publication-refused", 422, "Blocked by at least one finding of the publication gate."
        ),
        ProblemType("precondition-required", 428, "If-Match is required."),
        ProblemType("throttled", 429, "Too many requests; see the Retry-After header."),
        ProblemType("internal-error", 500, "Internal server error."),
        ProblemType("unavailable", 503, "Service unavailable; try again shortly."),
        ProblemType("insufficient-storage", 507, "No room on the disk of the files."),
    )
}


def problem_document(
    code: str,
    *,
    path: str,
    detail: str = "",
    errors: list[JSONObject] | None = None,
    **members: JSONValue,
) -> JSONObject:
    """Return a problem document; members without a value are left out."""
    problem_type = PROBLEM_TYPES[code]
    body: JSONObject = {
        "type": f"{settings.ASSAY_BASE_IRI}/api/docs#{code}",
        "title": problem_type.title,
        "status": problem_type.status,
        "detail": detail or problem_type.title,
        "instance": path,
        "request_id": str(get_contextvars().get("request_id", "")),
        "code": code,
        "errors": errors or [],
    }
    return body | {name: value for name, value in members.items() if value not in ("", None)}


def problem_response(code: str, *, path: str, **members: JSONValue) -> JsonResponse:
    """Return a problem outside the views of REST framework."""
    body = problem_document(code, path=path, **members)
    return JsonResponse(body, status=body["status"], content_type=MEDIA_TYPE)
