"""A program that talks to the API: JSON in, JSON out, with a token or without."""

import json
from datetime import timedelta
from typing import Any

from django.test import Client

from catalog.people.models import Person
from catalog.people.services import create_token

ROOT = "/api/v1"
PATCH = "application/json-patch+json"


class Program:
    """A program of one person, or of nobody; what it sends and gets is JSON."""

    def __init__(self, person: Person | None = None, *scopes: str) -> None:
        self.client = Client()
        self.headers: dict[str, str] = {}
        if person:
            _, text = create_token(
                person=person,
                name="program",
                scopes=scopes or ("read", "write"),
                lasts=timedelta(days=7),
            )
            self.headers["Authorization"] = f"Bearer {text}"

    def get(self, path: str, **headers: str) -> Any:
        """Read an address below the root of the API."""
        return self.send("GET", path, **headers)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        edition: int | str | None = None,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        """Send a request; `edition` goes out as If-Match."""
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        if edition is not None:
            sent["If-Match"] = f'"{edition}"' if isinstance(edition, int) else edition
        content = body if isinstance(body, bytes) else json.dumps(body) if body is not None else ""
        address = path if path.startswith("/api") else f"{ROOT}{path}"
        return self.client.generic(method, address, content, content_type, headers=sent)


def problem_of(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Return the problem document of an answer, which has this status and code."""
    assert answer.status_code == status, (answer.status_code, answer.content[:600])
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert problem["type"].endswith(f"/api/docs#{code}")
    assert problem["request_id"] == answer["X-Request-ID"]
    return problem


def places(problem: dict[str, Any]) -> list[str]:
    """Return where the errors of a problem are."""
    return [
        error.get("pointer", error.get("field", error.get("parameter", "")))
        for error in problem["errors"]
    ]
