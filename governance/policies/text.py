"""The text of a policy: YAML to typed parts, and what is wrong with it, by line; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from catalog.issues import Severity
from catalog.manifests.issues import DocumentIssue, ParseError
from catalog.manifests.readers import read_documents
from catalog.manifests.schemas import DocumentSchema
from catalog.manifests.source_map import Document
from catalog.types import JSONObject
from governance.policies.decisions import Mode
from governance.policies.expression_reader import InvalidExpression, read_expression

MAX_TEXT_BYTES = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which products a policy is about; an empty member leaves them all in."""

    domains: tuple[str, ...] = ()
    sensitivity: tuple[str, ...] = ()
    classification: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    status: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One demand: where `when` holds (always, if empty), `assertion` has to."""

    id: str
    assertion: str
    message: str
    when: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR
    location: str = ""


@dataclass(frozen=True, kw_only=True)
class Case:
    """An example: facts, merged over neutral ones, and the ids of the clauses that they violate."""

    title: str
    facts: JSONObject
    expect: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PolicyText:
    """One policy as it is written. `domain` is empty for the whole mesh."""

    id: str
    title: str
    sentence: str
    kind: str
    clauses: tuple[Clause, ...]
    cases: tuple[Case, ...]
    reason: str = ""
    level: str = ""
    mode: Mode = Mode.OFF
    domain: str = ""
    owner: str = ""
    tightens: str = ""
    scope: Scope = Scope()


@dataclass(frozen=True)
class ParsedPolicy:
    """One document of a text; `policy` is None if an issue is an error."""

    document: Document
    policy: PolicyText | None
    issues: tuple[DocumentIssue, ...]

    @property
    def has_errors(self) -> bool:
        return self.policy is None


def text_digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def parse_policies(content: bytes, *, name: str) -> list[ParsedPolicy]:
    """Return each policy of a YAML text with its issues. Raises ParseError."""
    if len(content) > MAX_TEXT_BYTES:
        raise ParseError(
            name,
            1,
            1,
            "too-large",
            f"The text has {len(content):,} bytes; a policy may have {MAX_TEXT_BYTES:,}.",
            "Split it into several policies.",
        )
    return [_parse(document) for document in read_documents(content, name=name)]


def _parse(document: Document) -> ParsedPolicy:
    issues = _schema().check(document)
    if not any(issue.is_error for issue in issues):
        issues = [*issues, *_issues_of(document)]
    has_errors = any(issue.is_error for issue in issues)
    return ParsedPolicy(document, None if has_errors else _policy(document.tree), tuple(issues))


@cache
def _schema() -> DocumentSchema:
    path = Path(__file__).with_name("policy.schema.json")
    return DocumentSchema(json.loads(path.read_text()), rule="policy")


def _issues_of(document: Document) -> Iterator[DocumentIssue]:
    """Yield what the schema cannot say."""
    tree = document.tree
    if (tree["kind"] == "certification") != ("level" in tree):
        yield document.issue(
            ["level"] if "level" in tree else ["kind"],
            "policy.level",
            "A policy of kind certification has a level, and no other one has.",
            "Write level: bronze, silver or gold, or kind: publication.",
        )
    for index, clause in enumerate(tree["clauses"]):
        yield from _clause_issues(document, index, clause)
    ids = [clause["id"] for clause in tree["clauses"]]
    for index, case in enumerate(tree["cases"]):
        for position, expected in enumerate(case["expect"]):
            if expected not in ids:
                yield document.issue(
                    ["cases", index, "expect", position],
                    "policy.unknown-clause",
                    f"There is no clause {expected}.",
                    f"The clauses are {', '.join(ids)}.",
                )


def _clause_issues(document: Document, index: int, clause: JSONObject) -> Iterator[DocumentIssue]:
    if clause["id"] in (other["id"] for other in document.tree["clauses"][:index]):
        yield document.issue(
            ["clauses", index, "id"],
            "policy.duplicate-clause",
            f"Several clauses have the id {clause['id']}.",
            "Give each clause an id of its own.",
        )
    for member in ("when", "assert"):
        try:
            read_expression(clause.get(member, "true"))
        except InvalidExpression as invalid:
            yield document.issue(
                ["clauses", index, member],
                "policy.expression",
                f"Clause {clause['id']}: {invalid.message}",
                invalid.hint,
            )


def _policy(tree: JSONObject) -> PolicyText:
    plain = ("id", "title", "sentence", "kind", "reason", "level", "domain", "owner", "tightens")
    return PolicyText(
        **{name: tree[name] for name in plain if name in tree},
        mode=Mode(tree.get("mode", Mode.OFF)),
        scope=Scope(**{name: tuple(words) for name, words in tree.get("scope", {}).items()}),
        clauses=tuple(
            Clause(
                id=clause["id"],
                assertion=clause["assert"],
                message=clause["message"],
                when=clause.get("when", ""),
                hint=clause.get("hint", ""),
                severity=Severity(clause.get("severity", Severity.ERROR)),
                location=clause.get("location", ""),
            )
            for clause in tree["clauses"]
        ),
        cases=tuple(
            Case(title=case["title"], facts=case["facts"], expect=tuple(case["expect"]))
            for case in tree["cases"]
        ),
    )
