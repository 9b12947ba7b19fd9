"""What a reader gets where something is missing, forbidden, gone or broken; each names a way on."""

from __future__ import annotations

import re
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from structlog.contextvars import get_contextvars

logger = structlog.get_logger(__name__)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer an act on something visible that the reader may not do; the rule is named."""
    if wants_json(request):
        return problem(403, getattr(exception, "message", "") or "You may not do this.")
    return render(request, "errors/403.html", {"refusal": exception}, status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that no page can read."""
    if wants_json(request):
        return problem(400, "This request cannot be read.")
    return render(request, "errors/400.html", status=400)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer an address that leads nowhere for this reader; the search box holds its words."""
    if wants_json(request):
        return problem(404, "There is nothing at this address, or it is not open to you.")
    return render(request, "errors/404.html", {"query": words_of(request.path)}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a failure of ours with the number by which it is found in the log; no database."""
    known = get_contextvars().get("request_id")
    number = str(known or uuid4())
    if not known:
        logger.error("server_error_page", request_id=number)
    if wants_json(request):
        return problem(500, "This failed, and it is our fault.", request_id=number)
    page = render_to_string("errors/500.html", {"number": number, "request": request})
    return HttpResponse(page, status=500)


def words_of(path: str) -> str:
    """Return the words of an address's last part: what the reader was probably after."""
    last = path.rstrip("/").rpartition("/")[2].removesuffix(".json")
    return " ".join(re.findall(r"[^\W_]+", last))[:100]


def wants_json(request: HttpRequest) -> bool:
    """Say whether a program asks: the address ends in .json, lies in the API, or JSON is asked."""
    path = request.path
    if path.endswith(".json") or path.startswith("/api/"):
        return True
    wanted = request.get_preferred_type(["text/html", "application/json"])
    return wanted == "application/json"


def problem(status: int, title: str, **members: str) -> HttpResponse:
    """Return a problem document (RFC 9457) with a status and one sentence."""
    body = {"type": "about:blank", "title": title, "status": status} | members
    return JsonResponse(body, status=status, content_type="application/problem+json")
