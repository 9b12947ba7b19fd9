"""How the API says no: every refusal and every failure as one problem document (RFC 9457).

Imports no view: the settings name what stands here by its dotted path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import IntegrityError, OperationalError
from django.http import Http404, JsonResponse, UnreadablePostError
from jsonpointer import JsonPointer
from rest_framework import exceptions
from rest_framework.response import Response
from structlog.contextvars import get_contextvars

from catalog.api.rest.requests import (
    ConflictWithState,
    InvalidParameters,
    PreconditionRequired,
    Retired,
    TooLarge,
)
from catalog.exceptions import CatalogError, EditConflict, ValidationFailed
from catalog.issues import Issue
from catalog.manifests.issues import ParseError
from catalog.publication.gates import PublicationRefused
from catalog.search.port import SearchUnavailable

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Kind:
    """One kind of problem: its code, its status, and what it means in a sentence."""

    code: str
    status: int
    title: str


KINDS = {
    kind.code: kind
    for kind in (
        Kind("unreadable-body", 400, "The body cannot be read."),
        Kind("invalid-body", 400, "The body does not have the form that is expected here."),
        Kind("invalid-parameters", 400, "A parameter of the address is not understood."),
        Kind("malformed-request", 400, "The request cannot be understood."),
        Kind("sign-in-needed", 401, "This needs a token, or somebody signed in."),
        Kind("token-refused", 401, "The token is unknown, has lapsed or was revoked."),
        Kind("not-allowed", 403, "You may see this, but not do that to it."),
        Kind("scope-missing", 403, "The token does not carry the scope that this needs."),
        Kind("not-found", 404, "There is nothing here, or it is not open to you."),
        Kind("method-not-allowed", 405, "This address does not answer that method."),
        Kind("not-acceptable", 406, "There is no answer in a form that you accept."),
        Kind("name-taken", 409, "The name is in use by something else in the same place."),
        Kind("status-conflict", 409, "The step does not start from the present status."),
        Kind("frozen", 409, "A published version names this content, so it never changes."),
        Kind("busy", 409, "Somebody else changed the same thing at the same moment."),
        Kind("retired", 410, "The product has ended; `current` says what came after it."),
        Kind("length-missing", 411, "The request does not say how long its body is."),
        Kind("edition-conflict", 412, "Somebody has edited since the edition that you name."),
        Kind("too-large", 413, "The body is larger than what is read here."),
        Kind("unsupported-media-type", 415, "A body of this media type is not read here."),
        Kind("invalid", 422, "What was sent does not hold together."),
        Kind("publication-refused", 422, "A gate finds something that blocks the publication."),
        Kind("edition-missing", 428, "An edit says which edition it edits, as If-Match."),
        Kind("throttled", 429, "Too many requests; the headers say when to come back."),
        Kind("failure", 500, "Something of ours has failed; the request id finds it in the log."),
        Kind("unavailable", 503, "A part of the installation is away; come back shortly."),
    )
}
_BY_NATURE: tuple[tuple[type[Exception], str], ...] = (
    (Http404, "not-found"),
    # What was read or written a moment before has been deleted since.
    (ObjectDoesNotExist, "not-found"),
    (PermissionDenied, "not-allowed"),
    (RequestDataTooBig, "too-large"),
    (SuspiciousOperation, "malformed-request"),
    (UnreadablePostError, "unreadable-body"),
    (IntegrityError, "busy"),
    (OperationalError, "unavailable"),
    (SearchUnavailable, "unavailable"),
)
_BY_API: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.ParseError, "malformed-request"),
    (exceptions.NotAuthenticated, "sign-in-needed"),
    (exceptions.AuthenticationFailed, "token-refused"),
    (exceptions.NotFound, "not-found"),
    (exceptions.MethodNotAllowed, "method-not-allowed"),
    (exceptions.NotAcceptable, "not-acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported-media-type"),
    (exceptions.Throttled, "throttled"),
    (PreconditionRequired, "edition-missing"),
    (TooLarge, "too-large"),
)


class InsufficientScope(exceptions.PermissionDenied):
    """The token lacks a scope."""


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the problem that an error is; None for a failure of ours, which Django then logs."""
    members = _problem_of(error)
    if members is None:
        return None
    request = context.get("request")
    body = document(members.pop("code"), path=request.path if request else "", **members)
    response = Response(body, status=body["status"], content_type=MEDIA_TYPE)
    for name, value in _headers(error).items():
        response[name] = value
    return response


def document(code: str, *, path: str, detail: str = "", **members: Any) -> dict[str, Any]:
    """Return a problem document; members without a value are left out."""
    kind = KINDS[code]
    body = {
        "type": f"{settings.ASSAY_BASE_IRI}/api/docs#{code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.title,
        "instance": path,
        "request_id": str(get_contextvars().get("request_id", "")),
        "code": code,
        "errors": members.pop("errors", []),
    }
    return body | {name: value for name, value in members.items() if value not in ("", None)}


