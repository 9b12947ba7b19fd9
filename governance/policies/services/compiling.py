"""Compiles a new text in a limited process, and says which of its cases do not pass."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from catalog.exceptions import ValidationFailed, require_valid
from catalog.issues import Issue
from catalog.manifests.issues import ParseError
from governance.policies.text import ParsedPolicy, PolicyText, parse_policies

WALL_SECONDS = 15
PROJECT = Path(__file__).resolve().parents[3]
# The child's environment has no secret and no address of a server.
ENVIRONMENT = {"PYTHONPATH": str(PROJECT), "MALLOC_ARENA_MAX": "1"}


def checked_policy(text: str) -> PolicyText:
    """Return the one policy of a text whose cases pass.

    Raises ValidationFailed with every issue: of documents at their JSON Pointer and line.
    """
    try:
        parsed = parse_policies(text.encode(), name="policy.yaml")
    except ParseError as error:
        raise ValidationFailed([error.issue]) from error
    if len(parsed) > 1:
        message = f"The text has {len(parsed)} documents."
        require_valid([Issue(message=message, hint="Write one policy in a text.")])
    [policy] = parsed
    require_valid([issue for issue in policy.issues if issue.is_error])
    assert policy.policy is not None
    require_valid(list(_case_issues(policy, text)))
    return policy.policy


def _case_issues(parsed: ParsedPolicy, text: str) -> Iterator[Issue]:
    try:
        child = subprocess.run(
            [sys.executable, "-m", "governance.policies.compile_child"],
            input=text.encode(),
            capture_output=True,
            timeout=WALL_SECONDS,
            cwd=PROJECT,
            env=ENVIRONMENT,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        yield parsed.document.issue(
            ["clauses"],
            "policy.too-costly",
            "The expressions take more time or memory to compile than is allowed.",
            "Make them shorter, or split them into several clauses.",
        )
        return
    answer = json.loads(child.stdout)
    if isinstance(answer, dict):
        yield parsed.document.issue(answer["path"], "policy.expression", answer["message"], "")
        return
    assert parsed.policy is not None
    for index, (case, result) in enumerate(zip(parsed.policy.cases, answer, strict=True)):
        if result["error"]:
            yield parsed.document.issue(
                ["cases", index, "facts"], "policy.facts", f"{case.title}: {result['error']}", ""
            )
        elif set(result["violated"]) != set(case.expect):
            violated = ", ".join(result["violated"]) or "nothing"
            yield parsed.document.issue(
                ["cases", index, "expect"],
                "policy.case",
                f"{case.title}: it violates {violated}, and should violate"
                f" {', '.join(case.expect) or 'nothing'}.",
                "Correct the clauses or the case.",
            )
