"""Only services write rows."""

import ast

from tests.architecture.trees import parsed

WRITES = {
    "save",
    "create",
    "update",
    "delete",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "acreate",
    "aupdate",
    "asave",
    "adelete",
    "assign_perm",
    "assign_perm_to_many",
    "bulk_assign_perm",
    "remove_perm",
    "bulk_remove_perm",
}
MODEL_MARKS = {"objects", "filter", "all", "exclude", "visible_to"}


def _is_manager(node: ast.expr) -> bool:
    """Return True if an expression looks like a manager or queryset, `X.objects` or a chain."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and inner.attr in MODEL_MARKS:
            return True
    return False


def _writes(tree: ast.Module) -> list[str]:
    writes = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = node.func.attr
        if name in WRITES and _is_manager(node.func.value):
            writes.append(f"{node.lineno} {ast.unparse(node.func)}")
        if name == "save" and not _is_super(node.func.value):
            writes.append(f"{node.lineno} {ast.unparse(node.func)}")
    return writes


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "super"


def _is_service(path: str) -> bool:
    return path.endswith("services.py") or "/services/" in path


def test_only_services_write_rows():
    offenders = [
        f"{path}:{write}"
        for path, tree in parsed().items()
        if not _is_service(path)
        for write in _writes(tree)
    ]

    assert offenders == []


def test_the_check_detects_writes():
    module = ast.parse("Thing.objects.filter(a=1).update(b=2)\nthing.save()\nmemo.update(x=1)")

    assert len(_writes(module)) == 2


def test_services_take_keywords_only():
    positional = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in parsed().items()
        if _is_service(path)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(d, ast.Attribute) and d.attr == "atomic" for d in node.decorator_list)
        and node.args.args
    ]

    assert positional == []
