"""Short functions, modest files, everything typed, imports at the top."""

import ast

import pytest

from tests.architecture.trees import APPS, HOUSE, ROOT, functions, length, parsed, share_below


@pytest.mark.parametrize("app", APPS)
def test_functions_are_short(app):
    sizes = [
        length(node)
        for path, tree in parsed().items()
        if path.startswith(app)
        for node in functions(tree)
    ]

    assert share_below(sizes, 0.5) <= 9
    assert share_below(sizes, 0.9) <= 28


def test_no_function_is_long():
    long = [
        f"{path}:{node.lineno} {node.name} ({length(node)})"
        for path, tree in parsed().items()
        for node in functions(tree)
        if length(node) > 60
    ]

    assert long == []


def test_files_are_modest():
    lines = {path: len((ROOT / path).read_text().splitlines()) for path in parsed()}

    assert {path: n for path, n in lines.items() if n > 350} == {}
    assert share_below(list(lines.values()), 0.9) <= 250


def test_templates_are_modest():
    lines = {
        path.relative_to(ROOT).as_posix(): path.read_text().splitlines()
        for path in (ROOT / "templates").rglob("*.*")
    }
    wide = {
        f"{path}:{number}": len(line)
        for path, file in lines.items()
        for number, line in enumerate(file, start=1)
        if len(line) > 120
    }

    assert wide == {}
    assert {path: len(file) for path, file in lines.items() if len(file) > 150} == {}


def test_every_function_has_a_return_type():
    nodes = [(path, node) for path, tree in parsed().items() for node in functions(tree)]
    untyped = [f"{path}:{node.lineno} {node.name}" for path, node in nodes if not node.returns]

    assert untyped == []


def test_every_module_has_a_docstring():
    undocumented = [
        path for path, tree in parsed().items() if tree.body and not ast.get_docstring(tree)
    ]

    assert undocumented == []


def test_imports_are_at_the_top():
    inner = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in parsed().items()
        for node in functions(tree)
        if not (path.endswith("apps.py") and node.name == "ready")
        for statement in ast.walk(node)
        if isinstance(statement, ast.Import | ast.ImportFrom)
    ]

    assert inner == []


VAGUE = {"utils", "util", "helpers", "helper", "common", "core", "base", "lib", "misc", "compat"}


def test_no_module_has_a_vague_name():
    parts = {part.removesuffix(".py") for path in parsed() for part in path.split("/")}

    assert parts & VAGUE == set()


def test_every_folder_with_python_is_a_package():
    folders = {path.parent for tree in HOUSE for path in (ROOT / tree).rglob("*.py")}
    incomplete = sorted(
        str(folder.relative_to(ROOT)) for folder in folders if not (folder / "__init__.py").exists()
    )

    assert incomplete == []
