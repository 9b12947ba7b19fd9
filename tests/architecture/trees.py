"""The repository's source files, parsed once for the architecture tests."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("catalog", "governance", "config")
HOUSE = (*APPS, "tests", "benchmarks")


def parsed() -> dict[str, ast.Module]:
    """Return every module of the product by its path from the root; migrations left out."""
    return {path: tree for path, tree in all_modules().items() if path.startswith(APPS)}


@cache
def all_modules() -> dict[str, ast.Module]:
    """Return every module of the product, tests and benchmarks by its path; no migrations."""
    paths = [path for folder in HOUSE for path in sorted((ROOT / folder).rglob("*.py"))]
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in paths
        if "migrations" not in path.parts
    }


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return every function of a module, with methods and inner functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines of a function."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def share_below(sizes: list[int], share: float) -> int:
    """Return the size that a share (0 to 1) of the sizes does not exceed."""
    return sorted(sizes)[max(0, int(len(sizes) * share) - 1)]
