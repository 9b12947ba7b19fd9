"""Compiles a new text and runs its cases in a limited process of its own: `python -m` this module.

The library's parser bounds no memory. Standard input: the text; standard output: a JSON list of
`{case, violated, error}`, or `{message, path}` if the text cannot be compiled.
"""

import json
import resource
import sys

from governance.policies.cases import run_cases
from governance.policies.evaluation import compile_policy
from governance.policies.expression_reader import InvalidExpression
from governance.policies.text import parse_policies

MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 4


def limit_resources() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    limit_resources()
    [parsed] = parse_policies(sys.stdin.buffer.read(), name="policy")
    assert parsed.policy is not None
    try:
        results = [
            {"case": result.case.title, "violated": result.violated, "error": result.error}
            for result in run_cases(compile_policy(parsed.policy))
        ]
    except InvalidExpression as invalid:
        sys.stdout.write(json.dumps({"message": invalid.message, "path": invalid.path}))
    else:
        sys.stdout.write(json.dumps(results))


if __name__ == "__main__":
    main()
