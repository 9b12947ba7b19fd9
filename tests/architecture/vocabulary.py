"""Where retired words are used; run as a module, it removes what is not needed from the list.

    python -m tests.architecture.vocabulary

A file that was moved keeps its line, because the list may not grow for any word.
"""

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator

from tests.architecture.retired_words import NAMES, TEXTS, WORDS, WORDS_OF_THE_FIELD
from tests.architecture.trees import HOUSE, ROOT, all_modules

ALLOWED = ROOT / "tests/architecture/retired_words.allowed"
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
Use = tuple[str, str]  # a word and the path of a file


def uses() -> set[Use]:
    """Return every use of a retired word, in identifiers and in the texts of templates."""
    return set(identifier_uses()) | set(text_uses())


def identifier_uses() -> Iterator[Use]:
    for path, tree in all_modules().items():
        if path != "tests/architecture/retired_words.py":
            words = {word for name in identifiers(tree) for word in retired_words_in(name)}
            yield from (
                (word, path)
                for word in words
                if not path.startswith(WORDS_OF_THE_FIELD.get(word, ()))
            )


def text_uses() -> Iterator[Use]:
    patterns = {word: re.compile(rf"\b{word}\b", re.IGNORECASE) for word in TEXTS}
    for path in sorted((ROOT / "templates").rglob("*.*")):
        text = shown_text(path.read_text(encoding="utf-8"))
        for word, pattern in patterns.items():
            if pattern.search(text):
                yield word, path.relative_to(ROOT).as_posix()


def identifiers(tree: ast.Module) -> Iterator[str]:
    """Return the identifiers of a module without the names of other projects."""
    imported = set(imported_names(tree))
    for node in ast.walk(tree):
        name = getattr(node, NAME_FIELDS.get(type(node), ""), None)
        owner = node.value if isinstance(node, ast.Attribute) else node
        if name and not (isinstance(owner, ast.Name) and owner.id in imported):
            yield name


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


def allowed_uses() -> set[Use]:
    lines = ALLOWED.read_text(encoding="utf-8").splitlines()
    return {(word, path) for word, _, path in (line.rpartition(" ") for line in lines)}


def replacement(word: str) -> str:
    return {**TEXTS, **WORDS, **NAMES}[word]


def main() -> int:
    """Write the list of what is still in use; return 1 if a word is used in more files."""
    before, after = (Counter(word for word, _ in pairs) for pairs in (allowed_uses(), uses()))
    if grown := sorted((after - before).elements()):
        print(f"More files than before use {', '.join(grown)}.", file=sys.stderr)
        return 1
    lines = sorted(f"{word} {path}\n" for word, path in uses())
    ALLOWED.write_text("".join(lines), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
