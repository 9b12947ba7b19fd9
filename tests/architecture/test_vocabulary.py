"""One vocabulary: no identifier, test name or page text uses a word that was retired."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from tests.architecture.retired_words import ALLOWED, NAMES, TEXTS, WORDS
from tests.architecture.trees import HOUSE, ROOT, all_modules

CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
TEMPLATE_STRING = re.compile(r"(?:translate|trans|_\(|gettext\()\s*\"([^\"]*)\"")
SHOWN_ATTRIBUTE = re.compile(r"\b(?:title|alt|placeholder|aria-label)=\"([^\"]*)\"")
TEMPLATE_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
HTML_TAG = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)
NAME_FIELDS = {
    ast.Name: "id",
    ast.Attribute: "attr",
    ast.arg: "arg",
    ast.keyword: "arg",
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name",
}

# The lines of each use, by word and path.
Uses = defaultdict[str, defaultdict[str, list[int]]]


def test_no_identifier_uses_a_retired_word():
    uses = no_uses()
    for path, tree in all_modules().items():
        if path != "tests/architecture/retired_words.py":
            for identifier, line in identifiers(tree):
                for word in retired_words_in(identifier):
                    uses[word][path].append(line)

    assert "\n".join(complaints(uses, NAMES | WORDS)) == ""


def test_no_page_text_uses_a_retired_word():
    patterns = {word: re.compile(rf"\b{word}\b", re.IGNORECASE) for word in TEXTS}
    uses = no_uses()
    for path in sorted((ROOT / "templates").rglob("*.*")):
        text = shown_text(path.read_text(encoding="utf-8"))
        for word, pattern in patterns.items():
            if pattern.search(text):
                uses[word][path.relative_to(ROOT).as_posix()].append(1)

    assert "\n".join(complaints(uses, TEXTS)) == ""


def test_every_allowed_use_is_of_a_retired_word():
    assert set(ALLOWED) <= {*NAMES, *WORDS, *TEXTS}


def no_uses() -> Uses:
    return defaultdict(lambda: defaultdict(list))


def complaints(uses: Uses, words: dict[str, str]) -> Iterator[str]:
    """Say which uses are not allowed, and which allowances are not needed any more."""
    for word, replacement in words.items():
        allowed = {path for path in ALLOWED.get(word, set()) if is_of(path, words)}
        for path in sorted(uses[word].keys() - allowed):
            yield f"{path}:{uses[word][path][0]} uses {word}: say {replacement}"
        for path in sorted(allowed - uses[word].keys()):
            yield f"{path} does not use {word} any more: remove it from ALLOWED"


def is_of(path: str, words: dict[str, str]) -> bool:
    """Return True if an allowed path is one that these words are looked for in."""
    return path.startswith("templates/") == (words is TEXTS)


def identifiers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Return the identifiers of a module with their lines; names from other projects left out."""
    foreign = set(imported_names(tree))
    for node in ast.walk(tree):
        name = getattr(node, NAME_FIELDS.get(type(node), ""), None)
        owner = node.value if isinstance(node, ast.Attribute) else node
        is_foreign = isinstance(owner, ast.Name) and owner.id in foreign
        if name and not is_foreign:
            yield name, node.lineno


def imported_names(tree: ast.Module) -> Iterator[str]:
    """Return the names that a module imports from outside this repository."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] not in HOUSE:
            yield from (alias.asname or alias.name for alias in node.names)


def retired_words_in(identifier: str) -> Iterator[str]:
    words = CAMEL_CASE.sub("_", identifier).lower().strip("_")
    if words in NAMES:
        yield words
    yield from (word for word in WORDS if f"_{word}_" in f"_{words}_")


def shown_text(template: str) -> str:
    """Return the text of a template that a reader sees."""
    strings = TEMPLATE_STRING.findall(template) + SHOWN_ATTRIBUTE.findall(template)
    return " ".join([*strings, HTML_TAG.sub(" ", TEMPLATE_TAG.sub(" ", template))])
