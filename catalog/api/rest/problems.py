"""Errors of the API as problem documents (RFC 9457).

Imports no view: the settings name the exception handler by its dotted path.
"""

from collections.abc import Iterator, Mapping
from typing import TypedDict

import structlog
from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from jsonpointer import JsonPointer
from rest_framework import exceptions
from rest_framework.response import Response

from catalog.api.rest.errors import (
    ConflictWithState,
    InsufficientScope,
    InvalidParameters,
    PreconditionRequired,
    Retired,
    TooLarge,
)
from catalog.audit.services import record_denial
from catalog.exceptions import CatalogError, EditConflict, ValidationFailed
from catalog.issues import Issue
from catalog.manifests.issues import DocumentIssue, ParseError
from catalog.people.models import Person
from catalog.problems import MEDIA_TYPE, PROBLEM_TYPES, RETRY_SECONDS, problem_document
from catalog.publication.gates import PublicationRefused
from catalog.search.port import SearchUnavailable
from catalog.types import JSONObject, JSONValue

logger = structlog.get_logger(__name__)


BY_EXCEPTION: tuple[tuple[type[Exception], str], ...] = (
    (Http404, "not-found"),
    # A row that was read or written a moment before has been deleted since.
    (ObjectDoesNotExist, "not-found"),
    (PermissionDenied, "permission-denied"),
    (RequestDataTooBig, "too-large"),
    (SuspiciousOperation, "malformed-request"),
    (UnreadablePostError, "unreadable-body"),
    (IntegrityError, "busy"),
    (OperationalError, "unavailable"),
    (InterfaceError, "unavailable"),
    (SearchUnavailable, "unavailable"),
)
BY_DRF_CODE: tuple[tuple[type[Exception], str], ...] = (
    (InsufficientScope, "insufficient-scope"),
    (exceptions.ParseError, "malformed-request"),
    (exceptions.NotAuthenticated, "not-authenticated"),
    (exceptions.AuthenticationFailed, "invalid-token"),
    (exceptions.NotFound, "not-found"),
    (exceptions.MethodNotAllowed, "method-not-allowed"),
    (exceptions.NotAcceptable, "not-acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported-media-type"),
    (exceptions.Throttled, "throttled"),
    (PreconditionRequired, "precondition-required"),
    (TooLarge, "too-large"),
)


class Problem(TypedDict, total=False):
    """The members of a problem that depend on the error; `code` is always present."""

    code: str
    detail: str
    hint: str
    errors: list[JSONObject]
    findings: list[JSONObject]
    seen: JSONObject
    current: JSONObject


def exception_handler(error: Exception, context: Mapping[str, JSONValue]) -> Response | None:
    """Return the problem of an error; None for an internal error, which Django then logs."""
    problem = _problem_of(error)
    if problem is None:
        return None
    request = context.get("request")
    is_denied = problem["code"] == "permission-denied"
    if is_denied and request is not None and isinstance(request.user, Person):
        action = f"{request.method} {request.path}"
        record_denial(actor=request.user, action=action, reason=problem["detail"])
    members: JSONObject = {**problem}
    code = members.pop("code")
    body = problem_document(code, path=request.path if request else "", **members)
    response = Response(body, status=body["status"], content_type=MEDIA_TYPE)
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = str(header)
    wait = getattr(error, "wait", None)  # missing in the stubs of Throttled
    if isinstance(error, exceptions.Throttled) and wait is not None:
        response["Retry-After"] = str(int(wait))
    if isinstance(error, OperationalError | InterfaceError | SearchUnavailable):
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def issue_json(issue: Issue) -> JSONObject:
    """Return an issue as an error of a problem: `pointer` into the body or `field`, then what is
    wrong and how to fix it; `line` and `column` if the body is a text."""
    if issue.location.startswith("/") or isinstance(issue, DocumentIssue):
        error: JSONObject = {"pointer": issue.location.rstrip("/")}
    else:
        error = {"field": issue.location}
    if isinstance(issue, DocumentIssue):
        error |= {"line": issue.line, "column": issue.column}
    return error | {
        "message": issue.message,
        "hint": issue.hint,
        "severity": issue.severity.value,
        "code": issue.code,
    }


def finding_json(finding: Issue) -> JSONObject:
    """Return a finding of a gate."""
    return {
        "code": finding.code,
        "location": finding.location,
        "message": finding.message,
        "severity": finding.severity.value,
        "hint": finding.hint,
    }


def _problem_of(error: Exception) -> Problem | None:
    if isinstance(error, CatalogError):
        return _catalog_problem(error)
    if isinstance(error, ParseError):
        issue = error.issue
        return {"code": "unreadable-body", "detail": issue.message, "errors": [issue_json(issue)]}
    if isinstance(error, exceptions.ValidationError):
        return _validation_problem(error)
    if isinstance(error, exceptions.APIException):
        by_status = (
            code for code, type_ in PROBLEM_TYPES.items() if type_.status == error.status_code
        )
        code = _code_of(BY_DRF_CODE, error) or next(by_status, "malformed-request")
        return {"code": code, "detail": str(error.detail), "hint": getattr(error, "hint", "")}
    code = _code_of(BY_EXCEPTION, error)
    if code in ("busy", "unavailable"):
        logger.warning("api_database_refused", exc_info=error)
    elif isinstance(error, ObjectDoesNotExist):
        logger.warning("api_deleted_meanwhile", exc_info=error)
    return {"code": code} if code else None


def _catalog_problem(error: CatalogError) -> Problem:
    code = error.code if error.code in PROBLEM_TYPES else "invalid-transition"
    problem: Problem = {"code": code, "detail": error.message, "hint": error.hint}
    if isinstance(error, ValidationFailed):
        problem["detail"] = PROBLEM_TYPES[code].title
        problem["errors"] = [issue_json(issue) for issue in error.issues]
    elif isinstance(error, PublicationRefused):
        problem["findings"] = [finding_json(finding) for finding in error.findings]
        problem["errors"] = [issue_json(finding) for finding in error.findings if finding.is_error]
    elif error.location:
        issue = Issue(code=code, message=error.message, hint=error.hint, location=error.location)
        problem["errors"] = [issue_json(issue)]
    if isinstance(error, Retired):
        problem["current"] = error.state
    if isinstance(error, EditConflict):
        state = error.state if isinstance(error, ConflictWithState) else {}
        problem["seen"] = {"edition": error.sent}
        problem["current"] = {"edition": error.current, **state}
    return problem


def _validation_problem(error: exceptions.ValidationError) -> Problem:
    is_query = isinstance(error, InvalidParameters)
    errors: list[JSONObject] = []
    for steps, detail in _flatten(error.detail, ()):
        location: JSONObject = (
            {"parameter": str(steps[0])}
            if is_query
            else {"pointer": JsonPointer.from_parts(steps).path}
        )
        errors.append(
            location
            | {"message": str(detail), "hint": "", "severity": "error", "code": detail.code}
        )
    return {"code": "invalid-parameters" if is_query else "invalid-body", "errors": errors}


def _flatten(
    detail: JSONValue, steps: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], exceptions.ErrorDetail]]:
    """Yield each message of a nested detail with the steps that lead to it."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            is_general = name == "non_field_errors"
            yield from _flatten(inner, steps if is_general else (*steps, name))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            is_message = isinstance(inner, exceptions.ErrorDetail)
            yield from _flatten(inner, steps if is_message else (*steps, index))
    else:
        yield steps, detail


def _code_of(table: tuple[tuple[type[Exception], str], ...], error: Exception) -> str:
    return next((code for type_, code in table if isinstance(error, type_)), "")