def problem_response(code: str, *, path: str, **members: Any) -> JsonResponse:
    """Return a problem where no view of the API has been reached."""
    body = document(code, path=path, **members)
    return JsonResponse(body, status=body["status"], content_type=MEDIA_TYPE)


def finding_json(finding: Issue) -> dict[str, str]:
    """Return a gate's finding as the API says it."""
    return {
        "code": finding.code,
        "location": finding.location,
        "message": finding.message,
        "severity": finding.severity,
        "hint": finding.hint,
    }


def _problem_of(error: Exception) -> dict[str, Any] | None:
    if isinstance(error, CatalogError):
        return _of_refusal(error)
    if isinstance(error, ParseError):
        return _of_reading(error)
    if isinstance(error, exceptions.ValidationError):
        return _of_validation(error)
    if isinstance(error, exceptions.APIException):
        code = _first(_BY_API, error) or _by_status(error)
        if isinstance(error, InsufficientScope):
            code = "scope-missing"
        hint = getattr(error, "hint", "")
        return {"code": code, "detail": str(error.detail), "hint": hint}
    code = _first(_BY_NATURE, error)
    if code in ("busy", "unavailable"):
        logger.warning("api_database_refused", exc_info=error)
    elif isinstance(error, ObjectDoesNotExist):
        logger.warning("api_deleted_meanwhile", exc_info=error)
    return {"code": code} if code else None


def _of_refusal(refusal: CatalogError) -> dict[str, Any]:
    code = refusal.code if refusal.code in KINDS else "status-conflict"
    members: dict[str, Any] = {
        "code": code,
        "detail": refusal.message,
        "hint": refusal.hint,
        "errors": [],
    }
    if isinstance(refusal, ValidationFailed):
        members["detail"] = KINDS[code].title
        members["errors"] = [_of_fault(issue) for issue in refusal.issues]
    elif isinstance(refusal, PublicationRefused):
        members["findings"] = [finding_json(finding) for finding in refusal.findings]
        members["errors"] = [_of_finding(f) for f in refusal.findings if f.is_error]
    elif refusal.location:
        members["errors"] = [
            _place(refusal.location)
            | {"message": refusal.message, "hint": refusal.hint, "code": code}
        ]
    if isinstance(refusal, Retired):
        members["current"] = refusal.state
    if isinstance(refusal, EditConflict):
        shown = refusal.state if isinstance(refusal, ConflictWithState) else {}
        members["seen"] = {"edition": refusal.seen}
        members["current"] = {"edition": refusal.current} | shown
    return members


def _of_fault(issue: Issue) -> dict[str, Any]:
    words = {"message": issue.message, "hint": issue.hint, "code": issue.code}
    return _place(issue.location) | words


def _of_finding(finding: Issue) -> dict[str, Any]:
    words = {"message": finding.message, "hint": finding.hint, "code": finding.code}
    return {"field": finding.location} | words


def _of_reading(error: ParseError) -> dict[str, Any]:
    problem = error.issue
    place = {"pointer": problem.location, "line": problem.line, "column": problem.column}
    words = {"message": problem.message, "hint": problem.hint, "code": problem.code}
    return {"code": "unreadable-body", "detail": problem.message, "errors": [place | words]}


def _of_validation(error: exceptions.ValidationError) -> dict[str, Any]:
    of_address = isinstance(error, InvalidParameters)
    errors = []
    for steps, detail in _flat(error.detail, ()):
        place = (
            {"parameter": str(steps[0])}
            if of_address
            else {"pointer": JsonPointer.from_parts(steps).path}
        )
        errors.append(place | {"message": str(detail), "hint": "", "code": detail.code})
    return {"code": "invalid-parameters" if of_address else "invalid-body", "errors": errors}


def _flat(detail: Any, steps: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield each message of a nested detail with the steps that lead to it."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            is_of_all = name == "non_field_errors"
            yield from _flat(inner, steps if is_of_all else (*steps, name))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            is_message = isinstance(inner, exceptions.ErrorDetail)
            yield from _flat(inner, steps if is_message else (*steps, index))
    else:
        yield steps, detail


def _place(location: str) -> dict[str, str]:
    return {"pointer": location.rstrip("/")} if location.startswith("/") else {"field": location}


def _first(table: tuple[tuple[type[Exception], str], ...], error: Exception) -> str:
    return next((code for kind, code in table if isinstance(error, kind)), "")


def _by_status(error: exceptions.APIException) -> str:
    codes = [code for code, kind in KINDS.items() if kind.status == error.status_code]
    return codes[0] if codes else "malformed-request"


def _headers(error: Exception) -> dict[str, str]:
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(header)
    wait = getattr(error, "wait", None)  # the stubs leave it out
    if isinstance(error, exceptions.Throttled) and wait is not None:
        headers["Retry-After"] = str(int(wait))
    if isinstance(error, OperationalError | SearchUnavailable):
        headers["Retry-After"] = str(RETRY_SECONDS)
    return headers
