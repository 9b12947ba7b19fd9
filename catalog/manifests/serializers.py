"""Trees as text: the same tree always prints the same, and reads back equal in any YAML."""

import json
import re
from collections.abc import Iterable
from typing import Any

import yaml  # noqa: TID251  (as a printer; what it leaves unquoted is decided here)

from catalog.manifests.yaml_reader import resolve_scalar
from catalog.products.document_size import measure
from catalog.types import JSONObject

_WIDTH = 100
MAX_VALUES_IN_BLOCKS = 20_000
# Words that one YAML version or another takes for something else than text.
_OTHER_YAML = re.compile(r"0o[0-7]+|[-+]?[0-9][0-9_.:eExX+-]*|[-+]?\.[0-9a-zA-Z]+|[<=~]+")
# Line breaks to YAML 1.1 only; in double quotes they are written as escapes.
_ODD_BREAK = re.compile("[\x85\u2028\u2029\ufeff]")


def json_of(tree: JSONObject) -> str:
    return json.dumps(tree, ensure_ascii=False, indent=2) + "\n"


def yaml_of(tree: JSONObject) -> str:
    """Return the tree as YAML; texts that look like dates, numbers or words of YAML are quoted.

    A large tree is returned as JSON, which YAML includes: block style costs 60 µs a value.
    """
    if measure(tree).values > MAX_VALUES_IN_BLOCKS:
        return json_of(tree)
    return yaml.dump(
        tree,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=_WIDTH,
    )


def yaml_stream(documents: Iterable[JSONObject]) -> str:
    """Return several documents as one text of YAML, each after a line of dashes."""
    return "".join(f"---\n{yaml_of(document)}" for document in documents)


class _Dumper(yaml.SafeDumper):
    """Block style, no aliases, literal blocks for texts of several lines."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def increase_indent(self, flow: Any = False, indentless: Any = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text.strip("\n") else None
    if _ODD_BREAK.search(text):
        style = '"'
    elif _OTHER_YAML.fullmatch(text) or not isinstance(resolve_scalar(text), str):
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
